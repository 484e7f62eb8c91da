"""Secrets that a person has said, until the run that needs them takes them: in memory, and nowhere else."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable

MOST = 100
"""So many are held; of those that nobody takes the oldest goes."""
KEPT = 600.0
"""Real seconds for which one is held that no run has been begun with: whoever was asked for it has thought better of it."""


class Vault:
    """May be used from any thread."""

    def __init__(self, kept: float = KEPT) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, str] = {}
        self._kept = kept
        self._unclaimed: dict[str, threading.Timer] = {}

    def hold(self, secret: str) -> str:
        """Keep it; gives the word for which it is given back, which may be seen by anybody."""
        word = secrets.token_hex(8)
        with self._lock:
            self._held[word] = secret
            timer = self._unclaimed[word] = threading.Timer(self._kept, self.take, [word])
            timer.daemon = True
            while len(self._held) > MOST:
                self._gone(next(iter(self._held)))
        timer.start()
        return word

    def claim(self, words: Iterable[str]) -> None:
        """A run has been asked for that needs them: they are held until it takes them, or they are dropped with it."""
        with self._lock:
            for word in words:
                if timer := self._unclaimed.pop(word, None):
                    timer.cancel()

    def drop(self, words: Iterable[str]) -> None:
        """Hold them no more: what they were said for is not done, or is over."""
        with self._lock:
            for word in words:
                self._gone(word)

    def look(self, word: str) -> str | None:
        """What is held for this word."""
        return self._held.get(word)

    def take(self, word: str) -> str | None:
        """Give it back; it is held no more."""
        with self._lock:
            return self._gone(word)

    def _gone(self, word: str) -> str | None:
        if timer := self._unclaimed.pop(word, None):
            timer.cancel()
        return self._held.pop(word, None)
