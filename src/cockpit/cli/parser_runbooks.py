"""The grammar of ``cockpit runbooks``, ``run``, ``approve`` and ``runs``."""

from __future__ import annotations

import argparse

from .parser_words import whole


def runbooks(parser: argparse.ArgumentParser) -> None:
    """What ``runbooks`` takes."""
    parser.add_argument("--alert", metavar="ID", help="only those for this alert, in the order of their digits")
    parser.add_argument("--show", metavar="NAME", help="one that is written in Markdown, to be read")


def run(parser: argparse.ArgumentParser) -> None:
    """What ``run`` takes."""
    parser.add_argument("name", nargs="?", default="", metavar="NAME", help="the runbook")
    words = "values for its parameters; a secret as KEY=@- (standard input) or KEY=@env:NAME"
    parser.add_argument("values", nargs="*", default=[], metavar="KEY=VALUE", help=words)
    words = "take the other values from this alert; given again, it is run for each of them"
    parser.add_argument("--alert", dest="alerts", metavar="ID", action="append", help=words)
    parser.add_argument("--match", metavar="FILTER", help="run it for every alert that matches, in the filter language")
    words = "so many targets at once (default: as the runbook says)"
    parser.add_argument("--parallel", type=whole(1, 50), metavar="N", help=words)
    words = "of several targets the first alone, the others only if it succeeds; `ask`: and only after asking you; `no`: not so"
    parser.add_argument("--canary", nargs="?", const="yes", choices=("yes", "ask", "no"), help=words)
    words = "when a target fails, begin none any more, or do the others all the same"
    parser.add_argument("--on-failure", choices=("stop", "continue"), help=words)
    parser.add_argument(
        "--record", metavar="NEW", help="open a shell, and draft the runbook of this name from the commands typed into it"
    )
    parser.add_argument(
        "--again",
        metavar="RUN",
        help="run what was run then, for the same alert with the same values (its id in `cockpit runs`, or the end of it)",
    )
    words = "begin with the step of this number (from 1): those before are left out"
    parser.add_argument("--from", dest="first", type=whole(1, 1000), metavar="STEP", help=words)
    words = "take back what was run then, whichever cockpit ran it: as its steps' `undo` says, shown first"
    parser.add_argument("--undo", metavar="RUN", help=words)
    parser.add_argument("--dry-run", action="store_true", help="show exactly what would be executed, and execute nothing")
    parser.add_argument("--yes", action="store_true", help="confirm a runbook that changes the world")
    parser.add_argument(
        "--confirm", metavar="TARGET", help="confirm a dangerous one by naming its target (its own name if it has none)"
    )


def approve(parser: argparse.ArgumentParser) -> None:
    """What ``approve`` takes."""
    parser.add_argument("id", nargs="?", default="", metavar="ID", help="what waits under this number: shown, and then asked")
    parser.add_argument("--refuse", dest="why", default="", metavar="WHY", help="refuse it; whoever asked reads why")


def runs(parser: argparse.ArgumentParser) -> None:
    """What ``runs`` takes."""
    parser.add_argument("--limit", type=whole(1, 10_000), default=50, metavar="N", help="how many, newest first (default: 50)")
    one = parser.add_mutually_exclusive_group()
    one.add_argument(
        "--targets", metavar="ID", help="how each target of a run for several stands, or came out; the end of its id is enough"
    )
    one.add_argument("--output", metavar="ID", help="print what this run printed; the end of its id is enough")
    one.add_argument("--grep", metavar="TEXT", help="the lines that hold this, in whatever case, of all that runs have printed")
    one.add_argument("--alert", metavar="ID", help="what was run for this alert (its id, or its name), and whether it helped")
