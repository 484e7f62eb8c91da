"""The grammar of what is done about alerts: ``cockpit silence``, ``resolve``, ``snooze``, ``escalate`` and their kin."""

from __future__ import annotations

import argparse

from .parser_words import ids, whole, yes


def silence(parser: argparse.ArgumentParser) -> None:
    """What ``silence`` takes."""
    parser.add_argument("match", nargs="?", metavar="FILTER", help="what to silence, in the filter language")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--for", dest="duration", metavar="TIME", help="how long: 30m, 2h, 1d (default: 1h)")
    length.add_argument("--until-resolved", action="store_true", help="until what it hushes has resolved, however long that takes")
    parser.add_argument("--comment", metavar="TEXT", help="why (wanted)")
    parser.add_argument(
        "--source", default="", metavar="NAME", help="the source to silence at (default: the one whose alerts it hits)"
    )
    parser.add_argument(
        "--edit",
        default="",
        metavar="ID",
        help="change the silence with this id, or SOURCE/ID: what it matches, how long it lasts from now, why; the rest stays",
    )
    parser.add_argument("--extend", default="", metavar="ID", help="let the silence with this id last longer")
    parser.add_argument("--by", metavar="TIME", help="how much longer (default: 1h)")
    parser.add_argument("--end", default="", metavar="ID", help="end the silence with this id, or SOURCE/ID")
    parser.add_argument("--list", action="store_true", help="list the silences that stand, and how many alerts each hushes now")
    parser.add_argument("--all", action="store_true", help="list those too that have ended within the hour")
    parser.add_argument("--yes", action="store_true", help="send it; without it the preview is shown and nothing is done")


def resolve(parser: argparse.ArgumentParser) -> None:
    """What ``resolve`` takes."""
    ids(parser)
    parser.add_argument("--note", default="", metavar="TEXT", help="how it was mended")
    yes(parser)


def snooze(parser: argparse.ArgumentParser) -> None:
    """What ``snooze`` takes."""
    ids(parser)
    parser.add_argument("--for", dest="duration", default="1h", metavar="TIME", help="how long: 30m, 2h, 1d (default: 1h)")
    yes(parser)


def escalate(parser: argparse.ArgumentParser) -> None:
    """What ``escalate`` takes."""
    ids(parser)
    parser.add_argument("--level", type=whole(1, 100), metavar="N", help="the level; without it the levels are listed")
    yes(parser)


def reassign(parser: argparse.ArgumentParser) -> None:
    """What ``reassign`` takes."""
    ids(parser)
    parser.add_argument(
        "--to", action="append", default=[], metavar="WHO", help="a name, an address or an id there, more than once for several"
    )
    yes(parser)


def merge(parser: argparse.ArgumentParser) -> None:
    """What ``merge`` takes."""
    parser.add_argument("into", metavar="INTO", help="the alert that the others go into")
    ids(parser)
    yes(parser)


def play(parser: argparse.ArgumentParser) -> None:
    """What ``play`` takes."""
    parser.add_argument("id", metavar="ID", help="the alert's id, SOURCE/ID, or its name where no other has it")
    parser.add_argument("play", nargs="?", default="", metavar="PLAY", help="its name or id; without it they are listed")
    yes(parser)


def maintenance(parser: argparse.ArgumentParser) -> None:
    """What ``maintenance`` takes."""
    parser.add_argument("services", nargs="*", default=[], metavar="SERVICE", help="by name or id; without any, list what is")
    parser.add_argument("--for", dest="duration", default="1h", metavar="TIME", help="how long: 30m, 2h, 1d (default: 1h)")
    parser.add_argument("--at", default="", metavar="TIME", help="when it begins (no offset: this machine's zone; default: now)")
    parser.add_argument("--comment", default="", metavar="TEXT", help="why (wanted)")
    parser.add_argument("--source", default="", metavar="NAME", help="the source (default: the only one that can)")
    parser.add_argument("--end", default="", metavar="ID", help="end the one with this id instead, or SOURCE/ID")
    yes(parser)
