"""The grammar of ``cockpit action``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

_DUE = "until when: 2026-12-04, 14d, 2w"


def action(parser: argparse.ArgumentParser, general: Callable[[], argparse.ArgumentParser]) -> None:
    """The verbs of ``action``. Without one it lists."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", prog="cockpit action")

    def verb(name: str, words: str, *, id: bool = True) -> argparse.ArgumentParser:
        own: dict[str, Any] = {"parents": [general()], "allow_abbrev": False}
        made: argparse.ArgumentParser = verbs.add_parser(name, **own, help=words)
        if id:
            made.add_argument("id", metavar="ID", help="the action item: a3, or 3")
        return made

    listed = verb("list", "list those that are open, the most urgent first", id=False)
    listed.add_argument("--all", action="store_true", help="those too that are done or dropped")
    listed.add_argument("--owner", default="", metavar="WHO", help="those of this person or team alone; me for your own")
    listed.add_argument("--incident", default="", metavar="ID", help="those of this incident alone: i7, or 7")
    add = verb("add", "add one to an incident", id=False)
    add.add_argument("incident", metavar="INCIDENT", help="the incident: i7, or 7")
    add.add_argument("text", nargs="+", metavar="TEXT", help="what is to be done")
    add.add_argument("--owner", default="", metavar="WHO", help="whose it is (default: who leads the incident, else you)")
    add.add_argument("--due", default="", metavar="DAY", help=f"{_DUE} (default: 14d)")
    add.add_argument("--trap", default="", metavar="NAME", help="the trap: the item is done when that has been drilled")
    done = verb("done", "say that one is done; one with a trap is done by its drill")
    done.add_argument("text", nargs="*", default=[], metavar="TEXT", help="how")
    edit = verb("edit", "change one")
    edit.add_argument("--text", metavar="TEXT", help="what is to be done")
    edit.add_argument("--owner", metavar="WHO", help="whose it is from now on")
    edit.add_argument("--due", metavar="DAY", help=f"{_DUE}; - for none")
    edit.add_argument("--trap", metavar="NAME", help="its trap from now on; - for none")
    verb("reopen", "say that one is not done after all")
    drop = verb("drop", "say that one is not wanted any more")
    drop.add_argument("--why", required=True, metavar="TEXT", help="the reason, for the next person")
