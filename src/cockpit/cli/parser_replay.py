"""The grammar of the demo, and of recording and replaying, which are options of the screen and of the watch."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from ..core.units import say_bytes, size

_SMALLEST = 1_000_000
"""Bytes."""
_MOST_FILES = 1000


def recording(parser: argparse.ArgumentParser) -> None:
    """What says where to record to."""
    parser.add_argument(
        "--record",
        dest="record_to",
        metavar="FILE",
        default=argparse.SUPPRESS,
        help="record what is seen into a new file, without secrets",
    )  # fmt: skip
    parser.add_argument(
        "--record-most",
        dest="record_most",
        metavar="SIZE",
        type=_size,
        default=argparse.SUPPRESS,
        help="end the recording at this size: 200MB (default: 1GB)",
    )  # fmt: skip
    parser.add_argument(
        "--record-files",
        dest="record_files",
        metavar="N",
        type=_files,
        default=argparse.SUPPRESS,
        help="go on in FILE.2, FILE.3 and so on when one is full, up to so many files (default: 1)",
    )  # fmt: skip


def replaying(parser: argparse.ArgumentParser) -> None:
    """What says what to replay, and how."""
    parser.add_argument("--replay", metavar="FILE", help="replay a recording: nothing is asked, nothing can be done in it")
    parser.add_argument(
        "--at", dest="replay_at", metavar="TIME", help="stand at this moment of it: 03:12 (UTC), 2026-11-02T03:12, +10m, end"
    )
    parser.add_argument(
        "--speed", dest="replay_speed", type=float, metavar="N", help="replay it so many times as fast (default: 1)"
    )


def playing(parser: argparse.ArgumentParser) -> None:
    """What says that a night that was made up is wanted."""
    parser.add_argument(
        "--demo",
        action="store_true",
        default=argparse.SUPPRESS,
        help="half an hour of a night that was made up, to try everything on: nothing real happens",
    )


def _size(text: str) -> int:
    """A size of a recording, in bytes."""
    try:
        found = int(size(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if found < _SMALLEST:
        raise argparse.ArgumentTypeError(f"{text} is less than the {say_bytes(_SMALLEST)} that a recording takes at least")
    return found


def _files(text: str) -> int:
    """How many files a recording may become."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= _MOST_FILES):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of files: from 1 to {_MOST_FILES}")
    return int(text)


def problem(args: Mapping[str, object]) -> str:
    """Why these words of a command line do not go together; "" where they do."""
    if args.get("demo") and args.get("command"):
        return "--demo opens a screen of its own: it goes with no command"
    if args.get("demo") and (args.get("config") or args.get("replay") or args.get("record_to")):
        return "--demo reads nothing and keeps nothing: it goes with no --config, --replay or --record"
    if args.get("record_to") and args.get("command") not in (None, "watch"):
        return "--record FILE is for the screen and for `cockpit watch`"
    if args.get("record_most") and not args.get("record_to"):
        return "--record-most SIZE says how large a recording may become: it goes with --record FILE"
    if args.get("record_files") and not args.get("record_to"):
        return "--record-files N says into how many files is recorded: it goes with --record FILE"
    if args.get("replay") and args.get("command"):
        return "--replay FILE opens the screen: it goes with no command"
    if args.get("replay") and args.get("record_to"):
        return "a replay is not recorded: give --record or --replay"
    if not args.get("replay") and (args.get("replay_at") or args.get("replay_speed")):
        return "--at and --speed say how to replay: they go with --replay FILE"
    return ""
