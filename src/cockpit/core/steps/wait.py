"""``wait``: until a trap is armed again, an alert is gone, or a reading is below or above a bound; at most as long as the step may
take."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Literal, TypeAlias

import msgspec

from ..placeholders import filled
from ..units import Seconds, bound, say_seconds
from .kind import Fault, KeyPath, Shown
from .verb import ALERT, SOURCE

Until: TypeAlias = Literal["armed", "gone", "holds"]


class WaitStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``wait`` is ``armed`` (the ``trap`` is armed again), ``gone`` (the alert that the runbook is run for is resolved, or is no
    more at its source) or ``holds`` (what ``until`` says of the readings of ``trap``: ``used_percent < 80``; with a ``promql`` trap
    that is a query). It looks ``every`` so often, and has the trap looked at. Of what cannot be seen nothing is believed: a blind
    trap and a blind source are waited for. The step's ``timeout`` is its deadline."""

    wait: Until
    trap: str = ""
    until: str = ""
    every: Seconds = Seconds(5.0)
    source: str = ""
    alert: str = ALERT

    @property
    def writes(self) -> bool:
        """It only looks."""
        return False

    @property
    def _at(self) -> str:
        return self.source or (SOURCE if self.wait == "gone" else "local")

    def texts(self) -> Iterator[tuple[KeyPath, str]]:
        """See `Kind`."""
        yield ("source",), self._at
        yield from (((("alert",), self.alert),) if self.wait == "gone" else ((("trap",), self.trap),))

    def names(self, params: Collection[str]) -> tuple[str, ...]:  # noqa: ARG002  # all that it takes stands in braces
        """See `Kind`."""
        return ()

    def faults(self, params: Collection[str]) -> Iterator[Fault]:  # noqa: ARG002  # nothing depends on them
        """See `Kind`."""
        if (self.wait == "gone") is bool(self.trap):
            said = "gone is said of the alert: it has no trap" if self.trap else f"{self.wait} needs trap: which one"
            yield Fault(("trap",), said, "" if self.trap else 'trap = "root-disk"')
        if (self.wait == "holds") is not bool(self.until):
            said = f"{self.wait} has no until" if self.until else "holds needs until: what is to hold"
            yield Fault(("until",), said, "" if self.until else 'until = "used_percent < 80"')
        if self.until:
            try:
                bound(self.until)
            except ValueError as error:
                yield Fault(("until",), f"until: {error}")
        if self.every < 1:
            yield Fault(("every",), "every must be at least 1 s")

    def unsafe(self) -> str:
        """See `Kind`."""
        return ""

    def filled(self, values: Mapping[str, str]) -> WaitStep:
        """See `Kind`."""
        gone = self.wait == "gone"
        return msgspec.structs.replace(
            self,
            source=filled(self._at, values),
            trap=filled(self.trap, values),
            alert=filled(self.alert, values) if gone else "",
        )

    def problem(self) -> str:
        """See `Kind`."""
        return ""

    def exact(self) -> tuple[str, ...]:
        """See `Kind`."""
        return ("", "wait", self.wait, self.source, self.alert or self.trap, self.until, str(float(self.every)))

    def shown(self) -> tuple[Shown, ...]:
        """See `Kind`."""
        return (
            Shown("waits", ("until", *self._wanted()), text=False),
            Shown("looks", (say_seconds(self.every), "apart"), beside=True),
        )

    def _wanted(self) -> tuple[str, ...]:
        match self.wait:
            case "armed":
                return (self.trap, "at", self.source, "is", "armed")
            case "gone":
                return (self.alert, "at", self.source, "is", "gone")
            case "holds":
                return (self.until, "of", self.trap, "at", self.source)

    def said(self) -> tuple[str, ...]:
        """See `Kind`."""
        return (f"wait until {' '.join(self._wanted())}",)
