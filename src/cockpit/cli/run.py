"""From words to a command, and from what can go wrong to an exit status and one clear sentence."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

import msgspec

from . import BAD, COULD_NOT_SEE, USAGE


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The general options, and this command's own in ``args``."""

    config: str | None = None
    json: bool = False
    color: bool = True
    read_only: bool = False
    theme: str | None = None
    args: dict[str, object] = {}

    def text(self, name: str) -> str:
        """One of the command's own options, as text; "" if absent."""
        value = self.args.get(name)
        return "" if value is None else str(value)

    def flag(self, name: str) -> bool:
        """Whether one of the command's own switches is set."""
        return bool(self.args.get(name))

    def words(self, name: str) -> list[str]:
        """One of the command's own lists."""
        value = self.args.get(name)
        return [str(word) for word in value] if isinstance(value, list) else []


class Stop(Exception):
    """Ends a command with a sentence for the person and an exit status."""

    def __init__(self, message: str, status: int = BAD) -> None:
        super().__init__(message)
        self.status = status


def run(words: Sequence[str]) -> int:
    """Parse, do, and answer for it."""
    from .parser import COMMANDS, build

    args = vars(build().parse_args(list(words)))
    name = args.pop("command", None)
    options = Options(
        config=args.pop("config", None),
        json=args.pop("json", False),
        color=not args.pop("no_color", False) and not os.environ.get("NO_COLOR") and sys.stdout.isatty(),
        read_only=args.pop("read_only", False),
        theme=args.pop("theme", None),
        args=args,
    )
    command = next((each for each in COMMANDS if each.name == name), None)
    module, function = (command.module, command.function) if command is not None else ("screen", "screen")
    do: Callable[[Options], int] = getattr(import_module(f".{module}", __package__), function)
    return _answered(do, options)


def _answered(do: Callable[[Options], int], options: Options) -> int:
    from ..config.model import ConfigError
    from ..core.text import clean
    from ..engine.desk import Refused
    from ..engine.journal import JournalError
    from ..provider import ProviderError

    try:
        status = do(options)
        sys.stdout.flush()
    except Stop as stop:
        return _say(str(stop), stop.status)
    except ConfigError as error:
        for problem in error.problems:
            sys.stderr.write(f"cockpit: {clean(str(problem))}\n")
        return _say("the config cannot be used; nothing was changed. `cockpit check` looks again.", USAGE)
    except Refused as refused:
        return _say(str(refused), BAD)
    except (JournalError, ProviderError) as error:
        return _say(str(error), COULD_NOT_SEE)
    except BrokenPipeError:
        # the reader (head, less) has seen enough; Python would complain once more at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    return status


def _say(message: str, status: int) -> int:
    from ..core.text import clean_block

    sys.stderr.write(f"cockpit: {clean_block(message)}\n")
    return status
