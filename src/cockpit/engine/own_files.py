"""The drop-ins of the configuration that the cockpit writes itself, and what follows from a change of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ..config.model import Config, ConfigError
from ..config.reread import Reread
from ..provider import ProviderError

T = TypeVar("T")


class OwnFiles:
    """``took`` is handed the configuration that is in the ``files`` after a change. Everything here may block on the disk, and
    raises `ProviderError` where nothing could be written, or what was written cannot be read back."""

    def __init__(self, files: Reread | None, took: Callable[[Config], None]) -> None:
        self._files, self._took = files, took

    def read(self) -> Config:
        """The configuration as it is now: what is written must hold at once, so one that cannot be read refuses."""
        try:
            return self._readable().read()
        except ConfigError as error:
            raise ProviderError(f"nothing was written, for the config has a fault: {error.problems[0]}; mend it first") from error

    def change(self, work: Callable[[Path], T]) -> T:
        """Have ``work`` write, beside the main file that it is given, and go on with what is there then. Gives what it gives."""
        from ..config.write import WriteError  # deferred: the first view needs nothing that writes

        files = self._readable()
        try:
            given = work(files.main)
            self._took(files.read())
        except WriteError as error:
            raise ProviderError(str(error)) from error
        except ConfigError as error:
            raise ProviderError(f"the config cannot be read back: {error.problems[0]}") from error
        return given

    def judged(self, name: str, text: str) -> Config:
        """The configuration as it would be with this file for a trap. Raises `ProviderError` with what is wrong with it."""
        from ..config.laying import judged  # deferred, as below

        try:
            return judged(name, text, self._readable().judge)
        except ConfigError as error:
            raise ProviderError("; ".join(str(problem) for problem in error.problems)) from error

    def lay(self, name: str, text: str) -> Path:
        """Put a file for a trap among the others, once it has been judged. Gives the file."""
        from ..config.laying import lay  # deferred: the first view needs nothing that writes

        self.judged(name, text)
        return self.change(lambda main: lay(main, name, text))

    def trap_file(self, name: str) -> Path:
        """Where a trap of that name would be put. Raises `ProviderError` where its name cannot be part of a file's."""
        from ..config.laying import path_of  # deferred, as above

        try:
            return path_of(self._readable().main, name)
        except ValueError as error:
            raise ProviderError(str(error)) from error

    def _readable(self) -> Reread:
        if self._files is None:
            raise ProviderError("this cockpit was put together without the files of its config: nothing can be written there")
        return self._files
