"""What else is done to the incident that is followed: its words, who has which role, merged, split, opened again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec
from textual.content import Content

from ...core.actions import ChangeIncident
from ...core.alerts import SEVERITY_WORDS
from ...core.incident_parting import unmerged
from ...core.incident_refusals import refusal
from ...core.incidents import LEAD, ROLES, Change, Incident, Member, Status, merged
from ...core.roster import Shift, called, known_as, told_apart
from ...core.spoken import spoken
from ...engine.desk import Desk
from ..ask import Ask, Field, wanted
from ..confirm import Confirm
from ..incident import Following
from ..incident_words import hurt
from ..page import Line
from ..palette import Entry, Picker
from ..ticks import Ticks
from .incident import severity_problem
from .incident_steps import barred, change
from .steps import Rest, counted, fact, loud, refuse, show

_ELSE, _NOBODY = "\0else", "\0nobody"
_SHOWN = 12


def edit(at: Following, desk: Desk, here: Incident) -> Rest:
    """Another title, another severity."""
    if reason := barred(desk, here, closed=True):
        return refuse(at, reason)
    fields = [
        Field("title", "Title", here.title, "what people call it", wanted("what it is called")),
        Field("severity", "Severity", here.severity.word, "", severity_problem, choices=tuple(SEVERITY_WORDS)),
    ]
    return _edited(at, desk, here, show(at, Ask(f"{here.id}: title and severity", fields)))


async def _edited(at: Following, desk: Desk, here: Incident, answer: Awaitable[dict[str, str] | None]) -> None:
    if (given := await answer) is None:
        return
    title, severity = given["title"].strip(), given["severity"].strip()
    if title != here.title:
        change(at, desk, here, Change.TITLE, {"title": title})
    if severity != here.severity.word:
        change(at, desk, here, Change.SEVERITY, {"severity": severity})


def roles(at: Following, desk: Desk, here: Incident) -> Rest:
    """Give a role to somebody, or take it from them: the lead is handed over so."""
    if reason := barred(desk, here, closed=True):
        return refuse(at, reason)
    known = {**ROLES, **{role: "" for role in here.roles if role not in ROLES}}
    has = {role: at.called(who) for role, who in here.roles.items()}
    entries = [Entry(role, role, f"{has.get(role, 'nobody')} · {about}".rstrip(" ·")) for role, about in known.items()]
    return _role(at, desk, here, show(at, Picker(f"Which role in {here.id}?", entries)))


async def _role(at: Following, desk: Desk, here: Incident, answer: Awaitable[str | None]) -> None:
    if (role := await answer) is None:
        return
    before = here.roles.get(role, "")
    has = at.called(before)
    ids = [each for each in _people(at, here) if each != at.id_of(before)]
    entries = [Entry(id, _apart(at, id), _about(at, id)) for id in ids]
    entries += [Entry(_ELSE, "somebody else…", "by name")]
    entries += [Entry(_NOBODY, "nobody", f"take it from {has}")] if has else []
    who = await show(at, Picker(f"Who has {role}?" + (f" Now {has}" if has else ""), entries))
    if who == _ELSE:
        given = await show(at, Ask(f"Who has {role}?", [Field("who", "Name", check=lambda word: _is_one(at, word))]))
        who = at.id_of(given["who"].strip()) if given is not None else None
    if who is None:
        return
    who = "" if who == _NOBODY else who
    if has and not at.is_me(before) and not await show(at, _taken(here, role, has, _apart(at, who))):
        return
    change(at, desk, here, Change.ROLE, {"role": role, "person": who, "before": before})


def _taken(here: Incident, role: str, has: str, who: str) -> Confirm:
    lines = [fact("incident", f"{here.id} {here.title}", "bold"), fact(role, f"{has} → {who or 'nobody'}")]
    return Confirm(f"Take {'the lead' if role == LEAD else role} from {has}?", lines, yes="take it")


def _people(at: Following, here: Incident) -> list[str]:
    """The ids of who is likely meant: me, whoever is on call and comes next, who has a role already, and the people of the
    config."""
    shifts = [shift for each in at.view.rosters for shift in (each.now, each.next) if shift is not None]
    others = (*(_on_it(at, shift) for shift in shifts), *here.roles.values(), *(each.id for each in at.people))
    return list(dict.fromkeys(at.id_of(word) for word in (at.me, *others) if word))


def _on_it(at: Following, shift: Shift) -> str:
    """The id of whoever has a shift; of one whom only its source knows, the name there."""
    known = known_as(at.people, shift.person, shift.name)
    return known.id if known is not None else shift.name or shift.person


def _apart(at: Following, id: str) -> str:
    """What somebody is called; where others are called so too, with the id."""
    alike = called(at.people, at.called(id)) if id else ()
    return told_apart(each for each in alike if each.id == id) if len(alike) > 1 else at.called(id)


def _is_one(at: Following, word: str) -> str | None:
    """Why a word that was typed is nobody's, or not one's alone."""
    word = word.strip()
    alike = called(at.people, word) if word and all(each.id.casefold() != word.casefold() for each in at.people) else ()
    return f"may be {told_apart(alike)}: say which, by the id" if len(alike) > 1 else wanted("who")(word)


def _about(at: Following, id: str) -> str:
    """Why somebody stands in the list."""
    if at.is_me(id):
        return "you"
    for each in at.view.rosters:
        if each.now is not None and id == _on_it(at, each.now):
            return f"on call: {each.roster}"
    return ""


def merge(at: Following, desk: Desk, here: Incident) -> Rest:
    """Put another one into it."""
    if reason := barred(desk, here):
        return refuse(at, reason)
    return _merged(at, desk, here)


async def _merged(at: Following, desk: Desk, here: Incident) -> None:
    known = await at.known()
    others = [each for each in known.values() if each.status is not Status.MERGED and each.id != here.id]
    others.sort(key=lambda each: (each.status.over, -each.opened_at.timestamp()))
    if not others:
        at.say(f"there is no other incident to put into {here.id}", "refusal")
        return
    entries = [
        Entry(each.id, f"{each.id} {each.title}", f"{each.status.value} · {counted(len(each.members), 'alert')}", also=(each.id,))
        for each in others
    ]
    if (id := await show(at, Picker(f"Put which incident into {here.id}?", entries))) is None:
        return
    if reason := refusal(known, here.id, Change.MERGED, {"other": id}):
        at.say(reason, "refusal")
        return
    gone = known[id]
    lines: list[Line] = [
        fact("from", f"{gone.id} {gone.title}: {gone.status.value}, {gone.severity.word}", "bold"),
        fact("into", f"{here.id} {here.title}", "bold"),
        *_listed(gone.members),
        *_becomes(at, here, gone),
        "",
        loud(f"{gone.id} goes on as {here.id}: its alerts, its past and its traps are there then."),
        f"It can be taken out again: o in {gone.id}.",
    ]
    if await show(at, Confirm(f"Merge {gone.id} into {here.id}?", lines, yes="merge")):
        change(at, desk, here, Change.MERGED, {"other": gone.id})


def _becomes(at: Following, here: Incident, gone: Incident) -> list[Line]:
    """Who has which role then, and when users were hurt, where that is not as before."""
    then, clock = merged(here, gone), (at.clock.now(), at.zone)
    passed = [fact(role, at.called(who)) for role, who in sorted(then.roles.items()) if role not in here.roles]
    return [*passed, *([fact("hurt", hurt(then, *clock))] if hurt(then, *clock) != hurt(here, *clock) else [])]


def _listed(members: Sequence[Member]) -> list[Line]:
    lines: list[Line] = [fact("alert", f"{each.name} {each.where}".strip()) for each in members[:_SHOWN]]
    rest = len(members) - _SHOWN
    return [*lines, *([fact("", f"and {counted(rest, 'other')}")] if rest > 0 else [])]


def split(at: Following, desk: Desk, here: Incident) -> Rest:
    """Make a new one of some of its alerts."""
    if reason := barred(desk, here) or ("" if len(here.members) > 1 else f"{here.id} has no two alerts that could part"):
        return refuse(at, reason)
    rows = [
        Content.assemble(f"{each.name} {each.where}".strip(), ("  " + each.summary if each.summary else "", "$role-muted"))
        for each in here.members
    ]
    return _parted(at, desk, here, show(at, Ticks(f"Which alerts leave {here.id}?", rows)))


async def _parted(at: Following, desk: Desk, here: Incident, answer: Awaitable[tuple[int, ...] | None]) -> None:
    if not (chosen := await answer):
        return
    out = [here.members[number] for number in chosen]
    more = f" and {counted(len(out) - 1, 'other')}" if len(out) > 1 else ""
    field = Field("title", "Title", f"{out[0].name} {out[0].where}".strip() + more, "of the new one", wanted("what it is called"))
    if (given := await show(at, Ask(f"Split {counted(len(out), 'alert')} off {here.id}", [field]))) is None:
        return
    title = given["title"].strip()
    lines: list[Line] = [fact("new", title, "bold"), fact("out of", f"{here.id} {here.title}"), *_listed(out)]
    lines += [] if len(out) < len(here.members) else ["", loud(f"No alert stays in {here.id}.")]
    if await show(at, Confirm(f"Split {counted(len(out), 'alert')} off?", lines, yes="split")):
        change(at, desk, here, Change.SPLIT, {"title": title, "alerts": msgspec.to_builtins(tuple(out))})


def reopen(at: Following, desk: Desk, here: Incident) -> Rest:
    """Open a closed one again; take one that was merged out again."""
    if here.status is Status.MERGED:
        reason = desk.why_not(ChangeIncident)
        return refuse(at, reason) if reason else _taken_out(at, desk, here)
    if reason := barred(desk, here, closed=True):
        return refuse(at, reason)
    if here.status is not Status.CLOSED:
        return refuse(at, f"{here.id} is not closed")
    return _again(at, desk, here)


async def _again(at: Following, desk: Desk, here: Incident) -> None:
    if reason := refusal(await at.known(), here.id, Change.REOPENED):
        at.say(reason, "refusal")
        return
    lines: list[Line] = [fact("incident", f"{here.id} {here.title}", "bold"), fact("lead", at.called(here.lead) or "nobody")]
    if await show(at, Confirm(f"Open {here.id} again?", lines, yes="reopen")):
        change(at, desk, here, Change.REOPENED, {})


async def _taken_out(at: Following, desk: Desk, here: Incident) -> None:
    known = await at.known()
    if reason := refusal(known, here.into, Change.UNMERGED, {"other": here.id}):
        at.say(reason, "refusal")
        return
    before = known[here.into]
    rest, out = unmerged(before, known[here.id])
    clock = at.clock.now(), at.zone
    stays = len(rest.members)
    lines: list[Line] = [
        fact("incident", f"{out.id} {out.title}: {out.status.value} then", "bold"),
        *_listed(out.members),
        fact("roles", _had(spoken(out, at.called))),
        "",
        fact("out of", f"{rest.id} {rest.title}: {counted(stays, 'alert')} stay{'s' * (stays == 1)}", "bold"),
        *([fact("severity", rest.severity.word)] if rest.severity is not before.severity else []),
        *([fact("roles", _had(spoken(rest, at.called)))] if rest.roles != before.roles else []),
        *([fact("hurt", hurt(rest, *clock))] if hurt(rest, *clock) != hurt(before, *clock) else []),
        "",
        f"What was said of {rest.id} since the merge stays there.",
    ]
    if await show(at, Confirm(f"Take {out.id} out of {rest.id} again?", lines, yes="take out")):
        change(at, desk, before, Change.UNMERGED, {"other": out.id})


def _had(here: Incident) -> str:
    return ", ".join(f"{role}: {who}" for role, who in sorted(here.roles.items())) or "nobody has one"


CHANGES: Mapping[str, Callable[[Following, Desk, Incident], Rest]] = {
    "edit": edit, "roles": roles, "merge": merge, "split": split, "reopen": reopen,
}  # fmt: skip
"""What each key does to the incident that is followed, beside those in `flows.incident`."""
