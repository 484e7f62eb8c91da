"""``job``: what another engine runs. It is in no file: a runbook has such a step where a source offers the job (`elsewhere`)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

import msgspec

from ..jobs import Option, OptionKind
from ..text import clean
from .kind import Fault, KeyPath, Shown, counted

_WORDS = {OptionKind.NUMBER: "a number", OptionKind.YES_NO: "true or false", OptionKind.TEXT: "text"}


class JobStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A job of a ``source``: its id there, its ``name``, and the options that it takes. ``request`` and ``adds`` are the engine's
    own words for what is sent (`core.jobs.Job`). Values are data of the request and nothing else; what is empty is not sent.
    ``secrets`` are options whose values are read where they are kept, by reference, when they are sent. ``free`` are those of which
    the config says nothing: a person is shown them, each with the engine's own value, before they are sent. ``sent`` are the
    options with their values, filled."""

    source: str
    job: str
    name: str
    request: str
    adds: str = ""
    options: tuple[Option, ...] = ()
    secrets: dict[str, str] = {}
    refused: str = ""
    free: tuple[str, ...] = ()
    sent: dict[str, str] = {}

    @property
    def asked(self) -> tuple[str, ...]:
        """The secret options that must be given and are kept nowhere: a person is asked for them when it runs."""
        return tuple(each.name for each in self.options if each.secret and each.required and each.name not in self.secrets)

    def texts(self) -> Iterator[tuple[KeyPath, str]]:
        """See `Kind`."""
        return iter(())

    def names(self, params: Collection[str]) -> tuple[str, ...]:
        """See `Kind`."""
        return tuple(each.name for each in self.options if not each.secret and each.name in params)

    def faults(self, params: Collection[str]) -> Iterator[Fault]:  # noqa: ARG002  # it is in no file
        """See `Kind`."""
        return iter(())

    def unsafe(self) -> str:
        """See `Kind`."""
        return ""

    def filled(self, values: Mapping[str, str]) -> JobStep:
        """See `Kind`."""
        sent = {name: values[name] for name in self.names(values) if values[name] != ""}
        return msgspec.structs.replace(self, sent=sent)

    def problem(self) -> str:
        """See `Kind`."""
        if self.refused:
            return f"cannot run: {self.refused}"
        for name, value in self.sent.items():
            if why := self.unfit(name, value):
                return f"cannot be given {why}"
        return ""

    def unfit(self, name: str, value: str) -> str:
        """Why an option cannot have this value; "" if it can, as far as that is known here."""
        option = next((each for each in self.options if each.name == name), None)
        if option is None or value == "":
            return ""
        if option.choices and not option.open and value not in option.choices:
            return f"{name} = {clean(value, 80)!r}: it must be {_or(option.choices)}"
        return "" if _is(option.kind, value) else f"{name} = {clean(value, 80)!r}: it must be {_WORDS[option.kind]}"

    def exact(self) -> tuple[str, ...]:
        """See `Kind`."""
        secrets = (*counted(self.secrets), *self.asked) if self.secrets or self.asked else ()
        return ("", "job", self.source, self.job, self.request, self.adds, *counted(self.sent), *secrets)

    def shown(self) -> tuple[Shown, ...]:
        """See `Kind`."""
        options = (Shown("", (f"{name}=", value)) for name, value in self.sent.items())
        where = {**self.secrets, **dict.fromkeys(self.asked, "which is asked for")}
        secrets = (Shown("", (f"{name}=(secret, {kept})",), text=True) for name, kept in where.items())
        adds = (Shown("", (f"and {self.adds}",), text=True),) if self.adds else ()
        head = Shown("runs", (f"{self.name} at {self.source}",), text=True)
        return (head, Shown("", (self.request,), text=True), *options, *secrets, *adds)

    def said(self) -> tuple[str, ...]:
        """See `Kind`."""
        options = (f"  {name}={clean(value, 500)}" for name, value in self.sent.items())
        return (self.request, *options, *(f"  {name}=***" for name in (*self.secrets, *self.asked)))


def _is(kind: OptionKind, value: str) -> bool:
    match kind:
        case OptionKind.NUMBER:
            return re.fullmatch(r"-?[0-9]+([.][0-9]+)?", value, re.ASCII) is not None
        case OptionKind.YES_NO:
            return value in ("true", "false")
        case OptionKind.TEXT:
            return True


def _or(choices: tuple[str, ...]) -> str:
    shown = [clean(each, 60) for each in choices[:12]]
    return " or ".join(filter(None, (", ".join(shown[:-1]), shown[-1]))) + (" …" if len(choices) > 12 else "")
