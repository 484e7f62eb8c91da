"""A step of a runbook: what it does, which is of one kind, and what every step has."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import msgspec

from ..conditions import condition
from ..placeholders import placeholders
from ..regex import regex
from ..units import Seconds, say_seconds
from .ask import AskStep
from .capture import Capture
from .http import HttpStep
from .interactive import InteractiveStep
from .job import JobStep
from .kind import Kind, Shown
from .manual import ManualStep
from .open import OpenStep
from .pick import PickStep
from .run import RunStep
from .script import ScriptStep
from .ssh import SshStep
from .verb import VerbStep
from .wait import WaitStep

Do = (
    RunStep
    | ScriptStep
    | SshStep
    | HttpStep
    | VerbStep
    | WaitStep
    | OpenStep
    | AskStep
    | PickStep
    | ManualStep
    | InteractiveStep
    | JobStep
)
"""What a step does; the kinds of which the cockpit executes each."""

KINDS: dict[str, type[Do]] = {
    "run": RunStep,
    "script": ScriptStep,
    "ssh": SshStep,
    "http": HttpStep,
    "verb": VerbStep,
    "wait": WaitStep,
    "open": OpenStep,
    "ask": AskStep,
    "pick": PickStep,
    "manual": ManualStep,
    "interactive": InteractiveStep,
}
"""The kinds that a file may have, by the key of a step's table that says which it is. One may have another's key among its own:
``ssh`` with ``run``. A `JobStep` is in no file."""


_CODED = regex("%E2%80%B9([A-Za-z0-9_-]+)%20from%20step%20([0-9]+)%E2%80%BA")


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step. ``name`` is for people; ``timeout`` (seconds) bounds this step alone; ``continue_on_error`` goes on after it has
    failed (not after a deadline or a cancellation).

    ``when`` is a condition (`conditions`) without which it is skipped. ``retries`` does it again so many times where it fails,
    ``retry_after`` (seconds) later, and needs ``idempotent = true``: the word that it may be done twice. ``capture`` takes values
    from its output, which later steps use as any parameter. ``undo`` is a step that takes it back: it is offered when the run
    does not reach its end, also where this step was interrupted, and afterwards with ``u`` or ``cockpit run --undo``. With
    ``background = true`` the run goes on beside it, and ends it at its own end, unless ``keep = true``.
    """

    do: Do
    name: str = ""
    timeout: Seconds | None = None
    continue_on_error: bool = False
    when: str = ""
    idempotent: bool = False
    retries: int = 0
    retry_after: Seconds = Seconds(2.0)
    capture: dict[str, Capture] = {}
    undo: Step | None = None
    background: bool = False
    keep: bool = False

    def texts(self) -> Iterator[str]:
        """Every text that may hold ``{param}``."""
        yield from (text for _, text in self.do.texts())
        if self.undo is not None:
            yield from self.undo.texts()

    def gives(self) -> tuple[str, ...]:
        """The names of the values that it gives to later steps."""
        asked = (self.do.into,) if isinstance(self.do, AskStep | PickStep) else ()
        return (*self.capture, *asked)

    def names(self, params: Mapping[str, object]) -> frozenset[str]:
        """The values that it needs, of ``params`` that there are. Raises ``ValueError`` for malformed braces and conditions."""
        named = {name for _, text in self.do.texts() for name in placeholders(text)} | set(self.do.names(params))
        if self.undo is not None:
            named |= self.undo.names(params) - set(self.gives())
        return frozenset(named | (condition(self.when).names() if self.when else frozenset()))

    def resolved(self, values: Mapping[str, str], later: Mapping[str, int] = {}, number: int = 1) -> ResolvedStep:
        """With every value in its place; ``later`` are the names that earlier steps will give, with the number of each, and this is
        the step of that ``number``."""
        known = {**values, **{name: f"‹{name} from step {at}›" if at else "‹secret›" for name, at in later.items()}}
        own = {name: f"‹{name} from step {number}›" for name in self.gives() if name not in known}
        wanted = condition(self.when) if self.when else None
        return ResolvedStep(
            self.do.filled(known),
            self,
            number,
            skipped=wanted is not None and not wanted.names() & later.keys() and not wanted.holds(values),
            open=wanted is not None and bool(wanted.names() & later.keys()),
            later=tuple(name for name in later if name in self.names(later)),
            undo=self.undo.do.filled({**known, **own}) if self.undo is not None else None,
        )


