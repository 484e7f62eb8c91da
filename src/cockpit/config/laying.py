"""A trap that a person has armed: a drop-in of its own, that is never written over, and is theirs from then on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from ..core.text import clean
from .model import Config, ConfigError
from .write import dropin_path, write_new

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,35}")
_FOOT = "# Yours from now on: cockpit does not write this file again. Take it away to take the trap away.\n"


def path_of(main: Path, name: str) -> Path:
    """The drop-in for a trap, beside the main file ``main``. Raises ``ValueError`` where its name will not do."""
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{clean(name, 60)!r} cannot name a trap here: a-z, 0-9 and -, 36 characters at most, like root-disk-early"
        )
    return dropin_path(main, f"trap-{name}")


def text_of(name: str, table: Mapping[str, object], remark: str) -> str:
    """The whole file: what it is, and the trap's table."""
    import tomli_w  # deferred: nothing that only reads needs it

    return f"# {clean(remark, 400)}\n{_FOOT}\n" + tomli_w.dumps({"traps": {name: dict(table)}})


def judged(name: str, text: str, judge: Callable[[Path], Config]) -> Config:
    """The configuration as it would be with this file, by the loader that will read it. Raises `ConfigError`, which names the
    file as it would be called."""
    with TemporaryDirectory(prefix="cockpit-") as folder:
        candidate = path_of(Path(folder) / "config.toml", name)
        candidate.parent.mkdir(mode=0o700)
        candidate.write_text(text, "utf-8")
        try:
            return judge(candidate)
        except ConfigError as error:
            named = {str(candidate): candidate.name}
            raise ConfigError(
                tuple(
                    msgspec.structs.replace(
                        each, file=named.get(each.file, each.file), what=each.what.replace(f"{candidate.parent}/", "")
                    )
                    for each in error.problems
                )
            ) from error


def lay(main: Path, name: str, text: str) -> Path:
    """Write the file, whole or not at all, 0600. Gives it. Raises `WriteError`, also where it is there already."""
    path = path_of(main, name)
    write_new(path, text)
    return path
