"""What is wrong with the steps of a runbook as configured, beyond what each kind says of itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from ..asking import Answers
from ..conditions import ConditionError, condition
from ..placeholders import placeholders, unfit
from .ask import AskStep
from .capture import Capture
from .kind import Fault
from .run import RunStep
from .script import ScriptStep
from .ssh import SshStep
from .step import BY_A_PERSON, Step

_MOST_RETRIES = 100


def faults(
    steps: Sequence[Step], params: Collection[str], declared: Collection[str], hidden: Collection[str] = ()
) -> Iterator[Fault]:
    """All that is wrong; ``params`` are the names that have a value before the run, ``declared`` those of them that are configured,
    ``hidden`` those that are secrets. The first item of `Fault.where` is the step's place (from 0)."""
    captured: dict[str, int] = {}
    secrets = set(hidden)
    for place, step in enumerate(steps):
        names = {*params, *captured}
        for fault in _of_one(step, names):
            yield Fault((place, *fault.where), fault.what, fault.hint)
        yield from _out_of_turn(steps, place, captured)
        for fault in _shows(step, secrets):
            yield Fault((place, *fault.where), fault.what, fault.hint)
        for name in step.gives():
            where = (place, "capture", name) if name in step.capture else (place, "into")
            if name in declared:
                yield Fault(where, f"{name} is a parameter, too", "give one of them another name")
            if name in captured:
                yield Fault(where, f"step {captured[name] + 1} gives {name}, too", "give one another name")
            captured.setdefault(name, place)
        if isinstance(step.do, AskStep) and step.do.kind is Answers.SECRET:
            secrets.add(step.do.into)


def _of_one(step: Step, names: Collection[str]) -> Iterator[Fault]:
    yield from step.do.faults(names)
    if step.timeout is not None and step.timeout <= 0:
        yield Fault(("timeout",), "timeout must be more than 0")
    if step.when:
        try:
            odd = condition(step.when).names() - set(names)
        except ConditionError as error:
            yield Fault(
                ("when",), f"when, at character {error.column + 1}: {error}", 'when = \'host == "web-3" and not path =~ "/srv/.*"\''
            )
        else:
            for name in sorted(odd):
                yield Fault(
                    ("when",), f"when speaks of {name}, and nothing gives it a value", f"known are {', '.join(names) or 'none'}"
                )
    yield from _again(step)
    yield from _beside(step)
    for name, taken in step.capture.items():
        if wrong := _capture(name, taken):
            yield Fault(("capture", name), wrong, 'capture.version = { regex = "version (\\\\S+)", pattern = "[0-9.]+" }')
    if step.undo is not None:
        bare = Step(step.undo.do, step.undo.name, step.undo.timeout)
        if step.undo != bare:
            yield Fault(("undo",), "undo has no more than what it does, a name and a timeout")
        for each in _of_one(bare, {*names, *step.gives()}):
            yield Fault(("undo", *each.where), each.what, each.hint)


def _again(step: Step) -> Iterator[Fault]:
    if not 0 <= step.retries <= _MOST_RETRIES:
        yield Fault(("retries",), f"retries must be from 0 to {_MOST_RETRIES}")
    elif step.retries and not step.idempotent:
        what = "nothing is done twice by itself unless doing it twice is the same as doing it once"
        yield Fault(("retries",), what, "if it is, say idempotent = true")


def _beside(step: Step) -> Iterator[Fault]:
    if step.keep and isinstance(step.do, SshStep):
        yield Fault(("keep",), "nothing is kept going on another machine: what is begun there is ended with the run")
    if step.keep and not step.background:
        yield Fault(("keep",), "keep is for what goes on in the background", "add background = true")
    if isinstance(step.do, BY_A_PERSON):
        odd = {"timeout": step.timeout, "retries": step.retries, "background": step.background, "capture": step.capture}
        for key in (key for key, value in odd.items() if value):
            yield Fault((key,), f"a step that waits for a person has no {key}")
        return
    if step.background and not isinstance(step.do, RunStep | ScriptStep | SshStep):
        yield Fault(("background",), "only a program goes on in the background", "run, script, and either with ssh")
    if step.background:
        for key, given in (("retries", step.retries), ("capture", step.capture), ("timeout", step.timeout)):
            if given:
                yield Fault((key,), f"what goes on in the background has no {key}: the run does not wait for its end")


def _capture(name: str, each: Capture) -> str:
    if fault := each.fault(name):
        return fault
    from ..patterns import PatternError, compiled  # deferred: few steps capture anything

    try:
        compiled(each.pattern)
    except PatternError as error:
        return f"pattern is no regular expression that can be used, at character {error.column + 1}: {error}"
    if each.default is None:
        return ""
    return unfit(name, each.default, each.pattern, allow_dash=each.allow_dash, allow_control=each.allow_control)


def _shows(step: Step, secrets: Collection[str]) -> Iterator[Fault]:
    """Where a secret would be seen: it may only stand in a variable."""
    hint = 'hand it over in env, as env = { PASSWORD = "{…}" }, or use it in a script, as "$…"'
    for do, prefix in ((step.do, ()), *(((step.undo.do, ("undo",)),) if step.undo is not None else ())):
        for where, text in do.texts():
            for name in sorted(set(placeholders(text)) & set(secrets)) if where[0] != "env" else ():
                yield Fault((*prefix, *where), f"{name} is a secret, and everybody could read it here", hint)
    for name in sorted(condition(step.when).names() & set(secrets)) if step.when and not _odd(step.when) else ():
        yield Fault(("when",), f"{name} is a secret: what is done may not depend on it", "")


def _odd(when: str) -> bool:
    try:
        condition(when)
    except ConditionError:
        return True
    return False


def _out_of_turn(steps: Sequence[Step], place: int, captured: Collection[str]) -> Iterator[Fault]:
    """What this step or a later one captures, and this one needs already."""
    coming = {name: at for at, step in enumerate(steps) if at >= place for name in step.gives() if name not in captured}
    step = steps[place]
    for name in sorted(step.names(coming) & coming.keys()) if not _odd(step.when or "a == ''") else ():
        what = f"{name} comes from step {coming[name] + 1}, and is needed by this one already"
        yield Fault((place,), what, "take it from an earlier step")
