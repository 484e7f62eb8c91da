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

    def _readable(self) -> Reread:
        if self._files is None:
            raise ProviderError("this cockpit was put together without the files of its config: nothing can be written there")
        return self._files
