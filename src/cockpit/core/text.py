"""Untrusted text becomes safe text: the first of the two walls (the second is ``ui/terminal.py``)."""

from __future__ import annotations


def clean(text: str, limit: int = 2000) -> str:
    """One line that can be shown: control characters become visible symbols, bidi and invisible characters are named
    (``⟨U+202E⟩``), line breaks and tabs become a space, lone surrogates U+FFFD. Longer than ``limit`` characters ends in ``…``."""
    raise NotImplementedError


def clean_block(text: str, limit: int = 65536) -> str:
    """As `clean`, keeping line breaks, for annotations and notes of several lines."""
    raise NotImplementedError
