"""A program on a real pseudo-terminal: spawn it, press keys, read the screen as a person would, count what it costs.

::

    with Pty(["cockpit", "--config", str(path)], columns=120, lines=40, env={"HOME": str(tmp)}) as t:
        t.wait_for("root-disk")          # raises TimeoutError with the screen in its message
        t.send("j")                      # or t.send(DOWN)
        t.wait_gone("root-disk")
        assert t.cell(0, 2).bold
        t.send("q")
        assert t.wait_exit() == 0

The harness is the terminal: it answers queries as xterm does, and reads only inside its own methods, so a test that calls none of
them is a terminal that has stopped reading.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import struct
import subprocess
import termios
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

from .terminal import Cell, Terminal

__all__ = [
    "CTRL_C",
    "DOWN",
    "END",
    "ENTER",
    "ESC",
    "HOME",
    "LEFT",
    "PAGE_DOWN",
    "PAGE_UP",
    "RIGHT",
    "SHIFT_TAB",
    "TAB",
    "UP",
    "Cell",
    "Pty",
]

UP, DOWN, RIGHT, LEFT = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"
HOME, END, PAGE_UP, PAGE_DOWN = "\x1b[H", "\x1b[F", "\x1b[5~", "\x1b[6~"
ENTER, ESC, TAB, SHIFT_TAB, CTRL_C = "\r", "\x1b", "\t", "\x1b[Z", "\x03"

_DROPPED = ("COLUMNS", "LINES", "NO_COLOR", "COLORTERM", "TMUX", "STY", "TERM_PROGRAM", "LC_ALL", "PYTHONDONTWRITEBYTECODE")


class Pty(Terminal):
    """A process whose terminal is this object.

    ``env`` is laid over the surroundings of the test (minus what would tell of *their* terminal); ``None`` removes a name.
    ``answers=False`` makes a terminal that answers no query, ``sync=False`` one without synchronized output (mode 2026);
    ``draws``: see `Terminal`.
    A context manager: leaving it ends the process, by its own id.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        columns: int = 120,
        lines: int = 40,
        env: Mapping[str, str | None] | None = None,
        term: str = "xterm-256color",
        truecolor: bool = True,
        answers: bool = True,
        sync: bool = True,
        draws: bool = True,
        cwd: str | os.PathLike[str] | None = None,
    ) -> None:
        super().__init__(columns, lines, sync, draws)
        self.answers = answers
        self.log: list[tuple[float, bytes]] = []
        """What the program wrote: (``time.perf_counter()`` seconds, bytes as they came)."""
        self.bytes_out = 0
        self._master, self._slave = os.openpty()
        self._set_size()
        os.set_blocking(self._master, False)
        self.termios_before = termios.tcgetattr(self._slave)
        self.started = time.perf_counter()
        """``time.perf_counter()`` right before exec."""
        with warnings.catch_warnings():
            # Python ≥ 3.12 warns of fork in a process with threads; the child does one ioctl and execs.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.process = subprocess.Popen(
                argv,
                stdin=self._slave,
                stdout=self._slave,
                stderr=self._slave,
                cwd=cwd,
                env=_environment(env or {}, term, truecolor),
                start_new_session=True,
                preexec_fn=_own_the_terminal,
            )

    # ── the keyboard ──────────────────────────────────────────────────────────────────────────────────────────────

    def send(self, keys: str | bytes) -> None:
        """Press keys: plain characters, the names in this module (``DOWN``, ``ESC``), or any bytes a terminal could send."""
        data = keys.encode() if isinstance(keys, str) else keys
        while data:
            with contextlib.suppress(BlockingIOError):
                data = data[os.write(self._master, data) :]
                continue
            self.pump(0.05)

    def resize(self, columns: int, lines: int) -> None:
        """Make the window that large; the program gets SIGWINCH, as from a real terminal."""
        self.pump(0)
        self.columns, self.lines = columns, lines
        self._screen.resize(max(1, lines), max(1, columns))
        self._set_size()

    def signal(self, number: signal.Signals) -> None:
        """Send the process a signal."""
        self.process.send_signal(number)

    def hang_up(self) -> None:
        """The terminal is gone (ssh dropped, window closed): reads give EOF or EIO and the kernel sends SIGHUP."""
        for fd in (self._slave, self._master):
            with contextlib.suppress(OSError):
                os.close(fd)
        self._slave = self._master = -1

    # ── what came ─────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def raw(self) -> bytes:
        """Everything the program ever wrote."""
        return b"".join(data for _, data in self.log)

    @property
    def size_readable(self) -> tuple[int, int]:
        """(columns, lines) as the kernel has it."""
        lines, columns, _, _ = struct.unpack("HHHH", fcntl.ioctl(self._slave, termios.TIOCGWINSZ, b"\0" * 8))
        return columns, lines

    @property
    def termios_now(self) -> list[object]:
        """The terminal's line settings, to compare with ``termios_before``."""
        return termios.tcgetattr(self._slave)

    # ── waiting ───────────────────────────────────────────────────────────────────────────────────────────────────

    def wait_until(self, condition: Callable[[], bool], timeout: float = 15.0, what: str = "the condition") -> None:
        """Read until the condition holds; `TimeoutError` with the screen after ``timeout`` s, or once the program ended."""
        end = time.monotonic() + timeout
        while not condition():
            ended = self.process.poll() is not None
            if not self.pump(0.05) and not condition():
                if ended:
                    raise TimeoutError(f"{what} did not come: the program ended with {self.process.returncode}\n{self.picture()}")
                if time.monotonic() > end:
                    raise TimeoutError(f"{what} did not come within {timeout} s\n{self.picture()}")

    def wait_for(self, text: str, timeout: float = 15.0) -> None:
        """Read until the text is on the screen, within one line."""
        self.wait_until(lambda: self.row_of(text) >= 0, timeout, f"{text!r}")

    def wait_gone(self, text: str, timeout: float = 15.0) -> None:
        """Read until the text is on no line of the screen."""
        self.wait_until(lambda: self.row_of(text) < 0, timeout, f"the end of {text!r}")

    def wait_raw(self, part: bytes, timeout: float = 15.0) -> float:
        """Read until the program has written these bytes; gives back when (``time.perf_counter()`` seconds)."""
        self.wait_until(lambda: part in self.raw, timeout, f"{part!r}")
        seen = b""
        for at, data in self.log:
            seen = seen[-len(part) :] + data
            if part in seen:
                return at
        return self.log[-1][0]  # the part lay over more than two chunks

    def wait_quiet(self, quiet: float = 0.3, timeout: float = 30.0) -> float:
        """Read until nothing came for ``quiet`` seconds and the program waits for something, rather than for its turn on a busy
        machine; gives back when the last bytes came (``time.perf_counter()`` seconds)."""
        end = time.monotonic() + timeout
        while self.pump(quiet) or self._wants_a_core():
            if time.monotonic() > end:
                raise TimeoutError(f"the program never fell silent\n{self.picture()}")
        return self.log[-1][0] if self.log else self.started

    def _wants_a_core(self) -> bool:
        """Whether a thread of the program runs, or would if it got a core (proc(5), the state in ``/proc/PID/task/TID/stat``)."""
        for task in Path(f"/proc/{self.process.pid}/task").glob("*/stat"):
            try:
                state = task.read_text().rpartition(")")[2].split()[0]
            except (OSError, IndexError):  # it has ended meanwhile
                continue
            if state == "R":
                return True
        return False

    def wait_exit(self, timeout: float = 15.0) -> int:
        """Read until the process has ended; its exit status (negative: the signal that killed it)."""
        end = time.monotonic() + timeout
        while self.process.poll() is None:
            self.pump(0.02)
            if time.monotonic() > end:
                raise TimeoutError(f"still running after {timeout} s\n{self.picture()}")
        self.pump(0.05)
        return self.process.returncode

    def catch_up(self) -> None:
        """Read what is there now."""
        self.pump(0)

    def pump(self, timeout: float = 0.0) -> bytes:
        """Read what is there, waiting up to ``timeout`` seconds for the first byte. The terminal's other methods call this."""
        if self._master < 0:
            time.sleep(timeout)
            return b""
        got = b""
        while select.select([self._master], [], [], 0 if got else timeout)[0]:
            try:
                data = os.read(self._master, 65536)
            except OSError:  # EIO: every holder of the other side is gone
                break
            if not data:
                break
            got += data
            if len(got) > 1 << 20:
                break
        if got:
            self.log.append((time.perf_counter(), got))
            self.bytes_out += len(got)
            self.take(got)
        return got

    # ── what it costs ─────────────────────────────────────────────────────────────────────────────────────────────

    def pids(self) -> list[int]:
        """The process and everything below it."""
        waiting, found = [self.process.pid], []
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            with contextlib.suppress(OSError):
                for task in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{task}/children") as children:
                        waiting += [int(child) for child in children.read().split()]
        return found

    def cpu_seconds(self) -> float:
        """Processor time spent so far by the process and its children, in seconds (steps of 10 ms)."""
        spent = 0.0
        for pid in self.pids():
            with contextlib.suppress(OSError), open(f"/proc/{pid}/stat") as stat:
                fields = stat.read().rsplit(")", 1)[1].split()
                spent += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return spent

    def memory_mb(self) -> float:
        """Proportional memory (PSS) of the process and its children, in MB (10⁶ bytes)."""
        kilobytes = 0
        for pid in self.pids():
            with contextlib.suppress(OSError), open(f"/proc/{pid}/smaps_rollup") as rollup:
                kilobytes += sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
        return kilobytes * 1024 / 1e6

    @contextlib.contextmanager
    def counted(self, quiet: float = 0.3) -> Iterator[list[bytes]]:
        """What the program writes because of the block: one item in the list, once it has been silent for ``quiet`` s."""
        self.wait_quiet(quiet)
        start, result = len(self.log), list[bytes]()
        yield result
        self.wait_quiet(quiet)
        result.append(b"".join(data for _, data in self.log[start:]))

    # ── the end ───────────────────────────────────────────────────────────────────────────────────────────────────

    def close(self) -> None:
        """End the process (TERM, then KILL after 5 s) and give the terminal back."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.wait_exit(5)
            except TimeoutError:
                self.process.kill()
        self.process.wait()
        self.hang_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ── being a terminal ──────────────────────────────────────────────────────────────────────────────────────────

    def _set_size(self) -> None:
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", self.lines, self.columns, 0, 0))

    def answer(self, text: str) -> None:
        """Say something as the terminal does: it arrives where keys arrive."""
        if self.answers:
            with contextlib.suppress(OSError):
                os.write(self._master, text.encode())


def _own_the_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _environment(wanted: Mapping[str, str | None], term: str, truecolor: bool) -> dict[str, str]:
    surroundings: dict[str, str | None] = {name: value for name, value in os.environ.items() if name not in _DROPPED}
    surroundings |= {"TERM": term, "LANG": "C.UTF-8", "COLORTERM": "truecolor" if truecolor else None, **wanted}
    return {name: value for name, value in surroundings.items() if value is not None}
