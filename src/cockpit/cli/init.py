"""``cockpit init``: look at this machine, propose traps and runbooks, write the config."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from pathlib import Path

from ..config.files import config_path
from ..core.text import clean
from ..discover import Proposal, Suggestion, look, propose
from . import BAD, FINE, USAGE
from .listing import say
from .options import Options, Stop

_WORTH_SAYING = 0.1  # seconds

_HELP = "y take it · n leave it · a take this and all that follow · q write nothing"


def init(options: Options) -> int:
    """Propose, ask (unless ``--yes``), and write a config that passes `cockpit check`. An existing one is never touched."""
    if options.read_only and not options.flag("show"):
        raise Stop("read-only is on: nothing is written. `cockpit init --print` shows what would be")
    path = config_path(Path(options.config) if options.config else None, os.environ)
    if _there(path) and not options.flag("show"):
        raise Stop(f"{path} is there already and is left as it is; `cockpit init --print` shows what would be proposed today")
    if not (options.flag("yes") or options.flag("show") or sys.stdin.isatty()):
        raise Stop("nobody is here to be asked: --yes takes every proposal, --print shows them", USAGE)
    found = look()
    proposal = propose(found)
    if options.flag("show"):
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # whatever the locale says: a TOML file is UTF-8
        sys.stdout.write(proposal.toml())
        return FINE
    say(f"Looked at {clean(proposal.host)}" + (f" for {found.seconds:.1f} s." if found.seconds >= _WORTH_SAYING else "."))
    for remark in proposal.remarks:
        say(f"Not seen: {clean(remark)}")
    if not options.flag("yes"):
        chosen = _asked(proposal)
        if chosen is None:
            say("Nothing was written.")
            return BAD
        proposal = chosen
    return _written(path, proposal)


def _there(path: Path) -> bool:
    try:
        return os.path.lexists(path) or path.exists()
    except OSError as error:
        raise Stop(f"{path} cannot be looked at: {error.strerror}; choose another place with --config") from None


def _asked(proposal: Proposal) -> Proposal | None:
    """What the person takes; ``None`` if they leave."""
    say(f"{len(proposal.suggestions)} traps fit this machine. For each: {_HELP}.")
    taken: list[str] = []
    everything = False
    for suggestion in proposal.suggestions:
        _show(suggestion)
        answer = (
            "y"
            if everything and suggestion.active
            else ""
            if everything
            else _answer("Y/n/a/q" if suggestion.active else "y/N/a/q")
        )
        if answer == "q":
            return None
        everything = everything or answer == "a"
        if answer == "y" or (suggestion.active and answer in ("", "a")):
            taken.append(suggestion.trap.name)
    return proposal.only(taken)


def _show(suggestion: Suggestion) -> None:
    trap = suggestion.trap
    bounds = ", ".join(
        f"{word} {bound.text}" for word, bound in (("warns at", trap.warn), ("trips at", trap.trip)) if bound is not None
    )
    say(f"\n{trap.name} ({trap.probe}{': ' + bounds if bounds else ''})")
    say(f"  because {clean(suggestion.because)}")
    if suggestion.needs:
        say(f"  first: {clean(suggestion.needs)}")


def _answer(choices: str) -> str:
    default = next(letter for letter in choices.split("/") if letter.isupper()).lower()
    while True:
        try:
            answer = input(f"  [{choices}] ").strip().lower()
        except EOFError:
            return "q"
        if answer in ("", "y", "n", "a", "q"):
            return answer or default
        say(f"  {_HELP}")


def _written(path: Path, proposal: Proposal) -> int:
    from ..config.write import WriteError, write_new

    try:
        write_new(path, proposal.toml())
    except WriteError as error:
        raise Stop(str(error)) from None
    active = [each for each in proposal.suggestions if each.active]
    say(f"\nWrote {clean(str(path))}: {len(active)} traps, {len(proposal.runbooks)} runbooks.")
    waiting = len(proposal.suggestions) - len(active)
    if waiting:
        say(f"{waiting} more stand in it as comments: each says what it needs first.")
    say("Next: answer the three questions of each trap in there, run `cockpit check`, then `cockpit`.")
    return FINE
