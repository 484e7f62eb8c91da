"""Secrets that a person has said, until the run that needs them takes them: in memory, and nowhere else."""

from __future__ import annotations

import secrets
import threading

MOST = 100
"""So many are held; of those that nobody takes the oldest goes."""


class Vault:
    """May be used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, str] = {}

    def hold(self, secret: str) -> str:
        """Keep it; gives the word for which it is given back, which may be seen by anybody."""
        word = secrets.token_hex(8)
        with self._lock:
            self._held[word] = secret
            while len(self._held) > MOST:
                del self._held[next(iter(self._held))]
        return word

    def look(self, word: str) -> str | None:
        """What is held for this word."""
        return self._held.get(word)

    def take(self, word: str) -> str | None:
        """Give it back; it is held no more."""
        with self._lock:
            return self._held.pop(word, None)
