"""How the labels of a rule and of its alerts are read: how bad it is, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from ..core.alerts import Severity
from ..core.text import clean


class Look(msgspec.Struct, frozen=True):
    """``source`` is the source's name, ``label`` the label that says how bad it is in one of ``words`` (lower case), ``where`` the
    labels that say where, the first that is there."""

    source: str
    label: str
    words: Mapping[str, Severity]
    where: Sequence[str]

    def severity(self, labels: Mapping[str, str]) -> Severity:
        """How bad it is."""
        return self.words.get(labels.get(self.label, "").strip().lower(), Severity.UNKNOWN)

    def place(self, labels: Mapping[str, str]) -> str:
        """Where it is; "" if no label says so."""
        return clean(next((labels[name] for name in self.where if labels.get(name)), ""))
