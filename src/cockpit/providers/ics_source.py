"""Where a calendar is read from: a file, or an address that is asked gently."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import msgspec

from ..core.text import clean
from ..core.units import say_bytes
from ..provider import Clock, Http, HttpSettings, Malformed, NotFound, ProviderError, RateLimited, Secret, Unreachable

MOST_BYTES = 32 * 1024 * 1024
"""Bytes of a calendar at most: twenty thousand events with long descriptions."""
AGAIN = 60.0
"""Seconds after which an address that answered once and fails now is asked again."""
_TAG = 400  # characters of an ETag that are kept
_KIND = "text/calendar, */*;q=0.5"


class File:
    """A calendar in a file. It is read again when it has changed."""

    def __init__(self, path: str) -> None:
        self._path = Path(path).expanduser()
        self._seen: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """For people."""
        return clean(str(self._path), 200)

    async def read(self) -> bytes | None:
        """Its text; ``None`` where that is as it was. Raises `NotFound`, `Unreachable`, `Malformed`."""
        return await asyncio.to_thread(self._read)

    def taken(self) -> None:
        """What was read could be used."""

    def forget(self) -> None:
        """What was read is of no use: read it again, changed or not."""
        self._seen = ()

    def _read(self) -> bytes | None:
        try:
            found = os.stat(self._path)
            if not stat.S_ISREG(found.st_mode):
                raise NotFound(f"{self.name} is no file")
            if found.st_size > MOST_BYTES:
                raise Malformed(f"{self.name} is larger than {say_bytes(MOST_BYTES)}")
            seen = (found.st_ino, found.st_size, found.st_mtime_ns)
            if seen == self._seen:
                return None
            body = self._path.read_bytes()
        except FileNotFoundError:
            raise NotFound(f"there is no {self.name}") from None
        except OSError as error:
            raise Unreachable(f"{self.name} cannot be read: {(error.strerror or type(error).__name__).lower()}") from None
        self._seen = seen
        return body

    async def close(self) -> None:
        """Nothing is kept open."""


class Address:
    """A calendar at an address. ``url`` may be a secret: most such addresses hold a token, so no message repeats their path.

    It is asked again after ``every`` seconds at the earliest, and no earlier than its server wants; what has not changed is not
    sent again, where the server can tell.
    """

    def __init__(
        self, url: str | Secret, settings: HttpSettings, http: Callable[[str, HttpSettings, str], Http], clock: Clock, every: float
    ) -> None:
        self._clock, self._every = clock, every
        parts = urlsplit(by_http(url.reveal() if isinstance(url, Secret) else url))
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._path, self._query = Secret(parts.path), Secret(parts.query)
        fields = {"Accept": _KIND, **settings.headers}
        self._http = http(self._origin, msgspec.structs.replace(settings, headers=fields), "a calendar")
        self._fields: dict[str, str] = {}
        self._next = -1.0
        self._reply: dict[str, str] = {}
        self._failed: ProviderError | None = None

    @property
    def name(self) -> str:
        """For people."""
        return self._http.address

    async def read(self) -> bytes | None:
        """Its text; ``None`` where that is as it was. Where it is too early to ask, what was said last holds. Raises the errors of
        HTTP."""
        if self._clock.mono() < self._next:
            if self._failed is not None:
                raise self._failed.with_traceback(None)
            return None
        query = parse_qsl(self._query.reveal(), keep_blank_values=True)
        try:
            reply = await self._http.get(self._path.reveal(), query, accept=(304,), fields=self._fields)
            if len(reply.body) > MOST_BYTES:
                raise Malformed(f"the calendar is larger than {say_bytes(MOST_BYTES)}")
        except ProviderError as error:
            wanted = (error.retry_after or AGAIN) if isinstance(error, RateLimited) else AGAIN if self._reply else 0.0
            error.args = (self._scrubbed(str(error)),)
            self._failed, self._next = error, self._clock.mono() + wanted
            raise
        self._failed, self._next = None, self._clock.mono() + self._every
        if reply.status == 304:
            return None
        self._reply = dict(reply.headers)
        return reply.body

    def taken(self) -> None:
        """What was read could be used: from now on only something newer is wanted."""
        asked = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
        sent = {field: self._reply.get(name, "").strip() for name, field in asked.items()}
        self._fields = {
            field: tag for field, tag in sent.items() if tag and len(tag) <= _TAG and tag.isascii() and tag.isprintable()
        }

    def forget(self) -> None:
        """What was read is of no use: ask again soon, and for the whole."""
        self._fields, self._next = {}, self._clock.mono() + (AGAIN if self._reply else 0.0)

    async def close(self) -> None:
        """Close the connections that are kept."""
        await self._http.close()

    def _scrubbed(self, text: str) -> str:
        for each in (self._path.reveal(), self._query.reveal(), *(value for _, value in parse_qsl(self._query.reveal()))):
            if len(each) > 3:
                text = text.replace(each, "…")
        return text


def by_http(url: str) -> str:
    """``webcal:`` is what calendars are offered as; it is HTTP."""
    scheme, colon, rest = url.strip().partition(":")
    instead = {"webcal": "https", "webcals": "https"}.get(scheme.lower(), scheme)
    return f"{instead}{colon}{rest}"
