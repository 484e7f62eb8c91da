"""The grammar of ``cockpit handover``."""

from __future__ import annotations

import argparse
from collections.abc import Callable


def handover(parser: argparse.ArgumentParser, whole: Callable[[int, int], Callable[[str], int]]) -> None:
    """The arguments of ``handover``."""
    one = parser.add_mutually_exclusive_group()
    one.add_argument("--note", default="", metavar="TEXT", help="leave a note for the next shift")
    one.add_argument("--unnote", type=whole(1, 999_999_999), metavar="N", help="take the note with this number back")
    one.add_argument("--done", action="store_true", help="mark it as handed over; without --yes what would be marked is shown")
    one.add_argument("--markdown", action="store_true", help="as Markdown, for a page or a chat of the team")
    parser.add_argument("--to", default="", metavar="PERSON", help="with --done: who takes over, where the rosters say another")
    parser.add_argument("--yes", action="store_true", help="with --done: do it")
    parser.add_argument("--since", default="", metavar="TIME", help="from when on (default: since the shift began)")
    parser.add_argument("--limit", type=whole(1, 10_000), default=40, metavar="N", help="so many lines of a list (default: 40)")
