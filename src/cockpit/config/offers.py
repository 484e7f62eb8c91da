"""``[[sources.NAME.runbooks]]``: what is said of the jobs that a source offers as runbooks."""

from __future__ import annotations

from collections.abc import Mapping

from ..core.offering import Rule
from ..core.placeholders import placeholders
from .decode import BAD, Decoder
from .locate import KeyPath
from .runbooks import check_params, check_words
from .secrets import malformed


def read_rules(decoder: Decoder, raw: object, path: KeyPath) -> tuple[Rule, ...] | None:
    """All rules of one source; ``None`` where one of them is wrong."""
    if not isinstance(raw, list):
        decoder.faults.add(path, f"runbooks must be a list of tables: [[{'.'.join(map(str, path))}]]")
        return None
    found = [_rule(decoder, each, (*path, number)) for number, each in enumerate(raw)]
    return None if None in found else tuple(each for each in found if each is not None)


def _rule(decoder: Decoder, raw: object, path: KeyPath) -> Rule | None:
    fields = decoder.fields(Rule, raw, path)
    if not isinstance(fields, dict) or not isinstance(raw, Mapping):
        return None
    before = len(decoder.faults.problems)
    check_words(decoder, fields, path)
    params = fields.get("params")
    check_params(decoder, params, path, named=False)
    secrets = fields.get("secrets")
    for name, reference in secrets.items() if isinstance(secrets, dict) else ():
        if wrong := malformed(reference):
            hint = 'write "keyring:NAME", "env:NAME", "file:PATH" or "command:PROGRAM ARGUMENTS"'
            decoder.faults.add((*path, "secrets", name), f"{name} {wrong}", hint)
    for key in ("title", "changes", "target"):
        if isinstance(text := fields.get(key), str):
            _check_braces(decoder, text, (*path, key))
    if BAD in fields.values() or len(decoder.faults.problems) > before:
        return None
    built = decoder.built(Rule, fields, path)
    return built if isinstance(built, Rule) else None


def _check_braces(decoder: Decoder, text: str, path: KeyPath) -> None:
    try:
        placeholders(text)
    except ValueError as error:
        decoder.faults.add(path, str(error))
