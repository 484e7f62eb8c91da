"""What waits for another's approval, put into words: every byte of what will be done can be seen, whoever asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..core.approvals import Heard, Part, Petition
from ..core.units import say_seconds
from .exact import spell, spell_shown


def facts_of(asked: Heard) -> Iterator[tuple[str, str]]:
    """Label and text of each line above the steps."""
    petition = asked.petition
    yield "asked by", f"{asked.login} (user {asked.uid}), who says to be {petition.who}, on {petition.host}"
    yield "runbook", f"{petition.runbook} · {petition.title}"
    yield "changes", petition.changes
    if petition.order:
        yield "order", petition.order
    yield "at most", f"{say_seconds(petition.timeout)}{' for each' if len(petition.parts) > 1 else ' in all'}"
    yield "until", f"{petition.until:%Y-%m-%d %H:%M:%S} UTC it waits for this"


def step_words(petition: Petition, *, ascii: bool = False) -> Iterator[str]:
    """The steps, line by line; targets to which the very same is done stand together."""
    for parts in alike(petition.parts):
        names = ", ".join(part.target or "no target" for part in parts)
        yield f"on {names}" + (f" ({len(parts)} targets, the very same)" if len(parts) > 1 else "")
        first = parts[0]
        for name, value in first.values.items():
            yield f"  with {spell(name, ascii=ascii)} = {spell(value, ascii=ascii)}"
        for number, stage in enumerate(first.stages, 1):
            head, *more = stage.shown
            label = f"step {number}, {head.label}" if len(first.stages) > 1 else head.label
            yield f"  {label}: {spell_shown(head, ascii=ascii)}"
            yield from (f"    {_labelled(each.label)}{spell_shown(each, ascii=ascii)}" for each in more)
            said = " · ".join(filter(None, (stage.name, *(note for note in stage.notes))))
            if said:
                yield f"    {said}"


def alike(parts: Sequence[Part]) -> list[list[Part]]:
    """The parts, those together of which all but the target is the same."""
    found: dict[str, list[Part]] = {}
    for part in parts:
        found.setdefault(repr((part.stages, part.exact, part.values)), []).append(part)
    return list(found.values())


def _labelled(label: str) -> str:
    return f"{label}: " if label else ""
