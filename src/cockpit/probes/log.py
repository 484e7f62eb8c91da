"""``log``: how often a pattern comes in a file that grows and is rotated."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from typing import ClassVar

import msgspec

from ..core.text import clean
from ..core.traps import TrapState
from ..core.units import Seconds, say_bytes, say_seconds
from ..provider import Host, ProbeError, Reading
from .following import MOST_AT_ONCE, Follower
from .matching import Matcher, check_pattern


class LogConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``pattern`` and ``ignore`` are regular expressions, looked for anywhere in a line (its first 64 KiB).

    ``window`` is what ``per_minute`` and ``in_window`` look back over. ``within`` bounds the matching of one look.
    With ``missing_ok`` no file counts as an empty one. ``quote`` shows the last line that matched.
    """

    path: str
    pattern: str
    ignore: str = ""
    window: Seconds = Seconds(300.0)
    within: Seconds = Seconds(5.0)
    missing_ok: bool = False
    quote: bool = True

    def __post_init__(self) -> None:
        if not self.path.startswith("/"):
            raise ValueError(f"path must be absolute, like /var/log/syslog, not {self.path!r}")
        if not self.pattern:
            raise ValueError("pattern must not be empty")
        if self.window <= 0:
            raise ValueError("window must be longer than nothing")
        check_pattern("pattern", self.pattern)
        check_pattern("ignore", self.ignore)


class Log:
    """Judges nothing by itself: the bounds do. The first look begins at the end of the file, and is blind for that; each later one
    reads what was added, in whatever process (where it stood and what it counted lies in the reading's ``memory``).

    Cannot see: no file (unless ``missing_ok``), no right to read it, or a pattern that takes too long on what was written.
    A file that grew by more than 16 MiB since the last look is read from 16 MiB before its end, and the text says so.
    """

    Config: ClassVar[type[msgspec.Struct]] = LogConfig
    judges: ClassVar[bool] = False
    readings: ClassVar[Mapping[str, str]] = {
        "matches": "lines that matched since the last look",
        "lines": "lines written since the last look",
        "in_window": "lines that matched within the window",
        "per_minute": "lines that matched a minute, over the window (or as much of it as was watched, a minute at least)",
        "skipped_bytes": "bytes that were too many to read",
    }

    def __init__(self, config: LogConfig, host: Host) -> None:
        self._config = config
        self._clock = host.clock
        self._follower = Follower(config.path)
        self._matcher = Matcher(config.pattern, config.ignore)
        self._seen: deque[tuple[float, int]] = deque()
        self._since: float | None = None
        self._last = ""
        self._looked: float | None = None
        self._given: Mapping[str, str | float] = {}
        self._busy = threading.Lock()

    @property
    def subject(self) -> str:
        """The file's path."""
        return self._config.path

    def recall(self, memory: Mapping[str, str | float]) -> None:
        """Go on from a look of another process. What is of another file or cannot be read is passed over: it begins anew."""
        if not memory or memory == self._given or memory.get("path") != self._config.path:
            return
        mono = self._clock.mono()
        ahead = mono - self._clock.now().timestamp()

        def moment(epoch: object) -> float:
            return min(float(str(epoch)) + ahead, mono)

        try:
            parts = [part.split(":") for part in str(memory["seen"]).split()]
            seen = deque((moment(at), int(count)) for at, count in parts)
            since, looked = moment(memory["since"]), moment(memory["looked"])
            self._follower.go_on(memory)
        except (KeyError, ValueError):  # written by another version of this probe
            return
        self._seen, self._since, self._looked = seen, since, looked
        self._last, self._given = str(memory.get("last", "")), memory

    def _memory(self) -> dict[str, str | float]:
        """What `recall` takes, moments as seconds since the epoch. The window is kept in a hundred parts at most."""
        behind = self._clock.now().timestamp() - self._clock.mono()
        parts: dict[int, tuple[float, int]] = {}
        for at, count in self._seen:
            part = int(at / self._config.window * 100)
            parts[part] = (at + behind, count + parts.get(part, (0.0, 0))[1])
        return {
            "path": self._config.path,
            **self._follower.place(),
            "seen": " ".join(f"{at:.1f}:{count}" for at, count in parts.values()),
            "since": (self._since or 0.0) + behind,
            "looked": (self._looked or 0.0) + behind,
            "last": clean(self._last[:1000], 1000) if self._config.quote else "",
        }

    def look(self) -> Reading:
        """Read and match what was added."""
        if not self._busy.acquire(blocking=False):
            raise ProbeError("the last look at this log has not ended yet")
        try:
            return self._look()
        finally:
            self._busy.release()

    def _look(self) -> Reading:
        lines = matches = 0
        now, began = self._clock.mono(), self._follower.began
        gap = now - (now if self._looked is None else self._looked)
        try:
            for batch in self._follower.added():
                picked = self._matcher.pick(batch, self._config.within)
                lines += len(batch)
                matches += len(picked)
                if picked:
                    self._last = batch[picked[-1]]
        except FileNotFoundError as error:
            if not self._config.missing_ok:
                raise ProbeError(f"there is no {clean(self._config.path, 200)}") from error
        except OSError as error:
            raise ProbeError(f"cannot read {clean(self._config.path, 200)}: {error.strerror}") from error
        finally:
            self._note(now, matches)
        reading = self._reading(now, lines, matches, gap)
        self._given = reading.memory
        if began or not self._follower.open:
            return reading
        begun = f"has only begun to watch {clean(self._config.path, 200)}: the next look can tell"
        return msgspec.structs.replace(reading, text=begun, verdict=TrapState.BLIND)

    def _note(self, now: float, matches: int) -> None:
        self._looked, self._since = now, now if self._since is None else self._since
        if matches:
            self._seen.append((now, matches))
        while self._seen and self._seen[0][0] < now - self._config.window:
            self._seen.popleft()

    def _reading(self, now: float, lines: int, matches: int, gap: float) -> Reading:
        config, skipped = self._config, self._follower.skipped
        watched = min(config.window, max(60.0, now - (now if self._since is None else self._since)))
        watched = max(watched, gap)  # looked at less often than the window is long: what came, came since then
        total = sum(count for _, count in self._seen)
        values = {
            "matches": float(matches),
            "lines": float(lines),
            "in_window": float(total),
            "per_minute": total / (watched / 60),
            "skipped_bytes": float(skipped),
        }
        text = f"{total or 'no'} match{'es' if total != 1 else ''} in {say_seconds(watched)}"
        if skipped:
            text += f", {say_bytes(skipped)} passed over (more than {say_bytes(MOST_AT_ONCE)} at once)"
        if total and config.quote and self._last:
            text += f": “{clean(self._last.strip()[:1000], 200)}”"
        return Reading(values, text, memory=self._memory())
