"""From words to a command, and from what can go wrong to an exit status and one clear sentence."""

from __future__ import annotations

import errno
import gc
import io
import os
import select
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import BAD, COULD_NOT_SEE, FINE, USAGE
from .options import Ended, Options, Stop

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


_DEEDS = frozenset(
    ("ack", "unack", "silence", "note", "page", "trap", "beat", "run", "approve", "incident", "mark",
     "resolve", "snooze", "escalate", "reassign", "merge", "play", "maintenance")
)  # fmt: skip
"""Commands that do something. Their exit status says what became of that, whoever reads what they print, or stops reading."""


def run(words: Sequence[str]) -> int:
    """Parse, do, and answer for it."""
    _open_streams()
    try:
        args = _parsed(words)
    except Stop as stop:
        return _say(str(stop), stop.status)
    name = args.pop("command", None)
    options = Options(
        config=args.pop("config", None),
        json=args.pop("json", False),
        color=not args.pop("no_color", False) and _colours(),
        read_only=args.pop("read_only", False),
        theme=args.pop("theme", None),
        args=args,
    )
    do = _command(name)
    if name not in _DEEDS and not (name == "oncall" and options.flag("yes")):
        return _answered(do, options)
    with _lasting_output() as out:
        status = _answered(do, options)
    if out is not None and out.problem is not None and not isinstance(out.problem, BrokenPipeError):
        _say(f"what was done could not be told: {out.problem.strerror}", status)
    return status


def _parsed(words: Sequence[str]) -> dict[str, Any]:
    if not words:
        return {}  # the screen: it need not wait for a parser
    from .parser import parse

    return parse([_word(word) for word in words])


def _command(name: str | None) -> Callable[[Options], int]:
    """What does it. The screen sees to the collector itself, once it stands; a command's work may make garbage from here on."""
    if name is None:
        from .screen import screen

        return screen
    from .parser import COMMANDS

    command = next(each for each in COMMANDS if each.name == name)
    do: Callable[[Options], int] = getattr(import_module(f".{command.module}", __package__), command.function)
    gc.enable()
    return do


class _Lasting(io.FileIO):
    """Standard output that never fails: what cannot be written goes nowhere from then on, and ``problem`` says why."""

    problem: OSError | None = None

    def write(self, data: ReadableBuffer) -> int:
        """All that could be written of ``data``; all of it once nothing can be."""
        while self.problem is None:
            try:
                written: int | None = super().write(data)
            except OSError as error:
                self.problem = error
                break
            if written is not None:
                return written
            select.select((), (self,), ())  # whoever gave it to us made it non-blocking, and it is full
        return memoryview(data).nbytes


@contextmanager
def _lasting_output() -> Iterator[_Lasting | None]:
    """Nothing that is being done may end half-way because nobody reads on (``| head``) or a disk is full."""
    before = sys.stdout
    try:
        raw = _Lasting(before.fileno(), "w", closefd=False)
    except OSError:  # it is no file: somebody calls us from Python
        yield None
        return
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(raw), encoding=before.encoding, errors=before.errors, line_buffering=before.isatty()
    )
    try:
        yield raw
    finally:
        sys.stdout.flush()
        sys.stdout = before


def _colours() -> bool:
    """Whether standard output is a terminal that shows colours, and they are wanted (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "") not in ("", "dumb", "unknown")


def _word(word: str) -> str:
    """One word of the command line as text. Bytes that this locale could not read are taken as UTF-8; what is not that either
    could be written down nowhere, so it is refused."""
    if word.isprintable() and word.isascii():
        return word
    try:
        word.encode()
    except UnicodeEncodeError:
        try:
            return os.fsencode(word).decode()
        except (UnicodeDecodeError, UnicodeEncodeError):
            raise Stop(f"{word!a} holds bytes that are no text (not UTF-8): nothing was done", USAGE) from None
    return word


def _open_streams() -> None:
    """Whoever closed a stream (``>&-``) wants nothing of it: what is written goes nowhere, and what is read is empty."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  # as long as the process


def _answered(do: Callable[[Options], int], options: Options) -> int:
    try:
        status = do(options)
        sys.stdout.flush()
    except Stop as stop:
        return _say(str(stop), stop.status)
    except BrokenPipeError:
        _abandon_output()  # the reader (head, less) has seen enough
        return FINE
    except KeyboardInterrupt:
        return 130
    except Ended as ended:
        return ended.status
    except Exception as error:  # noqa: BLE001  # the last resort: what nobody foresaw is told as that, and ends the command
        return _foreseen(error) or _bug(error)
    return status


def _foreseen(error: Exception) -> int | None:
    """Say what the floors below have to say to the person; ``None`` for what nobody foresaw. They are imported here: a command that
    goes well must not pay for the words of one that does not."""
    from ..config.model import ConfigError
    from ..core.text import clean
    from ..engine.desk import Refused
    from ..engine.records import JournalError
    from ..provider import ProviderError

    if isinstance(error, ConfigError):
        for problem in error.problems:
            sys.stderr.write(f"cockpit: {clean(str(problem))}\n")
        return _say("the config cannot be used; nothing was changed. `cockpit check` looks again.", BAD)
    if isinstance(error, Refused):
        return _say(str(error), BAD)
    if isinstance(error, (JournalError, ProviderError)):
        return _say(str(error), COULD_NOT_SEE)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EIO, errno.EBADF):
        _abandon_output()
        return _say(f"the answer could not be written: {error.strerror}", COULD_NOT_SEE)
    return None


def _abandon_output() -> None:
    """What is still to be written goes nowhere: Python would try, and complain, once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _bug(error: Exception) -> int:
    """A traceback for whoever mends it, without what its texts could do to the terminal."""
    import traceback

    from ..core.text import clean_block

    sys.stderr.write(clean_block("".join(traceback.format_exception(error))))
    return _say("this is a bug in the cockpit; the command was not finished. Please report what stands above.", BAD)


def _say(message: str, status: int) -> int:
    from ..core.text import clean_block

    sys.stderr.write(f"cockpit: {clean_block(message)}\n")
    return status
