"""``cockpit trap add``: arm a new trap, after an alert, after an incident or from nothing."""

from __future__ import annotations

import shlex

from ..core.arming import Proposals
from ..core.incidents import number_of
from ..core.text import clean
from ..engine.desk import After, Refused, Tried
from . import BAD, FINE, UNCONFIRMED
from .alerts import find, kept_elsewhere
from .compose import House, house
from .listing import as_json, say
from .options import Options, Stop

_GIVEN = ("look", "warn", "trip", "for", "every", "forecast", "severity", "went_wrong", "detect", "signs", "runbooks", "owner")


def add(options: Options) -> int:
    """Show the file and what the trap would have done; with ``--yes``, write exactly that."""
    with house(options, propose=False) as home:
        after = _after(home, options)
        values, because, others = _filled_in(home, options, after)
        tried = home.desk.try_trap(values, after)
        if options.json:
            as_json([{"file": tried.file, "text": tried.text, "would": tried.would, "problem": tried.problem, "because": because}])
        else:
            _show(tried, because, others)
        if tried.problem:
            return BAD
        if options.flag("dry_run") or not options.flag("yes"):
            if not options.json:
                say("Nothing was written. Add --yes to arm it." if not options.flag("dry_run") else "Nothing was written.")
            return FINE if options.flag("dry_run") else UNCONFIRMED
        try:
            file = home.desk.lay_trap(values["name"], tried.text, after)
        except Refused as no:
            raise Stop(str(no)) from None
        if not options.json:
            say(f"Armed: {clean(values['name'])}, in {file}. {_looked_at(home)}")
            if isinstance(after, str):
                say(f"{after} names it from now on, in its timeline and its postmortem.")
        return FINE


def _after(home: House, options: Options) -> After | None:
    """What it is armed after. Alerts are asked for only where one is meant."""
    if options.args.get("incident") is not None:
        return number_of(options.text("incident"))
    return find(home, home.view(), options.text("alert")) if options.args.get("alert") else None


def _filled_in(home: House, options: Options, after: After | None) -> tuple[dict[str, str], str, list[str]]:
    """What was given over what is proposed; why that is proposed; and the other looks that fit."""
    given = {key: options.text(key) for key in _GIVEN if options.args.get(key) is not None}
    try:
        proposed = home.desk.propose_traps(after) if after is not None else Proposals()
    except Refused as no:
        raise Stop(str(no)) from None
    found = proposed.drafts
    same = [each for each in found if "look" not in given or each[0]["look"] == given["look"]]
    base, because = same[0] if same else ({}, "")
    values = {**(base or proposed.blank), **given}
    values["name"] = options.text("name") or values.get("name", "")
    if "trip" in given and "warn" not in given:
        values["warn"] = ""  # the proposed one may lie beyond it
    if not values.get("look"):
        known = f"{proposed.standing}: " if proposed.standing else "nothing here fits it: " if after is not None else ""
        fitting = "; or name what something here fits, with --alert or --incident" if after is None else ""
        raise Stop(f"{clean(known)}say how to look, with --look 'disk path=/'{fitting}")
    because = "; ".join(each for each in (because, proposed.standing) if each)
    return values, because, list(dict.fromkeys(each["look"] for each, _ in found if each["look"] != values["look"]))


def _show(tried: Tried, because: str, others: list[str]) -> None:
    if tried.file:
        say(f"Would write {clean(tried.file)}:\n")
        for line in tried.text.splitlines():
            say(f"  {clean(line, 4000)}")
        say("")
    if because:
        say(f"Chosen: {clean(because)}.")
    if tried.would:
        say(f"Tested: {tried.would}.")
    for look in others:
        say(f"Fits, too: --look {shlex.quote(clean(look, 1000))}")
    if tried.problem:
        say(f"It cannot be: {tried.problem}")


def _looked_at(home: House) -> str:
    """Who will look at it, and from when on."""
    if not kept_elsewhere(home):
        return "Nobody looks at it until a cockpit or `cockpit watch` runs."
    return "The cockpit that looks at the traps takes it up within seconds."
