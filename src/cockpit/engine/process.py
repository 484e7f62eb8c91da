"""One program of a runbook: started apart from the terminal, and ended with everything that came of it.

It gets a session of its own, so there is no controlling terminal to ask for a password on, and nothing on its standard input
(but for one that we talk to). On cancel and at a deadline the whole kin is ended: its session, its process group, its descendants,
and whatever still carries the run's mark in its environment. When it ends by itself, what it left behind is left alone: starting a
daemon is what some runbooks are for.

If the cockpit itself is killed, the program goes on: ending a repair half-way is worse than not knowing how it ended, and the
journal then says "outcome unknown". What it prints from then on is read by its `listener`.

What drops the mark, leaves the session and loses its parent before we look cannot be found.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    import psutil

V = TypeVar("V")

MARK = "COCKPIT_RUN_ID"
"""The environment variable by which a run's processes are known."""
LEFT = bytes(4)
"""What is said to the listener where the program goes on by our own wish: a secret of no length."""
LISTENER = Path(__file__).with_name("listener.py")
CHUNK = 16384
_PAUSE = 0.002  # seconds after a full chunk: what prints without end is slowed down, and the engine is not
_LOOK = 0.05  # seconds between looks at what is left
_KILLED = 5.0  # seconds in which the kernel has to take away what was killed


class Heir(NamedTuple):
    """What a program's listener needs once we are gone: the descriptor of the file for what it prints, -1 for none; and the secrets
    that may not stand there."""

    file: int = -1
    hidden: tuple[bytes, ...] = ()


NO_HEIR = Heir()


