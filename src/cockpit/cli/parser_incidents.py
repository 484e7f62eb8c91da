"""The grammar of ``cockpit incident``, ``cockpit mark`` and ``cockpit postmortem``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

SEVERITIES = ("critical", "error", "warning", "info", "unknown")
_ID = "the incident: i7, or 7"


def incident(parser: argparse.ArgumentParser, general: Callable[[], argparse.ArgumentParser]) -> None:
    """The verbs of ``incident``. Without one it lists."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", prog="cockpit incident")

    def verb(name: str, words: str, *, id: bool = True) -> argparse.ArgumentParser:
        own: dict[str, Any] = {"parents": [general()], "allow_abbrev": False}
        made: argparse.ArgumentParser = verbs.add_parser(name, **own, help=words)
        if id:
            made.add_argument("id", metavar="ID", help=_ID)
        return made

    listed = verb("list", "list the incidents that are not over", id=False)
    listed.add_argument("--all", action="store_true", help="those too that are closed or were merged")
    opened = verb("open", "open one", id=False)
    opened.add_argument("text", nargs="+", metavar="TITLE", help="what is wrong, in a few words")
    opened.add_argument("--alert", dest="alerts", action="append", default=[], metavar="ID", help="an alert of it; may be repeated")
    opened.add_argument("--severity", choices=SEVERITIES, help="how bad it is (default: as its worst alert)")
    opened.add_argument("--lead", default="", metavar="PERSON", help="who leads")
    verb("show", "all that is known of one, and its timeline")
    add = verb("add", "put alerts into it")
    add.add_argument("alerts", nargs="+", metavar="ALERT", help="the alert's id, SOURCE/ID, or its name where no other has it")
    lead = verb("lead", "say who leads, or who has another role")
    lead.add_argument("person", metavar="PERSON", help="who; - for nobody")
    roles = "which role: operations, communications, scribe, or any other (default: lead)"
    lead.add_argument("--role", default="lead", metavar="ROLE", help=roles)
    status = verb("status", "say how far the work on it is")
    status.add_argument("status", choices=("open", "identified", "monitoring"))
    severity = verb("severity", "say how bad it is")
    severity.add_argument("severity", choices=SEVERITIES)
    title = verb("title", "give it another title")
    title.add_argument("text", nargs="+", metavar="TITLE")
    impact = verb("impact", "say when users were hurt, and how: that is not when somebody was paged")
    impact.add_argument("text", nargs="*", default=[], metavar="TEXT", help="what they saw")
    impact.add_argument("--from", dest="start", default="", metavar="TIME", help="since when (no offset: your own clock), or now")
    impact.add_argument("--to", dest="end", default="", metavar="TIME", help="until when, or now")
    note = verb("note", "leave a note in it")
    note.add_argument("text", nargs="+", metavar="TEXT")
    merge = verb("merge", "put another incident into this one")
    merge.add_argument("other", metavar="OTHER", help="the one that goes on as the first")
    split = verb("split", "make a new incident of some of its alerts")
    split.add_argument(
        "alerts", nargs="+", metavar="ALERT", help="an alert of it: its id, SOURCE/ID, or its name where no other has it"
    )
    split.add_argument("--title", required=True, metavar="TITLE", help="what the new one is called")
    close = verb("close", "say that it is over")
    unmerge = verb("unmerge", "take it out again of the one that it was merged into")
    for each in (merge, unmerge, split, close):
        each.add_argument("--yes", action="store_true", help="do it; without it what would change is shown and nothing is done")
    verb("reopen", "open a closed one again")


def mark(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``mark``."""
    parser.add_argument("text", nargs="+", metavar="TEXT", help='what was done: "deployed 1.4"')
    parser.add_argument("--alert", default="", metavar="ID", help="it is about this alert alone (its id, SOURCE/ID, or its name)")
    parser.add_argument("--service", default="", metavar="NAME", help="it is about alerts with this label `service` alone")
    parser.add_argument("--incident", default="", metavar="ID", help="it is about this incident alone")


def postmortem(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``postmortem``."""
    parser.add_argument("id", metavar="ID", help=_ID)
    words = "write it there instead of printing it; a draft that nobody has edited is replaced, anything else is not"
    parser.add_argument("--output", default="", metavar="FILE", help=words)
