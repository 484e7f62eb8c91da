"""Words that several commands take."""

from __future__ import annotations

import argparse
from collections.abc import Callable


def ids(parser: argparse.ArgumentParser) -> None:
    """The alerts that it is about."""
    parser.add_argument("ids", nargs="+", metavar="ID", help="the alert's id, SOURCE/ID, or its name where no other has it")


def yes(parser: argparse.ArgumentParser) -> None:
    """The word without which it is only shown."""
    parser.add_argument("--yes", action="store_true", help="send it; without it the preview is shown and nothing is done")


def whole(least: int, most: int) -> Callable[[str], int]:
    """Reads a whole number between two, both included."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text[:9]) <= most):
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    return read