class Child:
    """A program that has been started; make it with `started`. Belongs to the loop it was started in. ``heir`` is for what it
    prints once we are gone. ``talks``: its standard input is what we `write`."""

    def __init__(self, run_id: str, heir: Heir, *, talks: bool = False) -> None:
        self._run_id, self._heir = run_id, heir
        self._out, self._write_end = os.pipe()
        self._in, self._its_in = -1, subprocess.DEVNULL
        if talks:
            self._its_in, self._in = os.pipe()
            os.set_blocking(self._in, False)
        self._listener: subprocess.Popen[bytes] | None = None
        self._life = -1
        os.set_blocking(self._out, False)
        self._loop = asyncio.get_running_loop()
        self._begun: asyncio.Future[int] = self._loop.create_future()
        self.ended: asyncio.Future[int] = self._loop.create_future()
        """Its exit status, as `subprocess` counts: negative for a signal."""
        self.left_over: tuple[str, ...] = ()
        """What could not be ended, for the person: another user's process, most likely."""

    async def start(self, argv: Sequence[str], env: Mapping[str, str], cwd: str) -> None:
        """Raises ``OSError`` and ``ValueError`` as `subprocess.Popen` does."""
        work = threading.Thread(
            target=self._carry, args=(tuple(argv), dict(env), cwd or None), name=f"run {self._run_id}", daemon=True
        )
        work.start()
        await asyncio.shield(self._begun)

    def _carry(self, argv: tuple[str, ...], env: dict[str, str], cwd: str | None) -> None:
        """In a thread of its own: exec may hang on a dead file system, and waiting must not depend on the loop."""
        try:
            self._have_listener()
            process = subprocess.Popen(
                [_argument(item) for item in argv],
                stdin=self._its_in,
                stdout=self._write_end,
                stderr=self._write_end,
                env={**env, MARK: self._run_id},
                cwd=cwd,
                start_new_session=True,
            )
        except Exception as error:  # noqa: BLE001  # whatever it is, somebody waits for the answer
            known = isinstance(error, (OSError, ValueError))
            self._tell(self._begun.set_exception, error if known else ValueError(f"{type(error).__name__}: {error}"))
            return
        finally:
            os.close(self._write_end)
            if self._its_in >= 0:
                os.close(self._its_in)
        self._tell(self._begun.set_result, process.pid)
        self._tell(self.ended.set_result, process.wait())

    def _have_listener(self) -> None:
        """Before the program, so that there is no moment without. Where it cannot be had (no memory, no descriptors) the program,
        which may be the cure, is started all the same."""
        try:
            life, self._life = os.pipe()
        except OSError:
            return
        handles = [handle for handle in (self._out, life, self._heir.file) if handle >= 0]
        try:
            self._listener = subprocess.Popen(
                [sys.executable, "-I", "-S", str(LISTENER), str(self._out), str(life), str(self._heir.file)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={},  # without the mark: it is no part of the run
                cwd="/",
                pass_fds=handles,
                start_new_session=True,
            )
            # by the pipe, and not as arguments: those can be read by everybody
            self._say_to_listener(self._heir.hidden)
        except (OSError, ValueError):
            self._no_listener()
        finally:
            os.close(life)

    def hide(self, secrets: Collection[bytes]) -> None:
        """Tell the listener, where there is one, what may not be seen in all."""
        with contextlib.suppress(OSError):  # it has been ended: nothing will be kept
            self._say_to_listener([secret for secret in secrets if secret not in self._heir.hidden])

    def _say_to_listener(self, secrets: Collection[bytes]) -> None:
        for secret in secrets if self._life >= 0 else ():
            _all_written(self._life, len(secret).to_bytes(4, "big") + secret)

    def _no_listener(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.kill()
            threading.Thread(target=listener.wait, name=f"run {self._run_id}, listener", daemon=True).start()
        if self._life >= 0:
            os.close(self._life)
            self._life = -1

    def _tell(self, settle: Callable[[V], object], value: V) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            self._loop.call_soon_threadsafe(settle, value)

    async def read(self) -> bytes:
        """What it printed next, at most `CHUNK` bytes; empty at the end."""
        while True:
            try:
                data = os.read(self._out, CHUNK)
            except BlockingIOError:
                await self._when(self._loop.add_reader, self._loop.remove_reader, self._out)
                continue
            if len(data) == CHUNK:
                await asyncio.sleep(_PAUSE)
            return data

    async def _when(self, add: Callable[[int, Callable[[], None]], None], remove: Callable[[int], object], handle: int) -> None:
        """Wait until it can be read from, or written to."""
        ready = asyncio.Event()
        add(handle, ready.set)
        try:
            await ready.wait()
        finally:
            remove(handle)

    async def write(self, data: bytes) -> None:
        """Say something to one that ``talks``. What it does not hear any more is lost without a word: its end tells."""
        while data and self._in >= 0:
            try:
                data = data[os.write(self._in, data) :]
            except BlockingIOError:
                await self._when(self._loop.add_writer, self._loop.remove_writer, self._in)
            except OSError:
                return

    def hush(self) -> None:
        """Say nothing more: its standard input ends."""
        if self._in >= 0:
            os.close(self._in)
            self._in = -1

    def close(self) -> None:
        """Stop listening. What it left behind finds its output closed."""
        self.hush()
        self._no_listener()
        with contextlib.suppress(OSError):
            os.close(self._out)

    def hang_up(self) -> None:
        """TERM to the program alone, and to nothing that came of it."""
        if not self.ended.done():
            with contextlib.suppress(ProcessLookupError):  # it has ended, and its thread is about to say so
                os.kill(self._begun.result(), signal.SIGTERM)

    def leave(self) -> None:
        """Listen no more, and leave that to the `listener`: the program goes on."""
        if self._life >= 0:
            with contextlib.suppress(OSError):
                os.write(self._life, LEFT)
            os.close(self._life)
            self._life = -1
        if self._listener is not None:
            threading.Thread(target=self._listener.wait, name=f"run {self._run_id}, listener", daemon=True).start()
        with contextlib.suppress(OSError):
            os.close(self._out)

    async def end(self, grace: float) -> None:
        """TERM to all of its kin, ``grace`` seconds, then KILL until none is left. Never raises."""
        kin = Kin(self._begun.result(), self._run_id)
        for number, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, _KILLED)):
            until = self._loop.time() + patience
            signalled: frozenset[int] = frozenset()
            while True:
                living = await asyncio.to_thread(kin.living)
                # what is forked meanwhile is new; KILL is said again and again, TERM once to each
                signalled |= kin.signal(living, number, but=frozenset() if number is signal.SIGKILL else signalled)
                if not living or self._loop.time() >= until:
                    break
                await asyncio.sleep(_LOOK)
            if not living:
                return
        self.left_over = tuple(f"process {one.pid}" for one in living)


