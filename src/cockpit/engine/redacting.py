"""Secrets kept out of what a run prints, also where one is cut in two by the pieces in which it comes."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator

MASK = b"***"
SHORTEST = 4
"""Bytes."""


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

    @property
    def hidden(self) -> tuple[bytes, ...]:
        """All that is hidden, the longest first."""
        return tuple(self._secrets)

    def hide(self, secret: str) -> None:
        """Nothing of this may be seen from now on, nor as it stands in JSON, in an address, or in base64; of a secret of several
        lines, no line of it. What is shorter than `SHORTEST` is not hidden: every line would be full of holes, and so tell it."""
        self._secrets += [form for form in _forms(secret) if len(form.strip()) >= SHORTEST and form not in self._secrets]
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


def _forms(secret: str) -> Iterator[bytes]:
    """A secret as programs print it."""
    from urllib.parse import quote, quote_plus  # deferred: most runs hide nothing

    whole = secret.encode("utf-8", "surrogateescape")
    yield whole
    yield from whole.splitlines()
    yield from (coded(whole).encode() for coded in (quote, quote_plus))
    yield quote(whole, safe="").encode()
    yield json.dumps(secret, ensure_ascii=True)[1:-1].encode()
    yield json.dumps(secret, ensure_ascii=False)[1:-1].encode("utf-8", "surrogateescape")
    yield base64.b64encode(whole).rstrip(b"=")
    yield base64.urlsafe_b64encode(whole).rstrip(b"=")
