"""``cockpit run --record NAME``: a shell whose commands become a runbook."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path

from ..config.book import read_book
from ..config.files import config_path
from ..config.repositories import BESIDE
from ..config.write import WriteError, write_new
from ..core.alerts import Alert
from ..core.drafts import Recording, draft
from ..core.drills import rehearses
from ..core.text import clean, clean_block
from ..engine.person import who_is
from ..engine.recorder import Recorded, record
from ..engine.records import Happened, JournalError
from ..engine.shell_hooks import NotRecorded
from . import BAD, FINE, USAGE
from .alerts import find
from .compose import house
from .configured import configured
from .listing import say
from .options import Ended, Options, Stop
from .record import journal, state_dir

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}")


def run_recorded(options: Options) -> int:
    """Record a shell, and draft the runbook ``runbooks/NAME.md`` beside the config. Nothing that is there is ever overwritten."""
    name = options.text("record")
    path = _path(name, options)
    who, alert = _who_and_what(options)
    shell = os.environ.get("SHELL") or "/bin/sh"
    if os.environ.get("COCKPIT_RECORDING"):
        raise Stop(f"this shell is recorded already, as {clean(os.environ['COCKPIT_RECORDING'])}: `exit` ends that first")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Stop("a shell can only be recorded at a terminal", USAGE)
    about = f" for {alert.name} {alert.where}".rstrip() if alert is not None else ""
    say(f"Recording {name}{about}: what you type into this {clean(os.path.basename(shell))} becomes {path}.")
    say("Passwords that programs ask for are not seen, nor is a line that begins with a space. `exit` ends it.")
    sys.stdout.flush()
    try:
        recorded = record(shell, state_dir(os.environ), name)
    except NotRecorded as error:
        raise Stop(f"nothing was recorded: {clean(str(error))}", USAGE) from None
    except OSError as error:
        raise Stop(f"nothing was recorded: {clean(shell)}: {error.strerror}") from None
    status = _drafted(name, path, who, alert, recorded)
    if recorded.signal:
        raise Ended(recorded.signal)
    return status


def _path(name: str, options: Options) -> Path:
    if not _NAME.fullmatch(name):
        raise Stop(f"{name!r} cannot be a runbook's name here: use letters, digits, ., _ and -", USAGE)
    path = config_path(Path(options.config) if options.config else None, os.environ).parent / BESIDE / f"{name}.md"
    if os.path.lexists(path):
        raise Stop(f"{path} is there already, and is never overwritten: record under another name", USAGE)
    return path


def _who_and_what(options: Options) -> tuple[str, Alert | None]:
    """Who sits here, and the alert it is for. Ends the command where nothing may be written."""
    config = configured(options)
    if config.read_only:
        raise Stop("read-only is on: what is typed into a shell may change anything, so none is opened")
    if options.text("name") or options.words("values"):
        raise Stop("--record takes no runbook and no values: it makes one", USAGE)
    if options.text("record") in config.runbooks:
        raise Stop(f"there is a runbook {options.text('record')} already: record under another name", USAGE)
    if not options.text("alert"):
        return who_is(config), None
    with house(options) as home:
        view = home.view()
        row = view.alert(find(home, view, options.text("alert")))
        return who_is(config), row.alert if row is not None else None


def _drafted(name: str, path: Path, who: str, alert: Alert | None, recorded: Recorded) -> int:
    if not recorded.commands:
        say("Nothing was typed: no runbook was drafted.")
        return BAD
    _journalled(name, who, alert, recorded)
    text = draft(
        Recording(name=name, who=who, shell=recorded.language, commands=recorded.commands, alert=alert, aliases=recorded.aliases)
    )
    try:
        written = _write(path, text)
    except WriteError as error:
        say(text)
        raise Stop(f"the draft above could not be kept: {error}") from None
    say()
    say(clean_block(text))
    book, problems = read_book(name, str(written), text)
    for problem in problems:
        say(f"cannot be run as it is: {problem}")
    steps = len(book.runbook.steps) if book.runbook is not None else 0
    many = f"{steps} step{'s' * (steps != 1)} of {len(recorded.commands)} command{'s' * (len(recorded.commands) != 1)}"
    for_it = "" if alert is None else f" --alert {shlex.quote(clean(str(alert.ref)))}"
    say(f"Written: {written} ({many}). Look it over; then: cockpit run {written.stem}{for_it} --dry-run")
    return FINE if not problems else BAD


def _write(path: Path, text: str) -> Path:
    """Where it was written: somebody may have taken the name meanwhile."""
    for number in range(1, 100):
        place = path if number == 1 else path.with_name(f"{path.stem}-{number}.md")
        if not os.path.lexists(place):
            write_new(place, text)
            return place
    raise WriteError(f"there are a hundred of {path}")


def _journalled(name: str, who: str, alert: Alert | None, recorded: Recorded) -> None:
    """What was typed, for the ledger of what is done by hand."""
    about: dict[str, object] = {"alert": str(alert.ref), "drill": rehearses(alert)} if alert is not None else {}
    entries = [
        Happened(
            at=each.at, kind="hand.command", who=who, subject=name,
            data={"command": clean(each.command, 500), "seconds": round(each.seconds, 3), "status": each.status, **about},
        )
        for each in recorded.commands
    ]  # fmt: skip
    with journal() as kept:
        try:
            kept.record_many(entries)
        except JournalError as error:
            say(f"Not journalled: {error}")
