"""Answers that are kept with their tags, so that they are asked for on condition that they have changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..provider import Clock, Http, Reply

KEPT = 300
"""So many answers are kept."""


class _Kept(NamedTuple):
    reply: Reply
    at: float


class Known:
    """Questions over HTTP by ``If-None-Match``, where the server gave an ``ETag`` (RFC 9110, 13.1.2): while nothing has changed it
    answers 304 without a body, which most of them do not count."""

    def __init__(self, http: Http, clock: Clock) -> None:
        self._http, self._clock = http, clock
        self._kept: dict[tuple[str, tuple[tuple[str, str], ...]], _Kept] = {}

    async def get(
        self,
        path: str,
        query: Sequence[tuple[str, str]] = (),
        *,
        fields: Mapping[str, str] = {},
        lasts: float = 0.0,
        accept: Sequence[int] = (),
    ) -> Reply:
        """The answer; the one before, without asking, where that is younger than ``lasts`` seconds."""
        key, now = (path, tuple(query)), self._clock.mono()
        kept = self._kept.get(key)
        if kept is not None and now - kept.at < lasts:
            return kept.reply
        tag = kept.reply.headers.get("etag", "") if kept is not None else ""
        condition = {"If-None-Match": tag} if tag else {}
        reply = await self._http.get(path, query, accept=(304, *accept), fields={**fields, **condition})
        if reply.status == 304 and kept is not None:
            reply = kept.reply
        if reply.status == 200:
            self._kept.pop(key, None)
            self._kept[key] = _Kept(reply, now)
            while len(self._kept) > KEPT:
                del self._kept[next(iter(self._kept))]
        return reply