class Kin:
    """All processes that came of one program, found anew at each look."""

    def __init__(self, leader: int, run_id: str) -> None:
        self._leader = leader
        self._run_id = run_id
        self._known: dict[int, psutil.Process] = {}

    def living(self) -> tuple[psutil.Process, ...]:
        """Those that run now. Reads the process table: tens of milliseconds on a large machine."""
        import psutil  # deferred: needed only when something has to be ended

        parents: dict[int, list[psutil.Process]] = {}
        found = {pid: one for pid, one in self._known.items() if one.is_running()}
        for one in psutil.process_iter():
            try:
                parents.setdefault(one.ppid(), []).append(one)
                if one.pid != os.getpid() and self._is_ours(one):
                    found[one.pid] = one
            except (psutil.Error, OSError):
                continue  # it has ended, or is another user's
        waiting = list(found)
        while waiting:
            for child in parents.get(waiting.pop(), ()):
                if child.pid not in found:
                    found[child.pid] = child
                    waiting.append(child.pid)
        self._known = found
        return tuple(one for one in found.values() if _runs(one))

    def _is_ours(self, one: psutil.Process) -> bool:
        import psutil

        if one.pid == self._leader or os.getsid(one.pid) == self._leader:
            return True
        try:
            return one.environ().get(MARK) == self._run_id
        except psutil.Error:
            return False

    def signal(self, kin: Sequence[psutil.Process], number: signal.Signals, *, but: frozenset[int]) -> frozenset[int]:
        """Send each a signal, except those numbered in ``but``; gives back whom it was sent to."""
        import psutil

        sent = set()
        for one in kin:
            if one.pid in but:
                continue
            sent.add(one.pid)
            with contextlib.suppress(psutil.Error):  # it has ended (psutil knows reused numbers), or is another user's
                one.send_signal(number)
        return frozenset(sent)


def orphan(run_id: str) -> int | None:
    """The process, still running, of a run whose cockpit is gone; ``None`` if it has ended. What it left behind in a
    session whose leader has ended is not it: a daemon that a runbook started may live for years. One that leads its own session
    cannot be told from the program."""
    import psutil

    for one in psutil.process_iter():
        try:
            if one.environ().get(MARK) == run_id and os.getsid(one.pid) == one.pid and _runs(one):
                return one.pid
        except (psutil.Error, OSError):
            continue  # it has ended, or is another user's
    return None


def _runs(one: psutil.Process) -> bool:
    import psutil

    try:
        return one.is_running() and one.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.Error:
        return False


def _all_written(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]


def _argument(item: str) -> bytes:
    """As this system writes it; where its locale has no such character, as UTF-8, which is what files are called anyway."""
    try:
        return os.fsencode(item)
    except UnicodeEncodeError:
        return item.encode("utf-8", "surrogateescape")


async def started(
    run_id: str, argv: Sequence[str], env: Mapping[str, str], cwd: str, heir: Heir = NO_HEIR, *, talks: bool = False
) -> Child:
    """Start a program; ``heir`` and ``talks`` as in `Child`. Raises ``OSError`` and ``ValueError`` as `subprocess.Popen` does."""
    child = Child(run_id, heir, talks=talks)
    try:
        await child.start(argv, env, cwd)
    except BaseException:  # cancelled, too: its pipes are not left open
        child.close()
        raise
    return child
