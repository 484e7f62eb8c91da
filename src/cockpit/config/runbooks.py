"""``[runbooks.NAME]``: read and judged before anyone needs them at night."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

import msgspec

from ..core.alerts import LOCAL
from ..core.filters import FilterError, parse
from ..core.permits import malformed
from ..core.placeholders import placeholders, unfit
from ..core.runbooks import Approval, Param, Runbook
from ..core.shells import evaluated
from ..core.steps.wait import WaitStep
from ..core.text import clean, clean_block
from ..core.units import Seconds
from ..core.values import is_secret
from .decode import BAD, Decoder
from .faults import suggestion
from .locate import KeyPath
from .steps import check_steps, read_steps

_FACTS = ("label", "annotation", "reading")
_ALERT = ("name", "where", "id", "source")
_MOST_AT_ONCE = 50
_PARAM_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def read_runbook(decoder: Decoder, name: str, raw: object, *, prose: bool = False) -> Runbook | None:
    """One ``[runbooks.NAME]``; with ``prose`` one that is there to be read, too, and may be without steps."""
    path: KeyPath = ("runbooks", name)
    fields = decoder.fields(Runbook, raw, path, without=("name", "title", "steps"), also=("title", "steps"))
    if not isinstance(fields, dict) or not isinstance(raw, Mapping):
        return None
    title = decoder.value(str, raw.get("title", name), (*path, "title"))
    check_words(decoder, fields, path)
    fields["steps"] = () if prose and raw.get("steps") == [] else read_steps(decoder, raw, path)
    check_params(decoder, fields.get("params"), path)
    if BAD in fields.values() or not isinstance(title, str):
        return None
    built = decoder.built(Runbook, {**fields, "name": name, "title": title}, path)
    if not isinstance(built, Runbook):
        return None
    if _check_braces(decoder, built, path):
        check_steps(decoder, built, path)
    changes = None if built.changes is None else clean(built.changes)
    return msgspec.structs.replace(built, title=clean(title), changes=changes, help=clean_block(built.help))


def check_keys(decoder: Decoder, runbooks: Mapping[str, Runbook]) -> None:
    """Two runbooks cannot have the same letter."""
    holders: dict[str, str] = {}
    for name, runbook in runbooks.items():
        if runbook.key and runbook.key in holders:
            what = f"key {runbook.key!r} is also that of the runbook {holders[runbook.key]!r}"
            decoder.faults.add(("runbooks", name, "key"), what, "give one of them another letter, or none")
        holders.setdefault(runbook.key, name)


def check_waits(decoder: Decoder, runbooks: Mapping[str, Runbook], traps: Collection[str]) -> None:
    """A step that waits for a trap of this machine needs one that is there: else it waits until its time is over."""
    for name, runbook in runbooks.items():
        for index, step in enumerate(runbook.steps):
            do = step.do
            if not isinstance(do, WaitStep) or not do.trap or do.source not in ("", LOCAL) or placeholders(do.trap):
                continue
            if do.trap not in traps:
                what = f"it waits for the trap {clean(do.trap, 80)!r}, and there is none of this machine"
                hint = suggestion(do.trap, traps) if traps else 'one of another source wants source = "NAME" beside it'
                decoder.faults.add(("runbooks", name, "steps", index, "trap"), what, hint)


def check_words(decoder: Decoder, fields: Mapping[str, object], path: KeyPath) -> None:
    """Faults of what is said of a runbook: its key, match, timeout and changes."""
    key, match, timeout = fields.get("key"), fields.get("match"), fields.get("timeout")
    if isinstance(key, str) and key and not (len(key) == 1 and key.isascii() and key.isalpha()):
        decoder.faults.add((*path, "key"), "key must be a single letter", "digits run the runbooks of the pane, in their order")
    if isinstance(match, str):
        try:
            parse(match)
        except FilterError as error:
            decoder.faults.add((*path, "match"), f"match, at character {error.column + 1}: {error}")
    if isinstance(timeout, Seconds) and timeout <= 0:
        decoder.faults.add((*path, "timeout"), "timeout must be more than 0")
    if isinstance(helps := fields.get("helps_within"), Seconds) and helps <= 0:
        decoder.faults.add((*path, "helps_within"), "helps_within must be more than 0")
    _check_people(decoder, fields, path)
    _check_approval(decoder, fields, path)
    if isinstance(parallel := fields.get("parallel"), int) and not 1 <= parallel <= _MOST_AT_ONCE:
        decoder.faults.add((*path, "parallel"), f"parallel must be from 1 to {_MOST_AT_ONCE}")
    if fields.get("changes") == "":
        decoder.faults.add((*path, "changes"), "changes is empty: say what it does to the world, or leave it out if it only looks")


def _check_people(decoder: Decoder, fields: Mapping[str, object], path: KeyPath) -> None:
    for key in ("allow", "deny"):
        words = fields.get(key)
        for index, word in enumerate(words if isinstance(words, tuple) else ()):
            if problem := malformed(str(word)):
                hint = "write oncall, roster:NAME, level:1 or a person's name"
                decoder.faults.add((*path, key, index), f"{key} cannot hold {clean(str(word), 80)!r}: {problem}", hint)


def _check_approval(decoder: Decoder, fields: Mapping[str, object], path: KeyPath) -> None:
    within = fields.get("approve_within")
    if isinstance(within, Seconds) and within <= 0:
        decoder.faults.add((*path, "approve_within"), "approve_within must be more than 0")
    if isinstance(fields.get("approve"), Approval) and fields.get("changes") is None:
        what = "approve is for what changes the world, and this says nothing of that"
        decoder.faults.add((*path, "approve"), what, "say what it does in changes")


def check_params(decoder: Decoder, params: object, path: KeyPath, *, named: bool = True) -> None:
    """Faults of parameters; ``named``: their names must be able to stand in braces."""
    for name, param in params.items() if isinstance(params, dict) else ():
        here = (*path, "params", name)
        if named and not _PARAM_NAME.fullmatch(name):
            decoder.faults.add(here, f"{name!r} cannot stand in braces", "use letters, digits, _ and -")
        if not isinstance(param, Param):
            continue
        kind, _, fact = param.source.partition(":")
        if param.source and not ((kind in (*_FACTS, "roster") and fact) or (kind == "alert" and fact in _ALERT)):
            hint = f"write label:NAME, annotation:NAME, reading:NAME, roster:NAME or alert:{'|'.join(_ALERT)}"
            decoder.faults.add((*here, "from"), f"from cannot be {param.source!r}", hint)
        for where, what in _odd_ask(param):
            decoder.faults.add((*here, where), what)
        from ..core.patterns import PatternError, compiled  # deferred: many a config has no parameter

        try:
            compiled(param.pattern)
        except PatternError as error:
            what = f"pattern is no regular expression that can be used, at character {error.column + 1}: {error}"
            decoder.faults.add((*here, "pattern"), what)
            continue
        if param.default is not None:
            dash, control = param.allow_dash, param.allow_control
            why = unfit(name, param.default, param.pattern, allow_dash=dash, allow_control=control)
            if why:
                decoder.faults.add((*here, "default"), f"default: {why}")


def _odd_ask(param: Param) -> Iterator[tuple[str, str]]:
    """What is wrong with how a parameter is asked for: the key, and why."""
    asked = param.ask
    if asked is None:
        return
    if fault := asked.fault():
        yield "ask", fault
    if asked.choices_from and (fault := evaluated(asked.choices_from)):
        yield "ask", fault
    if any("\0" in item for item in asked.choices_from) or (asked.choices_from and not asked.choices_from[0]):
        yield "ask", "choices_from must begin with a program, and holds no NUL"
    if is_secret(param) and param.source:
        yield "from", "a secret is only asked for: what an alert says is none"
    if is_secret(param) and param.default is not None:
        yield "default", "a secret has no default: it would stand here for everybody"
    elif param.default and not asked.choices_from and (fault := asked.unfit("default", param.default)):
        yield "default", fault


def _told(runbook: Runbook) -> dict[str, str | None]:
    return {"title": runbook.title, "changes": runbook.changes, "target": runbook.target}


def _check_braces(decoder: Decoder, runbook: Runbook, path: KeyPath) -> bool:
    """Whether what stands in braces is well formed."""
    texts: list[tuple[KeyPath, str]] = [((*path, key), text or "") for key, text in _told(runbook).items()]
    for index, step in enumerate(runbook.steps):
        here = (*path, "steps", index)
        texts += [((*here, *where), text) for where, text in step.do.texts()]
        texts += [((*here, "undo", *where), text) for where, text in (step.undo.do.texts() if step.undo is not None else ())]
    well = True
    for place, text in texts:
        try:
            placeholders(text)
        except ValueError as error:
            decoder.faults.add(place, str(error))
            well = False
    return well
