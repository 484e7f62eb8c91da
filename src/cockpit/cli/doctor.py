"""``cockpit doctor``: everything the cockpit stands on, looked at once, with what to do where it is not well."""

from __future__ import annotations

import ctypes
import locale
import os
import stat
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from ..config.files import config_files
from ..config.model import Config, ConfigError
from ..core.alerts import Ref
from ..core.traps import TrapState
from ..engine.in_step import PAUSED, WAIT
from ..engine.journal import Journal
from . import BAD, FINE
from .compose import House, house
from .configured import read_config
from .listing import as_json, table
from .options import Options
from .record import journal, state_dir


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at: well or not, and the detail with what to do."""

    check: str
    ok: bool
    detail: str


def doctor(options: Options) -> int:
    """Look at everything; exit status 1 if something is not well."""
    findings = [*_config(options), *_terminal()]
    if findings[0].ok:
        with house(options, aloud=False) as home:
            findings += [*_state(home.journal), *_secrets(home.config), *_sources(home), *_channels(home), *_traps(home)]
            findings += _outside(home.config)
            findings += _books(home.config)
    else:
        with journal(aloud=False) as kept:
            findings += _state(kept)
    findings += _clock()
    if options.json:
        as_json([msgspec.to_builtins(each) for each in findings])
    else:
        rows = [("ok" if each.ok else "NOT OK", each.check, each.detail) for each in findings]
        table(("", "Check", "Detail"), rows, ["" if each.ok else "bad" for each in findings], options.color)
    return FINE if all(each.ok for each in findings) else BAD


def _config(options: Options) -> Iterator[Finding]:
    try:
        read_config(options)
    except ConfigError as error:
        count = len(error.problems)
        more = f"{count} problems, `cockpit check` lists them; the first: " if count > 1 else ""
        yield Finding("config", False, f"{more}{error.problems[0]}")
        return
    files = config_files(Path(options.config) if options.config else None, os.environ)
    yield Finding(
        "config", True, ", ".join(map(str, files)) or "none: this machine is watched by what `cockpit init` would propose"
    )
    for file in files:
        mode = file.stat().st_mode
        if mode & stat.S_IWOTH:
            yield Finding(
                f"permissions of {file.name}", False, f"everyone can write it, and so run things as you: chmod o-w {file}"
            )


def _books(config: Config) -> Iterator[Finding]:
    """The Markdown runbooks, each directory by itself."""
    if not config.repositories:
        return
    from .books import shelf  # deferred: most configs have none

    for name, repository in config.repositories.items():
        found = shelf(msgspec.structs.replace(config, repositories={name: repository}))
        if found.problems:
            many = f"; and {len(found.problems) - 1} more: `cockpit check` lists them" if len(found.problems) > 1 else ""
            yield Finding(f"repository {name}", False, f"{found.problems[0]}{many}")
            continue
        runs = sum(book.runbook is not None for book in found.books.values())
        said = f"{len(found.books)} runbooks in {repository.path}, {runs} of them can be offered"
        yield Finding(f"repository {name}", True, said)


def _terminal() -> Iterator[Finding]:
    from ..ui.life import terminal_problem

    problem = terminal_problem(sys.stdin, sys.stdout, os.environ)
    term, colour = os.environ.get("TERM", ""), os.environ.get("COLORTERM", "")
    encoding = locale.getencoding()
    ascii_only = (
        "" if encoding.lower().replace("-", "") == "utf8" else f"; the locale's encoding is {encoding}: ASCII glyphs are drawn"
    )
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        yield Finding("terminal", True, "not looked at (no terminal here)")
        return
    yield Finding("terminal", problem is None, problem or f"TERM={term}{' COLORTERM=' + colour if colour else ''}{ascii_only}")


def _state(kept: Journal) -> Iterator[Finding]:
    where = state_dir(os.environ)
    problem = kept.problem
    yield Finding("journal", not problem, problem or f"{where / 'journal.sqlite'} is written")
    for remark in kept.remarks:
        yield Finding("journal", False, remark)
    lease = kept.lease()
    yield Finding(
        "keeper", True, f"process {lease.pid} looks at the traps" if lease else "nobody looks at the traps now but this command"
    )
    last = next(iter(kept.entries(kind="retention.", limit=1)), None)
    if lease is not None and last is not None and last.kind == PAUSED and last.data.get("pid") == lease.pid:
        yield Finding("retention", False, _paused(last.at))


def _paused(at: datetime) -> str:
    return (
        f"old readings and events are not dropped: at {at:%Y-%m-%d %H:%M} UTC the clock had jumped, or nothing had been written"
        " for a day, and nobody could tell how old they are; set the clock right if it is wrong. They are again"
        f" once it has been in step for {WAIT / 3600:.0f} h, and nothing is lost until then"
    )


def _secrets(config: Config) -> Iterator[Finding]:
    from ..config.secrets import SecretError, available, resolve, shown
    from ..config.secrets import references as referred

    references = sorted(
        {
            value
            for raw in (
                *(source.settings for source in config.sources.values()),
                *(channel.settings for channel in config.channels.values()),
                *(trap.params for trap in config.traps.values()),
                config.watch.beat,
            )
            for value in referred(raw)
        }
    )
    for reference in references:
        try:
            resolve(reference)
        except SecretError as error:
            yield Finding(f"secret {shown(reference)}", False, str(error))
        else:
            yield Finding(f"secret {shown(reference)}", True, "can be had")
    reason = available()
    if reason is not None:
        needed = any(reference.startswith("keyring:") for reference in references)
        yield Finding("keyring", not needed, reason + ("" if needed else " (nothing in the config needs it)"))


def _sources(home: House) -> Iterator[Finding]:
    for health in home.view().sources:
        latency = f" in {health.latency.total_seconds() * 1000:.0f} ms" if health.latency is not None else ""
        detail = health.reason or f"{health.health.value}{latency}"
        yield Finding(
            f"source {health.source}",
            health.health.sees,
            detail + (f"; {health.rejected} records rejected" if health.rejected else ""),
        )


def _channels(home: House) -> Iterator[Finding]:
    from .unready import unready  # deferred: it brings the channels' code

    cannot = dict(unready(home.config))
    for name, health in home.journal.channels(home.config.channels).items():
        if name in cannot:
            yield Finding(f"channel {name}", False, cannot[name])
            continue
        works = health.failing_since is None
        never = f"never used: cockpit page --test {name}" if health.last_sent_at is None else "it worked when it was last used"
        yield Finding(
            f"channel {name}", works, never if works else f"fails since {health.failing_since:%Y-%m-%d %H:%M} UTC: {health.why}"
        )
    if home.config.escalations and not home.config.channels:
        yield Finding("escalations", False, "there are escalations and no channel: nobody can be told")


def _outside(config: Config) -> Iterator[Finding]:
    from ..core.outside import judged  # deferred: most have no such beat
    from ..engine.outside import beaten

    kept, now = beaten(state_dir(os.environ)), datetime.now(UTC)
    found = judged(kept, bool(config.watch.beat), now)
    if found is None:
        return
    last = f"the watch last beat outside at {found.at:%Y-%m-%d %H:%M:%S} UTC" if found.at is not None else "no beat has been taken"
    failing = f"; the last one was not taken: {kept.why}" if kept is not None and kept.fails else ""
    yield Finding("beat", not (found.late or failing), found.late or f"{last}{failing}")


def _traps(home: House) -> Iterator[Finding]:
    found = home.view().traps
    blind = [each for each in found if each.state is TrapState.BLIND]
    yield Finding("traps", not blind, f"{len(found)} trap{'s' * (len(found) != 1)}, {len(blind)} blind")
    for each in blind:
        yield Finding(f"trap {Ref(each.source, each.trap.name)}", False, each.says)


_TIME_ERROR = 5
"""adjtimex(2): the clock is not synchronized."""


def _clock() -> Iterator[Finding]:
    """Whether the kernel believes that the clock is kept in step (adjtimex(2)); elsewhere nothing can be said."""
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    # struct timex is 208 bytes on 64-bit Linux; zeroed, modes = 0 only reads
    state = libc.adjtimex(ctypes.create_string_buffer(512))
    if state < 0:
        yield Finding("clock", False, f"the kernel does not say whether it is in step: {os.strerror(ctypes.get_errno())}")
    elif state == _TIME_ERROR:
        yield Finding(
            "clock",
            False,
            "not kept in step by NTP: ages of alerts from elsewhere may be wrong (chrony or systemd-timesyncd mend it)",
        )
    else:
        yield Finding("clock", True, "kept in step")
