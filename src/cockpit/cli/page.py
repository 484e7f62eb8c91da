"""``cockpit page``: tell people now, try a channel, see how the channels do."""

from __future__ import annotations

from ..core.actions import PagePeople
from ..core.pages import ChannelHealth
from ..core.text import clean
from ..provider import NotFound
from . import BAD, COULD_NOT_SEE, FINE, UNCONFIRMED, USAGE
from .alerts import find, settle
from .compose import House, house
from .listing import as_json, say, table, when
from .options import Options, Stop


def page(options: Options) -> int:
    """Tell people; without ``--yes`` only who would be told how. Or try a channel, or list the channels."""
    who, test = options.words("who"), options.text("test")
    if sum((bool(who), bool(test), options.flag("channels"))) != 1:
        raise Stop('say one thing: WHO "TEXT", --test CHANNEL, or --channels', USAGE)
    if options.flag("incident") and not who:
        raise Stop("--incident opens one with a page: say whom, and what it is about", USAGE)
    with house(options, propose=False) as home:
        if options.flag("channels"):
            return _list(home, options)
        if test:
            return _send(home, options, (_me(home),), "a test of this channel: nothing is wrong", (test,))
        names, text = who[:1], " ".join(who[1:])
        if not text.strip():
            raise Stop('say what it is about: cockpit page ana "the disk of db-1 is full"', USAGE)
        return _send(home, options, tuple(names[0].split(",")), text, tuple(options.words("via")))


def _send(home: House, options: Options, to: tuple[str, ...], text: str, via: tuple[str, ...]) -> int:
    view = home.view(look=False)
    alert = find(home, view, options.text("alert")) if options.text("alert") else None
    if not home.config.channels:
        raise Stop("nobody can be told from here: no channel is configured (write a [channels.NAME], see config.example.toml)")
    try:
        told, gaps = home.desk.reached(to, via)
    except NotFound as error:
        raise Stop(str(error), USAGE) from None
    for each in told:
        say(f"{each.who or 'whomever it wakes'} by {each.channel}" + (f" at {each.address}" if each.address else ""))
    for gap in gaps:
        say(f"Not told: {gap}")
    if not told:
        return BAD
    say(f"Text: {clean(text, 4000)}")
    if options.flag("incident"):
        say("An incident is opened with it, unless its alert is in one." if alert is not None else "An incident is opened with it.")
    if not (options.flag("yes") or options.text("test")):
        say("Nothing was sent. Add --yes to send it.")
        return UNCONFIRMED
    return settle(home, PagePeople(to, text, alert, via, incident=options.flag("incident"), test=bool(options.text("test"))))


def _me(home: House) -> str:
    """The person at the keyboard, who gets what tests a channel."""
    me = home.desk.here.me
    if me.id not in home.config.people:
        raise Stop(f"a test goes to you, and {me.id} is not among [people]: write yourself in, and `me` at the top", USAGE)
    return f"person:{me.id}"


def _list(home: House, options: Options) -> int:
    channels = home.config.channels
    found = home.journal.channels(channels)
    if options.json:
        as_json([_record(channels[name].kind, health) for name, health in found.items()])
    elif not channels:
        say("No channel is configured: [channels.NAME], see config.example.toml.")
    else:
        rows = [(name, channels[name].kind, _word(health), health.why) for name, health in found.items()]
        table(
            ("Channel", "Kind", "Last", "Said"),
            rows,
            ["bad" if each.failing_since else "" for each in found.values()],
            options.color,
        )
    if home.journal.problem:
        return COULD_NOT_SEE
    return BAD if any(each.failing_since for each in found.values()) else FINE


def _word(health: ChannelHealth) -> str:
    if health.failing_since is not None:
        return f"fails since {health.failing_since:%m-%d %H:%M} UTC"
    return f"sent {health.last_sent_at:%m-%d %H:%M} UTC" if health.last_sent_at is not None else "never used: try it with --test"


def _record(kind: str, health: ChannelHealth) -> dict[str, object]:
    return {
        "channel": health.channel,
        "kind": kind,
        "last_sent_at": when(health.last_sent_at),
        "failing_since": when(health.failing_since),
        "failures": health.failures,
        "why": health.why,
    }
