"""``open``: a link for the person: shown, copied, or opened in a browser where there is one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

import msgspec

from ..regex import regex
from .coded import address
from .kind import Fault, KeyPath, Shown

_LINK = regex(r"https?://[!-~]+", re.ASCII)
_HOST = regex(r"https?://[A-Za-z0-9._:\[\]-]+(?:[/?#].*)?", re.ASCII | re.DOTALL)


class OpenStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``open`` is an address, ``http://`` or ``https://``, that may hold ``{param}``: behind the host a value is one component of
    it, whatever is in it. While the run's output is open, ``o`` opens it as it does an alert's link."""

    url: str = msgspec.field(name="open")

    @property
    def writes(self) -> bool:
        """Nothing is asked there by the cockpit."""
        return False

    def texts(self) -> Iterator[tuple[KeyPath, str]]:
        """See `Kind`."""
        yield ("open",), self.url

    def names(self, params: Collection[str]) -> tuple[str, ...]:  # noqa: ARG002  # all that it takes stands in braces
        """See `Kind`."""
        return ()

    def faults(self, params: Collection[str]) -> Iterator[Fault]:  # noqa: ARG002  # nothing depends on them
        """See `Kind`."""
        if not self.url.startswith(("http://", "https://")):
            yield Fault(("open",), "open must be an address that begins with http:// or https://", 'open = "https://wiki/…"')

    def unsafe(self) -> str:
        """See `Kind`."""
        return ""

    def filled(self, values: Mapping[str, str]) -> OpenStep:
        """See `Kind`."""
        return OpenStep(address(self.url, values))

    def problem(self) -> str:
        """See `Kind`."""
        fits = _LINK.fullmatch(self.url) and _HOST.fullmatch(self.url)
        return "" if fits else f"is no address that could be opened: {self.url[:200]!r}"

    def exact(self) -> tuple[str, ...]:
        """See `Kind`."""
        return ("", "open", self.url)

    def shown(self) -> tuple[Shown, ...]:
        """See `Kind`."""
        return (Shown("opens", (self.url,)),)

    def said(self) -> tuple[str, ...]:
        """See `Kind`."""
        return (f"open {self.url}",)


def links(exact: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """The addresses in what a run was to do, as it was journalled."""
    return tuple(each[2] for each in exact if each[:2] == ("", "open") and len(each) == 3)
