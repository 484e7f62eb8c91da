"""Prometheus's HTTP API v1: its envelope, the rules page by page, names of metrics, queries.

Source: Prometheus's documentation, "HTTP API", and answers of 2.42, 2.53 and 3.5. Paging of rules (``group_limit``,
``group_next_token``) came with 3.1 and is ignored before; ``warnings`` came with 2.5, ``infos`` with 3.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlencode

import msgspec

from ..core.text import clean
from ..provider import AuthFailed, Forbidden, Http, Malformed, NotFound, ProviderError, RateLimited, Reply, Unreachable
from .records import UNREADABLE, members, one, split

T = TypeVar("T")

API = "/api/v1"
PAGE = 200
"""Groups of rules that are asked for at once, where the server can page."""
MOST_PAGES = 500
LONGEST_ADDRESS = 2000
BEGINNINGS = 3
"""So often is a walk through the pages begun again because the rules changed meanwhile; then all are asked for at once."""
_TOLD = 10  # remarks of one answer that are passed on
_FAULTS: dict[str, type[ProviderError]] = {
    **dict.fromkeys(("timeout", "canceled", "internal", "unavailable"), Unreachable),
    "not_found": NotFound,
    "forbidden": Forbidden,
    "unauthorized": AuthFailed,
    "too_many_requests": RateLimited,
}
"""What ``errorType`` means, where an error comes with status 200; all others are the question's fault."""


class WireActive(msgspec.Struct):
    """An alert of a rule: pending or firing."""

    labels: dict[str, str]
    annotations: dict[str, str] = {}
    state: str = ""
    active_at: str = msgspec.field(name="activeAt", default="")
    value: str = ""


class WireRule(msgspec.Struct):
    """An alerting rule; durations are seconds."""

    name: str
    query: str
    state: str = ""
    duration: float = 0.0
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    alerts: msgspec.Raw = msgspec.Raw(b"[]")
    health: str = ""
    last_error: str = msgspec.field(name="lastError", default="")
    evaluated: str = msgspec.field(name="lastEvaluation", default="")
    took: float = msgspec.field(name="evaluationTime", default=0.0)


class WireGroup(msgspec.Struct):
    """A group of rules; ``interval`` is seconds."""

    name: str
    file: str = ""
    interval: float = 60.0
    rules: msgspec.Raw = msgspec.Raw(b"[]")


class Told(msgspec.Struct, frozen=True):
    """What came out of an envelope: ``data`` unread, what the server remarked, and its clock where it told."""

    data: bytes
    remarks: tuple[str, ...] = ()
    date: datetime | None = None


class Rules(msgspec.Struct, frozen=True):
    """The groups, ``rejected`` of them unreadable; ``missing`` says why later pages are not in here ("" = they are)."""

    groups: tuple[WireGroup, ...]
    rejected: int = 0
    missing: str = ""
    remarks: tuple[str, ...] = ()
    date: datetime | None = None


class _Stale(Exception):
    """The rules changed between two pages."""


class Api:
    """One Prometheus, or what speaks like one. Raises the errors of `provider`."""

    def __init__(self, http: Http) -> None:
        self._http = http

    @property
    def address(self) -> str:
        """Its url, safe to show."""
        return self._http.address

    async def rules(self) -> Rules:
        """All groups of alerting rules."""
        for _ in range(BEGINNINGS):
            try:
                return await self._pages(PAGE)
            except _Stale:
                continue
        return await self._pages(0)

    async def ask(self, path: str, query: Sequence[tuple[str, str]] = ()) -> Told:
        """One question. It changes nothing; where it is too long for an address, it travels in a body."""
        written = urlencode(list(query))
        if len(written) <= LONGEST_ADDRESS:
            reply = await self._http.get(API + path, query, accept=(404,))
        else:
            form = "application/x-www-form-urlencoded"
            reply = await self._http.send("POST", API + path, written.encode(), content_type=form, accept=(404,))
        if reply.status == 404:
            raise self._nothing_there(reply)
        return opened(reply)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def _pages(self, page: int) -> Rules:
        found: list[WireGroup] = []
        rejected, token, remarks, date = 0, "", dict[str, None](), None
        for number in range(MOST_PAGES):
            query = [("type", "alert")]
            query += [("group_limit", str(page))] if page else []
            query += [("group_next_token", token)] if token else []
            try:
                told = await self.ask("/rules", query)
                groups, bad, token = _groups(told.data)
            except ProviderError as error:
                if not number or isinstance(error, (AuthFailed, RateLimited)):
                    raise
                if type(error) is ProviderError:  # it refuses the token
                    raise _Stale from error
                return Rules(tuple(found), rejected, f"page {number + 1} of the rules: {error}", tuple(remarks), date)
            found += groups
            rejected += bad
            date = told.date or date
            remarks |= dict.fromkeys(told.remarks)
            if not token:
                return Rules(tuple(found), rejected, "", tuple(remarks)[:_TOLD], date)
        raise Malformed(f"its rules have more than {MOST_PAGES} pages")

    def _nothing_there(self, reply: Reply) -> ProviderError:
        where = f"{self.address}{API} (404): is the path in the url right?"
        if reply.body.lstrip().startswith(b"<"):
            return NotFound(f"this is not a Prometheus: it answered HTML at {where}")
        return NotFound(f"there is no Prometheus API at {where}")


def opened(reply: Reply) -> Told:
    """An answer out of its envelope. Raises `Malformed`, and what an error in it means."""
    there = members(reply.body)
    if _text(there, "status") != "success":
        said = clean(_text(there, "error"), 200) or "it does not say what is wrong"
        kind = _FAULTS.get(_text(there, "errorType"), ProviderError) if "error" in there else Malformed
        raise kind(f"it answered with an error: {said}")
    remarks = tuple(clean(each, 300) for name in ("warnings", "infos") for each in _texts(there.get(name)))
    return Told(bytes(there.get("data", b"null")), remarks[:_TOLD], reply.date)


def rules_of(group: WireGroup) -> tuple[list[WireRule], int]:
    """(the rules of a group that can be read, how many cannot)."""
    return _each(split(group.rules), WireRule)


def actives_of(rule: WireRule) -> tuple[list[WireActive], int]:
    """(the alerts of a rule that can be read, how many cannot)."""
    return _each(split(rule.alerts), WireActive)


def _groups(data: bytes) -> tuple[list[WireGroup], int, str]:
    there = members(data)
    if "groups" not in there:
        raise Malformed("it answered no groups of rules")
    good, bad = _each(split(there["groups"]), WireGroup)
    return good, bad, _text(there, "groupNextToken")


def _each(raws: Iterator[msgspec.Raw], kind: type[T]) -> tuple[list[T], int]:
    good: list[T] = []
    bad = 0
    for raw in raws:
        try:
            good.append(one(raw, kind))
        except UNREADABLE:
            bad += 1
    return good, bad


def _text(there: dict[str, msgspec.Raw], name: str) -> str:
    try:
        return msgspec.json.decode(there.get(name, b'""'), type=str)
    except UNREADABLE:
        return ""


def _texts(raw: msgspec.Raw | None) -> list[str]:
    try:
        return msgspec.json.decode(raw, type=list[str]) if raw is not None else []
    except UNREADABLE:
        return []
