"""The steps of a runbook: each is of exactly one kind, which a key of its table names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..core.placeholders import placeholders
from ..core.plans import captured, params_of, secrets_of
from ..core.runbooks import Runbook
from ..core.steps.http import HttpStep
from ..core.steps.rules import faults
from ..core.steps.step import KINDS, Step
from ..core.steps.verb import VerbStep
from ..core.text import clean
from . import sentences
from .decode import BAD, Bad, Decoder, fields_of
from .faults import suggestion
from .locate import KeyPath

_COMMON = {field.encode_name for field in fields_of(Step)} - {"do"}
_EXAMPLE = 'steps = [{ run = ["df", "-h"] }]'


def read_steps(decoder: Decoder, book: Mapping[str, object], path: KeyPath) -> tuple[Step, ...] | Bad:
    """The key ``steps`` of the runbook at ``path``."""
    here, raw = (*path, "steps"), book.get("steps")
    if "steps" not in book:
        decoder.faults.add(here, f"steps is missing: it must be {sentences.wanted(tuple[Step, ...])}")
        return BAD
    if not isinstance(raw, list | tuple):
        decoder.faults.add(here, sentences.wrong_type(here, tuple[Step, ...], raw), sentences.as_meant(here, tuple[Step, ...], raw))
        return BAD
    if not raw:
        decoder.faults.add(here, "steps is empty: a runbook needs at least one", _EXAMPLE)
    steps = [read_step(decoder, each, (*here, index)) for index, each in enumerate(raw)]
    good = tuple(step for step in steps if isinstance(step, Step))
    return good if len(good) == len(steps) else BAD


def read_step(decoder: Decoder, raw: object, path: KeyPath) -> Step | Bad:
    """One step."""
    if not isinstance(raw, Mapping):
        decoder.faults.add(path, sentences.wrong_type(path, dict, raw))
        return BAD
    kinds = _kinds(raw)
    if len(kinds) != 1:
        _no_kind(decoder, raw, kinds, path)
        return BAD
    kind = KINDS[kinds[0]]
    own = decoder.fields(kind, {key: value for key, value in raw.items() if key not in _COMMON}, path, also=_COMMON)
    common = decoder.fields(
        Step, {key: value for key, value in raw.items() if key in _COMMON}, path, without=("do", "undo"), also=("undo",)
    )
    if isinstance(own, Bad) or isinstance(common, Bad):
        return BAD
    common["do"] = decoder.built(kind, own, path)
    if "undo" in raw:
        common["undo"] = read_step(decoder, raw["undo"], (*path, "undo"))
    return decoder.built(Step, common, path)


def _kinds(raw: Mapping[str, object]) -> list[str]:
    """The kinds that a table names, but for those whose key another of them has, too: ``ssh`` with ``run`` is ``ssh``."""
    named = [kind for kind in KINDS if kind in raw]
    own = {field.encode_name for kind in named for field in fields_of(KINDS[kind]) if field.encode_name != kind}
    return [kind for kind in named if kind not in own]


def check_steps(decoder: Decoder, runbook: Runbook, path: KeyPath) -> None:
    """What is wrong with steps that can be read, and whose braces are well formed."""
    for name in set(placeholders(runbook.target)) & captured(runbook).keys():
        decoder.faults.add((*path, "target"), f"target holds {name}, which only a step of the run gives", "it must be known before")
    for index, step in enumerate(runbook.steps) if runbook.changes is None else ():
        back = step.undo.do if step.undo is not None else None
        if any(isinstance(do, HttpStep | VerbStep) and do.writes for do in (step.do, back)):
            what = "this step changes the world, and the runbook does not say that it does"
            decoder.faults.add((*path, "steps", index), what, 'changes = "restarts …"')
    for key, text in (("target", runbook.target), ("title", runbook.title), ("changes", runbook.changes or "")):
        for name in set(placeholders(text)) & set(secrets_of(runbook)):
            decoder.faults.add((*path, key), f"{key} holds {name}, which is a secret", "leave it out")
    for fault in faults(runbook.steps, params_of(runbook), runbook.params, secrets_of(runbook)):
        decoder.faults.add((*path, "steps", *fault.where), fault.what, fault.hint)


def _no_kind(decoder: Decoder, raw: Mapping[str, object], kinds: Sequence[str], path: KeyPath) -> None:
    if kinds:
        decoder.faults.add(path, f"a step does one thing, and this one has {' and '.join(kinds)}", "make a step of each")
        return
    known = {*KINDS, *_COMMON, *(field.encode_name for kind in KINDS.values() for field in fields_of(kind))}
    for key in raw:
        if key not in known:
            decoder.faults.add((*path, key), f"unknown key {clean(str(key))!r}", suggestion(str(key), tuple(known)))
    decoder.faults.add(path, f"a step must say what it does, by one of {', '.join(KINDS)}", _EXAMPLE)
