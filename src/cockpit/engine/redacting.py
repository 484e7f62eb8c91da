"""Secrets kept out of what a run prints, also where one is cut in two by the pieces in which it comes."""

from __future__ import annotations

import re

MASK = b"***"


class Redactor:
    """Takes out of a stream what it is told to `hide`."""

    def __init__(self) -> None:
        self._secrets: list[bytes] = []
        self._wanted: re.Pattern[bytes] | None = None
        self._held = b""

    @property
    def hides(self) -> bool:
        """Whether there is anything to hide."""
        return bool(self._secrets)

    def hide(self, secret: str) -> None:
        """Nothing of this may be seen from now on; of a secret of several lines, no line of it."""
        whole = secret.encode("utf-8", "surrogateescape")
        self._secrets += [part for part in {whole, *whole.splitlines()} if len(part.strip()) >= 4 and part not in self._secrets]
        self._secrets.sort(key=len, reverse=True)
        self._wanted = re.compile(b"|".join(map(re.escape, self._secrets))) if self._secrets else None

    def pass_on(self, data: bytes) -> bytes:
        """What may be shown of ``data``; an end that may be the beginning of a secret is held back."""
        if self._wanted is None:
            return data
        data = self._wanted.sub(MASK, self._held + data)
        keep = max((self._begins(data, secret) for secret in self._secrets), default=0)
        self._held = data[len(data) - keep :]
        return data[: len(data) - keep]

    def rest(self) -> bytes:
        """What was held back, at the end."""
        held, self._held = self._held, b""
        return held

    def line(self, text: str) -> str:
        """A line of our own, without secrets."""
        if self._wanted is None:
            return text
        return self._wanted.sub(MASK, text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")

    @staticmethod
    def _begins(data: bytes, secret: bytes) -> int:
        """So many bytes at the end of ``data`` are a beginning of ``secret``."""
        return next((size for size in range(min(len(secret) - 1, len(data)), 0, -1) if data.endswith(secret[:size])), 0)
