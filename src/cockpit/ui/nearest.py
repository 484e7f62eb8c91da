"""Letters for terminals that have not all of Unicode: an accent is left out before a letter is."""

from __future__ import annotations

import codecs
import unicodedata

NEAREST = "cockpit.nearest"
"""The name of this way with what an encoding cannot carry, for ``str.encode``."""


def nearest(error: UnicodeError) -> tuple[str, int]:
    """For `codecs.register_error`: each letter without its accents (NFKD, UAX #15) where that is one ASCII letter, nothing for a
    mark that stands on the letter before it, and ``?`` for all else: no column moves."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_base, error.object[error.start : error.end])), error.end


def _base(char: str) -> str:
    if unicodedata.category(char)[0] == "M":
        return ""
    bare = "".join(each for each in unicodedata.normalize("NFKD", char) if unicodedata.category(each)[0] != "M")
    return bare if len(bare) == 1 and bare.isascii() else "?"


codecs.register_error(NEAREST, nearest)
