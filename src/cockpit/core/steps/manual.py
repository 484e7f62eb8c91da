"""``manual``: what a person does with their own hands, and ticks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import msgspec

from ..asking import Answers, Asked, Want
from ..placeholders import filled
from .kind import Fault, KeyPath, Shown


class ManualStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``manual`` says what is to be done, and may hold ``{param}``. The run goes on once somebody has ticked it; who did is kept.
    It waits as long as the whole run may take."""

    text: str = msgspec.field(name="manual")

    def want(self, place: str) -> Want:
        """What the run waits for."""
        return Want(number=0, place=place, name="it", asked=Asked(text=self.text, kind=Answers.TICK), allow_control=True)

    def texts(self) -> Iterator[tuple[KeyPath, str]]:
        """See `Kind`."""
        yield ("manual",), self.text

    def names(self, params: Collection[str]) -> tuple[str, ...]:  # noqa: ARG002  # all that it takes stands in braces
        """See `Kind`."""
        return ()

    def faults(self, params: Collection[str]) -> Iterator[Fault]:  # noqa: ARG002  # nothing depends on them
        """See `Kind`."""
        if not self.text.strip():
            yield Fault(("manual",), "manual is empty: it must say what is to be done", 'manual = "Tell the shop that it is slow"')

    def unsafe(self) -> str:
        """See `Kind`."""
        return ""

    def filled(self, values: Mapping[str, str]) -> ManualStep:
        """See `Kind`."""
        return ManualStep(filled(self.text, values))

    def problem(self) -> str:
        """See `Kind`."""
        return "" if self.text.strip() else "says nothing"

    def exact(self) -> tuple[str, ...]:
        """See `Kind`."""
        return ("", "manual", self.text)

    def shown(self) -> tuple[Shown, ...]:
        """See `Kind`."""
        first, *more = self.text.rstrip("\n").split("\n")
        tick = Shown("", ("done by hand, and ticked",), text=True, beside=True)
        return (Shown("by hand", (first,), text=True), *(Shown("", (line,), text=True) for line in more), tick)

    def said(self) -> tuple[str, ...]:
        """See `Kind`."""
        first, *more = self.text.rstrip("\n").split("\n")
        return (f"[ ] {first}", *(f"    {line}" for line in more))
