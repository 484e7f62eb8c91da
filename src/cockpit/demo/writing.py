"""The journal of the night: what was seen, done and written down by others between two of its seconds. See `story.chronicle`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from ..core.actions import Run, RunState, Start
from ..core.aftermath import Aftermath
from ..core.alerts import LOCAL, Ref
from ..core.incidents import Change as Changed
from ..core.incidents import Incident
from ..core.traps import Failed, Looked, Trap
from ..engine.journal import Journal
from ..engine.post import Post
from ..engine.records import Happened, Kept
from ..engine.tenure import survey
from ..provider import Conflict
from .looks import subject_of
from .scene import Scene
from .story.chronicle import CHECKOUT, KIND, due
from .story.curves import DATABASE
from .story.night import FREE_DISK, OTHERS, ROLL_BACK, done_before
from .story.weeks import weeks

_LONG, _LATELY = 4 * 86400.0, 8 * 3600.0
"""Seconds of the past that a followed trap has readings of, and of those the last ones, which lie closer together."""
_THINLY, _OFTEN, _SELDOM = 1800.0, 300.0, 600.0
"""How far apart they are, those of lately, and those of the other traps."""
_RUNS = (
    (ROLL_BACK, "am-prod", f"{CHECKOUT.name}/{CHECKOUT.where}", f"{CHECKOUT.name} · {CHECKOUT.where}", 22.0),
    (FREE_DISK, LOCAL, "db-disk", f"db-disk · {DATABASE}", 9.0),
)
"""What others run in the night: the runbook, the alert's source and id, the target, and how long it takes."""


def looked(journal: Journal, scene: Scene, traps: Iterable[Trap], since: float, until: float) -> None:
    """Write down what looks at the traps saw after second ``since`` and by ``until``: as the keeper does, look by look."""
    traps = tuple(traps)
    found = survey(journal, [(trap.name, trap.forecast) for trap in traps], scene.moment(until))
    kept: list[Kept] = []
    for trap in traps:
        post = Post(trap)
        post.remember(found.watches.get(trap.name), found.points.get(trap.name, ()))
        kept += (post.took(_seen(scene, trap, at)) for at in _moments(trap, since, until))
    journal.keep(sorted(kept, key=lambda each: each.watch.checked_at or scene.base))


def _moments(trap: Trap, since: float, until: float) -> Iterator[float]:
    """When it is looked at between two seconds, the last included: in the night as often as it wants, before it now and then."""
    at = max(since, -_LONG if trap.forecast else -6 * _SELDOM)
    while at < until:
        apart = _SELDOM if not trap.forecast else _OFTEN if at >= -_LATELY else _THINLY
        at = min(at + apart, 0.0) if at < 0.0 else at + float(trap.every)
        yield min(at, until)


def _seen(scene: Scene, trap: Trap, at: float) -> Looked | Failed:
    seen = scene.reading(subject_of(trap), at)
    moment = scene.moment(at)
    return Failed(moment, seen) if isinstance(seen, str) else Looked(moment, seen)


def written(journal: Journal, scene: Scene, since: float, until: float) -> None:
    """Write down what others wrote and ran after second ``since`` and by ``until``, as far as it still makes sense."""
    for each in due(scene.base, since, until, scene.by_hand):
        at = scene.moment(each.at)
        if each.change is None:
            journal.record(KIND, at=at, who=each.who, data=each.data)
            continue
        here = _ours(journal.incidents().values())
        if (here is None) is not (each.change is Changed.OPENED):
            continue  # somebody at this screen opened one before, or closed it
        try:
            journal.change_incident(here.id if here is not None else "", each.change, who=each.who, at=at, data=each.data)
        except Conflict:
            continue  # somebody at this screen has led it elsewhere: it is theirs
    for runbook, source, alert, target, seconds in _RUNS:
        if since < OTHERS[runbook] <= until and not done_before(runbook, OTHERS[runbook], scene.by_hand):
            _ran(journal, Ref(source, alert), runbook, target, scene.moment(OTHERS[runbook] - seconds), seconds)


def remembered(journal: Journal, scene: Scene) -> None:
    """Write down what was in the weeks before the night."""
    entries, runs = weeks()
    journal.record_many(
        Happened(
            at=scene.moment(each.at), kind=each.kind, who=each.who, source=LOCAL, subject=each.trap,
            data={"kind": "trigger"} if each.kind == "page.sent" else {"text": each.text},
        )
        for each in entries
    )  # fmt: skip
    for run in runs:
        alert = Ref(LOCAL, run.trap)
        _ran(journal, alert, run.runbook, f"{run.trap} · {DATABASE}", scene.moment(run.at), run.seconds, run.who, run.helped)


def _ours(known: Iterable[Incident]) -> Incident | None:
    """The night's incident, while it is open: the one that has its alert."""
    return next((each for each in known if not each.status.over and each.holds(CHECKOUT.source, CHECKOUT.ref.id)), None)


def _ran(
    journal: Journal, alert: Ref, runbook: str, target: str, at: datetime, seconds: float, who: str = "Bo", helped: bool = True
) -> None:
    """Write down that somebody ran a runbook, and whether it helped."""
    action = Start(runbook, {}, alert, preview=(("", "changes", "as it says"),))
    run = Run(
        id=f"{at:%Y%m%d%H%M%S}-{runbook}", at=at, who=who, action=action, what=runbook, target=target, state=RunState.CONFIRMED,
        exit_code=0, seconds=seconds, reason="",
    )  # fmt: skip
    journal.put_run(run)
    name, _, place = target.partition(" · ")
    ended = at + timedelta(seconds=seconds)
    after = Aftermath(
        run=run.id, source=alert.source, alert=alert.id, name=name, place=place, began=at, within=600.0, ended=ended,
        trap=alert.id if alert.source == LOCAL else "", firing=at - timedelta(minutes=4),
        there=at if helped else ended + timedelta(seconds=700),
        gone=ended + timedelta(seconds=40) if helped else None,
    )  # fmt: skip
    journal.put_aftermath(after)