class ResolvedStep(msgspec.Struct, frozen=True):
    """A step with every value in its place: ``do`` is exactly what will be executed, ``step`` the step as configured, ``number``
    its place in the runbook (from 1).

    ``skipped``: it is not done, because its ``when`` does not hold, or it is ``left`` out (see `core.beginning`); ``open``: that is
    not known yet. ``later`` names the values that earlier steps will give; in their places stands ``‹NAME from step N›``. ``undo``
    is exactly what takes it back.
    """

    do: Do
    step: Step
    number: int = 1
    skipped: bool = False
    left: bool = False
    open: bool = False
    later: tuple[str, ...] = ()
    undo: Do | None = None

    @property
    def why_skipped(self) -> str:
        """Why it is not done, for people."""
        return "left out: the run begins behind it" if self.left else f"skipped: it is only done when {self.step.when}"

    def problem(self) -> str:
        """Why it cannot be executed; "" if it can."""
        return self.do.problem() or (self.undo.problem() if self.undo is not None else "")

    def exact(self) -> tuple[tuple[str, ...], ...]:
        """All of it that is compared with what a person saw; see `Kind.exact`. Beside what is done stands how: its condition, how
        often and how long, what is taken from its output, what takes it back."""
        step = self.step
        if self.left:
            return (("", "left out", *self.do.exact()),)
        if self.skipped:
            return (("", "skipped", step.when, *self.do.exact()),)
        beside: list[tuple[str, ...]] = []
        if self.open:
            beside.append(("", "when", step.when))
        if step.retries:
            beside.append(("", "again", str(step.retries), str(float(step.retry_after))))
        for name, each in step.capture.items():
            default = () if each.default is None else (each.default,)
            allowed = (str(each.allow_dash), str(each.allow_control))
            beside.append(("", "capture", name, each.regex, each.json, each.pattern, *allowed, *default))
        if step.timeout is not None:
            beside.append(("", "at most", str(float(step.timeout))))
        if step.continue_on_error:
            beside.append(("", "goes on"))
        if step.background:
            beside.append(("", "background", "keep" if step.keep else ""))
        if self.undo is not None:
            within = step.undo.timeout if step.undo is not None else None
            beside.append(("", "undo", "" if within is None else str(float(within)), *self.undo.exact()))
        return (self.do.exact(), *beside)

    def shown(self) -> tuple[Shown, ...]:
        """The preview; see `Kind.shown`."""
        step = self.step
        if self.skipped:
            head, *more = self.do.shown()
            return (
                Shown("left out" if self.left else "skipped", head.words),
                Shown("", (self.why_skipped,), text=True, beside=True),
            )
        lines = [*self.do.shown()]
        lines += [Shown("", (text,), text=True, beside=True) for text in self._beside()]
        if self.undo is not None:
            head, *more = self.undo.shown()
            within = step.undo.timeout if step.undo is not None else None
            bound = (Shown("", (f"at most {say_seconds(within)}",), text=True, beside=True),) if within is not None else ()
            lines += [Shown("undo", head.words, head.text), *more, *bound]
        return tuple(map(_plainly, lines)) if self.later else tuple(lines)

    def _beside(self) -> Iterator[str]:
        step = self.step
        if self.open:
            yield f"only when {step.when}"
        if step.retries:
            yield f"again up to {step.retries} times where it fails, {say_seconds(step.retry_after)} later"
        for name, each in step.capture.items():
            allowed = (" or a - at its beginning" * each.allow_dash, " or control characters" * each.allow_control)
            also = f", with{''.join(allowed).removeprefix(' or')}" if any(allowed) else ""
            otherwise = f"; else {each.default!r}" if each.default is not None else ""
            yield f"takes {name} from its output: {each.regex or each.json}, which must match {each.pattern}{also}{otherwise}"
        if step.continue_on_error:
            yield "where it fails, the run goes on all the same"
        if step.background:
            yield "in the background, and goes on after the run" if step.keep else "in the background, to the end of the run"


def _plainly(shown: Shown) -> Shown:
    """What stands for a value that is not known yet, readable where the value itself will be encoded."""
    return msgspec.structs.replace(shown, words=tuple(_CODED.sub(r"‹\1 from step \2›", word) for word in shown.words))


def needed(do: Do, names: Collection[str]) -> frozenset[str]:
    """Those of ``names`` without which this cannot be done; as configured. Raises ``ValueError`` for malformed braces."""
    if not names:
        return frozenset()
    braced = {name for _, text in do.texts() for name in placeholders(text)}
    return frozenset(braced & set(names) | set(do.names(names)))


def references(do: Do) -> tuple[str, ...]:
    """The secrets that it sends, by reference."""
    match do:
        case HttpStep() | WaitStep():
            return do.references
        case JobStep():
            return tuple(do.secrets.values())
        case _:
            return ()


BY_A_PERSON = (AskStep, PickStep, ManualStep, InteractiveStep)
"""The kinds that wait for somebody."""


def _keeps_the_protocol(*_: type[Kind]) -> None: ...


_keeps_the_protocol(RunStep, ScriptStep, SshStep, HttpStep, VerbStep, WaitStep, OpenStep)
_keeps_the_protocol(AskStep, PickStep, ManualStep, InteractiveStep, JobStep)
