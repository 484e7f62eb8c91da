"""``verb``: one of the cockpit's own actions, as if a person had asked for it: journalled, shown, refused with the same reason."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

import msgspec

from ..actions import Ack, Action, AddNote, MakeSilence, PagePeople, Unack
from ..alerts import Ref
from ..filters import written
from ..placeholders import filled
from ..regex import regex
from ..units import Seconds, say_seconds
from .kind import Fault, KeyPath, Shown, counted

Verb: TypeAlias = Literal["ack", "unack", "silence", "note", "page"]

ALERT, SOURCE = "{alert_id}", "{alert_source}"
"""The alert that the runbook is run for."""
_TEXT = {"silence": "why it should be silent", "note": "what is to be noted", "page": "what it is about"}
_TO = regex(r"[^\s,]+")


class VerbStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``verb`` is ``ack``, ``unack``, ``note``, ``silence`` or ``page``; it is about the alert that the runbook is run for.
    ``text`` is the note, the reason of a silence, or what a page says. A silence holds ``for`` a time, for the alerts that have
    each label in ``match`` with that value, at the alert's source, or at ``source``. A page goes to those in ``to``
    (``person:ana``, ``roster:primary``, ``level:2``), by the channels in ``via``. All texts may hold ``{param}``. Every verb
    writes: the runbook must say so in ``changes``."""

    verb: Verb
    text: str = ""
    lasts: Seconds | None = msgspec.field(name="for", default=None)
    match: dict[str, str] = {}
    source: str = SOURCE
    to: tuple[str, ...] = ()
    via: tuple[str, ...] = ()
    alert: str = ALERT

    @property
    def writes(self) -> bool:
        """It always does."""
        return True

    def texts(self) -> Iterator[tuple[KeyPath, str]]:
        """See `Kind`."""
        yield ("text",), self.text
        if self.verb == "page":
            yield from ((("to", place), each) for place, each in enumerate(self.to))
            return
        yield ("source",), self.source
        if self.verb == "silence":
            yield from ((("match", name), value) for name, value in self.match.items())
        else:
            yield ("alert",), self.alert

    def names(self, params: Collection[str]) -> tuple[str, ...]:  # noqa: ARG002  # all that it takes stands in braces
        """See `Kind`."""
        return ()

    def faults(self, params: Collection[str]) -> Iterator[Fault]:  # noqa: ARG002  # nothing depends on them
        """See `Kind`."""
        if self.verb in _TEXT and not self.text.strip():
            yield Fault(("text",), f"{self.verb} needs text: {_TEXT[self.verb]}", 'text = "…"')
        if self.verb == "silence" and not self.match:
            yield Fault(("match",), "silence needs match: which alerts", 'match = { alertname = "{alert_name}" }')
        if (self.verb == "silence") is (self.lasts is None):
            said = "silence needs for: how long" if self.verb == "silence" else f"{self.verb} has no for"
            yield Fault(("for",), said, 'for = "30m"' if self.verb == "silence" else "")
        elif self.lasts is not None and self.lasts <= 0:
            yield Fault(("for",), "for must be more than 0")
        if (self.verb == "page") is not bool(self.to):
            said = "page needs to: who is to be told" if self.verb == "page" else f"{self.verb} has no to"
            yield Fault(("to",), said, 'to = ["roster:primary"]' if self.verb == "page" else "")
        for key, given in (("match", self.match), ("via", self.via)):
            if given and self.verb != {"match": "silence", "via": "page"}[key]:
                yield Fault((key,), f"{self.verb} has no {key}")

    def unsafe(self) -> str:
        """See `Kind`."""
        return ""

    def filled(self, values: Mapping[str, str]) -> VerbStep:
        """See `Kind`."""
        return msgspec.structs.replace(
            self,
            text=filled(self.text, values),
            match={name: filled(value, values) for name, value in self.match.items()},
            source="" if self.verb == "page" else filled(self.source, values),
            to=tuple(filled(each, values) for each in self.to),
            alert=filled(self.alert, values) if self.verb in ("ack", "unack", "note") else "",
        )

    def problem(self) -> str:
        """See `Kind`."""
        odd = next((each for each in self.to if not _TO.fullmatch(each)), None)
        return "names nobody who could be told" if odd is not None else ""

    @property
    def rule(self) -> str:
        """What a silence hushes, in the filter language: every value quoted, whatever is in it."""
        return " ".join(written(name, "=", value) for name, value in self.match.items())

    def action(self, now: datetime) -> Action:
        """What is asked for, at ``now`` (UTC); filled."""
        about = Ref(self.source, self.alert)
        match self.verb:
            case "ack":
                return Ack((about,), self.text)
            case "unack":
                return Unack((about,))
            case "note":
                return AddNote(about, self.text)
            case "silence":
                return MakeSilence(self.source, self.rule, now + timedelta(seconds=self.lasts or 0), self.text)
            case "page":
                return PagePeople(self.to, self.text, via=self.via)

    def exact(self) -> tuple[str, ...]:
        """See `Kind`."""
        lasts = "" if self.lasts is None else str(float(self.lasts))
        told = (str(len(self.to)), *self.to, *self.via)
        return ("", "verb", self.verb, self.source, self.alert, self.text, lasts, *counted(self.match), *told)

    def shown(self) -> tuple[Shown, ...]:
        """See `Kind`."""
        match self.verb:
            case "silence":
                words: tuple[str, ...] = ("silence", self.rule, "at", self.source, "for", say_seconds(self.lasts or 0))
            case "page":
                words = ("page", *self.to, *(("by", *self.via) if self.via else ()))
            case _:
                words = (self.verb, self.alert, "at", self.source)
        text = (Shown("saying", (self.text,), beside=True),) if self.text else ()
        return (Shown("does", words), *text)

    def said(self) -> tuple[str, ...]:
        """See `Kind`."""
        return tuple(" ".join(each.words) for each in self.shown())
