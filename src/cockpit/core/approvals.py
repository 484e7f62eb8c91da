"""The two-person rule: what a run that waits for another's approval asks for, and what the other says to it.

An approval is of the very bytes that a petition is told in: who approves saw all that will be done, and nothing else is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from .placeholders import filled
from .plans import Plan
from .steps.kind import Shown
from .text import clean
from .units import say_seconds


class Stage(msgspec.Struct, frozen=True):
    """One step as it will be done: what the preview shows of it, its name, and what else it may do (``goes on if it fails``)."""

    shown: tuple[Shown, ...]
    name: str = ""
    notes: tuple[str, ...] = ()


class Part(msgspec.Struct, frozen=True):
    """What will be done to one target: ``exact`` is all of it, as in `Plan.exact`; ``values`` are the parameters'."""

    target: str
    stages: tuple[Stage, ...]
    exact: tuple[tuple[str, ...], ...]
    values: dict[str, str] = {}


class Petition(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to do: who (``who`` is their own word for it, the kernel knows better), which run, until when it waits
    (UTC), and exactly what; ``order`` is how several targets are done one after the other, "" for one."""

    run: str
    who: str
    host: str
    at: datetime
    until: datetime
    runbook: str
    title: str
    changes: str
    timeout: float
    parts: tuple[Part, ...]
    order: str = ""


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """A petition as somebody on this machine told it: ``uid`` and ``login`` are the kernel's word for who that is, ``mine`` whether
    it is our own user; ``digest`` is of the bytes it came in."""

    petition: Petition
    uid: int
    login: str
    digest: str
    mine: bool = False

    @property
    def short(self) -> str:
        """The end of the run's id, by which people name it."""
        return short(self.petition.run)

    @property
    def target(self) -> str:
        """On what, for people."""
        return on(self.petition)

    @property
    def said(self) -> str:
        """Who asks for what, in one line."""
        on_what = f" on {self.target}" if self.target else ""
        return f"{self.login} asks approval for: {self.petition.runbook}{on_what}"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says to a petition: that exactly what has this digest may be done, or that it may not, and why."""

    digest: str
    approved: bool
    why: str = ""


class Heed(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of an answer: "" in ``refused`` if it counts, else why it does not."""

    refused: str = ""


def petition(plans: Sequence[Plan], *, run: str, who: str, host: str, at: datetime, until: datetime, order: str = "") -> Petition:
    """What a run of these plans, which are of one runbook, asks for."""
    first = plans[0]
    parts = tuple(_part(plan) for plan in plans)
    changes = "; ".join(dict.fromkeys(plan.changes for plan in plans))
    return Petition(
        run=run,
        who=who,
        host=host,
        at=at,
        until=until,
        runbook=first.runbook.name,
        title=filled(first.runbook.title, first.values if len(plans) == 1 else {}),
        changes=changes,
        timeout=float(first.runbook.timeout),
        parts=parts,
        order=order,
    )


def _part(plan: Plan) -> Part:
    stages = []
    for resolved in plan.steps:
        step = resolved.step
        notes = (
            f"at most {say_seconds(step.timeout)}" if step.timeout is not None else "",
            "goes on if it fails" if step.continue_on_error else "",
        )
        stages.append(Stage(resolved.shown(), step.name, tuple(filter(None, notes))))
    return Part(plan.target, tuple(stages), plan.exact, plan.values)


def told(asked: Petition) -> bytes:
    """The bytes in which a petition is told; the same petition is always told in the same."""
    return msgspec.json.encode(asked, order="sorted")


def digest(data: bytes) -> str:
    """What stands for exactly these bytes."""
    from hashlib import sha256  # deferred: it brings OpenSSL, and every screen's view imports this module

    return sha256(data).hexdigest()


def heard(data: bytes, uid: int, login: str, *, mine: bool) -> Heard:
    """What was told in these bytes, safe to show. Raises ``ValueError`` for what is no petition."""
    found: Petition = msgspec.json.decode(data, type=Petition)
    whole = found.parts and all(stage.shown for part in found.parts for stage in part.stages)
    if found.until.utcoffset() is None or found.at.utcoffset() is None or not whole:
        raise ValueError("it is no petition")
    return Heard(petition=_harmless(found), uid=uid, login=login, digest=digest(data), mine=mine)


def _harmless(asked: Petition) -> Petition:
    """With every text that is shown as it stands made safe; the words of steps and values are spelt where they are shown."""
    parts = tuple(
        msgspec.structs.replace(part, target=clean(part.target, 200), stages=tuple(map(_harmless_stage, part.stages)))
        for part in asked.parts
    )
    names = {name: clean(getattr(asked, name), 300) for name in ("who", "host", "runbook", "title", "changes", "order")}
    return msgspec.structs.replace(asked, parts=parts, **names)


def _harmless_stage(stage: Stage) -> Stage:
    shown = tuple(msgspec.structs.replace(each, label=clean(each.label, 40)) for each in stage.shown)
    return Stage(shown, clean(stage.name, 200), tuple(clean(note, 200) for note in stage.notes))


def on(asked: Petition) -> str:
    """On what, for people."""
    names = [part.target for part in asked.parts if part.target]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def short(run_id: str) -> str:
    """The end of a run's id, by which people name it: ``20261126-031244-a1b2c3`` is ``a1b2c3``."""
    return run_id.rpartition("-")[2]


def awaited(run_id: str, until: datetime) -> str:
    """What is said of a run that waits, and to whom the command is to be told."""
    return f"waits for another's approval until {until:%H:%M:%S} UTC: `cockpit approve {short(run_id)}`"
