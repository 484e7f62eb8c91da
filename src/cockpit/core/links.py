"""The addresses that belong to an alert: where it came from, and what its annotations point to."""

from __future__ import annotations

from collections.abc import Mapping

from .alerts import Link
from .text import clean

_LINKED = ("_url", "_link", "_uri", "-url", "-link")
# what helps at night comes first
_FIRST = {"runbook": 0, "dashboard": 1}


def links_of(generator: str, annotations: Mapping[str, str]) -> tuple[Link, ...]:
    """``runbook_url`` is the link ``runbook``; any annotation that is an address is one, and so is where the alert was made."""
    found = [Link("generator", clean(generator))] if _is_address(generator) else []
    for name, value in annotations.items():
        if _is_address(value):
            short = next((name.removesuffix(end) for end in _LINKED if name.endswith(end) and len(name) > len(end)), name)
            found.append(Link(clean(short), clean(value)))
    return tuple(sorted(found, key=lambda link: (_FIRST.get(link.name, len(_FIRST)), link.name)))


def _is_address(value: str) -> bool:
    return value.startswith(("http://", "https://")) and " " not in value and "\n" not in value
