"""The grammar of ``cockpit oncall``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any


def oncall(parser: argparse.ArgumentParser, general: Callable[[], argparse.ArgumentParser]) -> None:
    """What ``oncall`` takes, and its verbs."""
    one = parser.add_mutually_exclusive_group()
    one.add_argument("--at", metavar="TIME", help="at this time instead of now: 2026-11-24T09:00+01:00 (no offset: your own clock)")
    one.add_argument("--week", action="store_true", help="every shift and gap of this week")
    one.add_argument("--month", action="store_true", help="every shift and gap of this month")
    one.add_argument("--gaps", action="store_true", help="gaps, double bookings, clashes with absences in the next 30 days")
    one.add_argument(
        "--hours",
        action="store_true",
        help="hours, nights, weekends of everyone in the last 30 days; how often disturbed, and woken",
    )
    one.add_argument("--mine", action="store_true", help="your own shifts in the next 8 weeks")
    one.add_argument("--ics", action="store_true", help="the shifts of the next 12 weeks as a calendar (RFC 5545) that others read")
    _overriding(parser, general)
    parser.add_argument("--since", metavar="TIME", help="begin there instead")
    parser.add_argument("--until", metavar="TIME", help="end there instead")
    parser.add_argument("--roster", default="", metavar="NAME", help="only this one")


def _overriding(parser: argparse.ArgumentParser, general: Callable[[], argparse.ArgumentParser]) -> None:
    """The verbs of ``oncall``. Without one it lists."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", prog="cockpit oncall")
    own: dict[str, Any] = {"parents": [general()], "allow_abbrev": False}
    override = verbs.add_parser("override", **own, help="put somebody on call, from when to when")
    take = verbs.add_parser("take", **own, help="take the shift that goes on now, to its end")
    cover = verbs.add_parser("cover", **own, help="have somebody's shift: the one that goes on, or their next")
    swap = verbs.add_parser("swap", **own, help="swap your next shift for somebody's")
    undo = verbs.add_parser("undo", **own, help="take an override back, the last one if none is named")
    verbs.add_parser("overrides", **own, help="list the overrides that run or will")
    for each in (override, cover, swap):
        each.add_argument("person", metavar="PERSON", help="who, by any name that the config or a source has for them")
    for each in (override, cover):
        each.add_argument("--from", dest="start", metavar="TIME", help="from when (no offset: your own clock)")
    for each in (override, take, cover):
        each.add_argument("--to", dest="end", metavar="TIME", help="until when")
    for each in (override, take):
        each.add_argument("--for", dest="duration", metavar="TIME", help="for how long instead: 2h, 1d")
    for each in (cover, swap):
        each.add_argument("--by", metavar="PERSON", help="somebody else instead of you")
    for each in (override, take, cover, swap):
        each.add_argument("--roster", default="", metavar="NAME", help="which roster (default: the only one that is paged first)")
        each.add_argument("--why", default="", metavar="TEXT", help="the reason, for the others")
    undo.add_argument("id", nargs="?", default="", metavar="ID", help="the override's id, or SOURCE/ID")
    for each in (override, take, cover, swap, undo):
        each.add_argument("--yes", action="store_true", help="do it; without it what would change is shown and nothing is done")
