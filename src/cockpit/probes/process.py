"""``process``: is it there, how many, how much memory and processor do they take?"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import msgspec

from ..core.text import clean
from ..core.traps import TrapState
from ..core.units import Bound, Seconds, bound, say_bytes, say_seconds
from ..provider import Host, ProbeError, Reading
from .matching import Matcher, check_pattern

if TYPE_CHECKING:
    import psutil

_SAMPLE = 0.2  # seconds between the two readings of processor time at the first look


class ProcessConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of ``name`` (the program's, exactly), ``pattern`` (a regular expression, anywhere in the command line) and ``pidfile``;
    ``user`` narrows it. ``want`` is how many there should be: ``>=1``, ``==0``, ``<=20``. ``within`` bounds the matching."""

    name: str = ""
    pattern: str = ""
    pidfile: str = ""
    user: str = ""
    want: str = ">=1"
    within: Seconds = Seconds(5.0)

    def __post_init__(self) -> None:
        if sum(map(bool, (self.name, self.pattern, self.pidfile))) != 1:
            raise ValueError("give one of name, pattern and pidfile")
        check_pattern("pattern", self.pattern)
        wanted(self.want)


def wanted(text: str) -> Bound:
    """``>=1`` as a bound on ``count``. Raises `ValueError`."""
    try:
        return bound(f"count {text}")
    except ValueError:
        raise ValueError(f"want must be a comparison and a number, like >=1 or ==0, not {text!r}") from None


class Process:
    """Seen to be wrong: not as many as ``want``. Cannot see: this user may not see the processes of others (``hidepid``, or another
    system's rules) and found none, or the pid file may not be read. Zombies do not count."""

    Config: ClassVar[type[msgspec.Struct]] = ProcessConfig
    readings: ClassVar[Mapping[str, str]] = {
        "count": "how many there are",
        "memory_bytes": "bytes of memory they hold together (resident; what they share counts for each)",
        "cpu_percent": "percent of one processor they take together, since the last look (over 0.2 s at the first)",
        "age_seconds": "seconds since the youngest began: small again after each crash (none without a process)",
    }

    def __init__(self, config: ProcessConfig, host: Host) -> None:
        self._config = config
        self._clock = host.clock
        self._want = wanted(config.want)
        self._matcher = Matcher(config.pattern) if config.pattern else None
        self._used: dict[tuple[int, float], float] = {}
        self._used_at: float | None = None

    @property
    def subject(self) -> str:
        """The name, pattern or pid file."""
        return self._config.name or self._config.pattern or self._config.pidfile

    def look(self) -> Reading:
        """Go through the processes once."""
        global psutil  # deferred: whoever only reads the config does not look
        import psutil

        found = self._found()
        share = self._share(found)
        now = self._clock.now().timestamp()
        memory, count, youngest = 0, 0, None
        for each in found:
            try:
                began = each.create_time()
                with contextlib.suppress(psutil.AccessDenied):  # it is there, though it does not tell its memory
                    memory += each.memory_info().rss
            except psutil.NoSuchProcess:
                continue
            count += 1
            youngest = began if youngest is None else max(youngest, began)
        values = {"count": float(count), "memory_bytes": float(memory), "cpu_percent": share}
        text = f"{count} process{'es' if count != 1 else ''}"
        if youngest is not None:
            values["age_seconds"] = max(0.0, now - youngest)
            text += f", {say_bytes(memory)}, {share:.0f} % of a processor, youngest {say_seconds(values['age_seconds'])} old"
        if self._want.holds(count):
            return Reading(values, text)
        return Reading(values, f"{text}: not {self._config.want}", TrapState.TRIPPED)

    def _found(self) -> list[psutil.Process]:
        if self._config.pidfile:
            return self._of_pidfile()
        hidden = 0
        candidates: list[tuple[psutil.Process, str]] = []
        for each in psutil.process_iter():
            if each.pid == os.getpid():
                continue
            try:
                if not self._counts(each):
                    continue
                if self._matcher is None:
                    if each.name() == self._config.name:
                        candidates.append((each, ""))
                else:
                    candidates.append((each, " ".join(each.cmdline())))
            except psutil.AccessDenied:
                hidden += 1
            except psutil.NoSuchProcess:
                continue
        found = [each for each, _ in candidates]
        if self._matcher is not None:
            found = [found[at] for at in self._matcher.pick([line for _, line in candidates], self._config.within)]
        if not found and (hidden or _others_hidden()):
            raise ProbeError("none seen, but this user may not see every process (hidepid?): it may be there")
        return found

    def _counts(self, each: psutil.Process) -> bool:
        if each.status() == psutil.STATUS_ZOMBIE:
            return False
        return not self._config.user or each.username() == self._config.user

    def _of_pidfile(self) -> list[psutil.Process]:
        shown = clean(self._config.pidfile, 200)
        try:
            with open(self._config.pidfile, encoding="ascii", errors="replace") as opened:
                words = opened.read(100).split()
            each = psutil.Process(int(words[0]))
            return [each] if self._counts(each) else []
        except (FileNotFoundError, psutil.NoSuchProcess):
            if _others_hidden():
                raise ProbeError("this user may not see every process (hidepid): it may be there") from None
            return []
        except OSError as error:
            raise ProbeError(f"cannot read {shown}: {error.strerror}") from error
        except (ValueError, IndexError, OverflowError) as error:
            raise ProbeError(f"{shown} holds no process id") from error
        except psutil.AccessDenied as error:
            raise ProbeError(f"this user may not look at the process of {shown}") from error

    def _share(self, found: list[psutil.Process]) -> float:
        """Processor time taken since the last look, in percent of one processor. Real time: it is the kernel that counts."""
        if self._used_at is None and found:
            self._used, self._used_at = _times(found), time.monotonic()
            time.sleep(_SAMPLE)
        now, times = time.monotonic(), _times(found)
        passed = now - self._used_at if self._used_at is not None else 0.0
        took = sum(used - self._used.get(who, 0.0 if self._used else used) for who, used in times.items())
        self._used, self._used_at = times, now
        return max(0.0, 100 * took / passed) if passed > 0 else 0.0


def _times(found: list[psutil.Process]) -> dict[tuple[int, float], float]:
    times = {}
    for each in found:
        try:
            used = each.cpu_times()
            times[each.pid, each.create_time()] = used.user + used.system
        except psutil.Error:  # gone, or hidden: it is left out of the share, not out of the count
            continue
    return times


def _others_hidden() -> bool:
    """Under ``hidepid=2`` the first process, which is always there, is not (proc(5))."""
    return sys.platform == "linux" and not os.path.exists("/proc/1")
