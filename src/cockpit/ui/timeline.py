"""What happened to an alert: as its source tells it where it does, with what was done from here among it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from ..core import actions
from ..core.story import Story
from .fact import BLANK, Fact, title_fact
from .times import moment

if TYPE_CHECKING:
    from ..core.alerts import Alert
    from ..core.questions import Answered
    from ..core.roster import Naming

ROLES = {"fired": "text", "acknowledged": "who", "resolved": "ok", "told": "muted", "moved": "warning", "note": "text"}
"""How each kind of entry of a story is drawn."""


def timeline(
    alert: Alert, runs: Iterable[actions.Run], now: datetime, zone: str, story: Story | None = None, called: Naming = str
) -> list[Fact]:
    """Everything in the order of time, people ``called`` so. What a source tells in its own words stands instead of what the
    alert's times say."""
    happened = _told(story) if story is not None and story.entries else _known(alert)
    for run in runs:
        if alert.ref in actions.touched(run.action):
            reason = f" ({run.reason})" if run.reason else ""
            happened.append((run.at, f"{run.what} by {called(run.who)}: {state_word(run.state)}{reason}", "muted"))
    return [Fact(" " + moment(at, now, zone), text, role) for at, text, role in sorted(happened, key=lambda each: each[0])]


def _told(story: Story) -> list[tuple[datetime, str, str]]:
    return [(each.at, each.text, ROLES.get(each.kind, "text")) for each in story.entries]


def _known(alert: Alert) -> list[tuple[datetime, str, str]]:
    happened: list[tuple[datetime, str, str]] = []
    if alert.started_at is not None:
        happened.append((alert.started_at, "fired", "text"))
    if alert.acknowledged_at is not None:
        happened.append((alert.acknowledged_at, f"acknowledged by {alert.acknowledged_by or 'someone'}", "who"))
    happened += [(note.at, f"{note.who}: {note.text}", "text") for note in alert.notes]
    if alert.ended_at is not None:
        happened.append((alert.ended_at, "resolved", "ok"))
    return happened


def told_of(answered: Answered, source: str) -> tuple[Story | None, list[Fact]]:
    """The story, if there is one, and what stands above the timeline: what raised the alert, and why something is missing."""
    story = answered.value if isinstance(answered.value, Story) else None
    facts: list[Fact] = []
    if story is not None and story.facts:
        facts += [BLANK, title_fact("What raised it"), *(Fact(" " + name, value) for name, value in story.facts.items())]
    if story is None and answered.asking:
        facts += [BLANK, Fact(text=f"asking {source} what happened…", role="muted")]
    if answered.problem:
        facts += [BLANK, Fact(text=f"{source} does not tell what happened: {answered.problem}", role="blind")]
    for remark in story.remarks if story is not None else ():
        facts.append(Fact(text=remark, role="muted"))
    return story, facts


def before(story: Story | None, now: datetime, zone: str) -> list[Fact]:
    """What was like it before."""
    if story is None or not story.past:
        return []
    facts = [BLANK, title_fact("Before")]
    for each in story.past:
        facts.append(Fact(" " + moment(each.at, now, zone), each.title))
        facts += [Fact(" ", each.url, "info")] if each.url else []
    return facts


def state_word(state: actions.RunState) -> str:
    """A run's state on the screen: ``done`` for what is confirmed."""
    return "done" if state is actions.RunState.CONFIRMED else state.value
