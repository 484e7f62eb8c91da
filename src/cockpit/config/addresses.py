"""What the person is called at sources that want to know who writes: said once, and kept in a drop-in of our own."""

from __future__ import annotations

from pathlib import Path

from .write import change_dropin, dropin_path

WHAT = "addresses"


def keep(main: Path, source: str, address: str) -> Path:
    """Write it down beside the main file ``main``, in place of what was said before. Gives the file. Raises `WriteError` and
    `ConfigError`."""

    def change(tables: dict[str, object]) -> None:
        found = tables.get(WHAT)
        tables[WHAT] = {**(found if isinstance(found, dict) else {}), source: address}

    change_dropin(main, WHAT, change)
    return dropin_path(main, WHAT)
