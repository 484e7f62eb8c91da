"""One PagerDuty account, spoken to: who we are, pages of lists under a cap, and writes in somebody's name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

import msgspec

from ..core.roster import Person
from ..core.text import clean
from ..core.units import Seconds
from ..provider import (
    Host,
    HttpAuth,
    HttpSettings,
    Nameless,
    ProviderError,
    RateLimited,
    Reply,
    Secret,
    Unreachable,
)
from .pd_wire import WireRef, WireUser, one, page, read

REGIONS: Mapping[str, tuple[str, str]] = {
    "us": ("https://api.pagerduty.com", "https://events.pagerduty.com"),
    "eu": ("https://api.eu.pagerduty.com", "https://events.eu.pagerduty.com"),
}
"""Where the API is, and where events go, by service region."""
LIMIT = 100
"""Records a page, the most there is (REST API, Pagination)."""
DEEPEST = 10_000
"""``offset + limit`` may not be more (REST API, Pagination)."""
_KEY = 20  # characters of an API key, of an account or of a user; OAuth tokens are longer
_EMAIL = re.compile(r"[^@\s<>\"',;:]+@[^@\s<>\"',;:]+\.[^@\s<>\"',;:]+", re.ASCII)
_ID = re.compile(r"[A-Z0-9]+")

Query = Sequence[tuple[str, str]]


class PagerDutyAccess(HttpSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an account is reached: the keys of `PagerDutyConfig` that are about that."""

    token: Secret | None = None
    region: str = "us"
    url: str = ""
    email: str = ""
    within: Seconds = Seconds(8.0)


class Listed(msgspec.Struct, frozen=True):
    """The records of a list, unread; whether that was all of them; how many pages it took; the server's clock when it was asked."""

    records: tuple[msgspec.Raw, ...]
    complete: bool = True
    pages: int = 1
    date: datetime | None = None


class Account:
    """HTTP to one account."""

    def __init__(self, name: str, access: PagerDutyAccess, host: Host) -> None:
        self._name, self._access, self._host = name, access, host
        self._url = access.url or REGIONS[access.region][0]
        self._settings = _settings(access)
        self._http = host.http(self._url, self._settings, "PagerDuty's API")
        self._writing = {"": self._http}
        self._email = access.email
        self._named: dict[tuple[str, str], str] = {}

    async def get(self, path: str, query: Query = (), *, accept: Sequence[int] = ()) -> Reply:
        """Ask."""
        return await self._http.get(path, query, accept=accept)

    async def listed(self, path: str, key: str, query: Query = (), *, most: int = DEEPEST, overlap: int = 0) -> Listed:
        """The list ``key``, page after page, ``most`` records at most. Pages overlap by ``overlap`` records, for lists that shrink
        while they are read: then a record may come twice."""
        records: list[msgspec.Raw] = []
        date: datetime | None = None
        offset = pages = 0
        while True:
            limit = min(LIMIT, most - offset, DEEPEST - offset)
            reply = await self.get(path, (*query, ("limit", str(limit)), ("offset", str(offset))))
            found = page(reply.body, key)
            records += found.records
            date, pages = date or reply.date, pages + 1
            offset += limit - (overlap if limit > 2 * overlap else 0)
            if not found.more or not found.records:
                return Listed(tuple(records), True, pages, date)
            if offset + overlap >= min(most, DEEPEST):
                return Listed(tuple(records), False, pages, date)

    async def write(self, method: str, path: str, body: object = None, *, named: bool = True, accept: Sequence[int] = ()) -> Reply:
        """Write, once. ``named``: the API wants to know in whose name (its header From)."""
        email = await self.email() if named else ""
        if email not in self._writing:
            fields = {**self._settings.headers, "From": email}
            self._writing[email] = self._host.http(
                self._url, msgspec.structs.replace(self._settings, headers=fields), "PagerDuty's API"
            )
        sent = b"" if body is None else msgspec.json.encode(body)
        return await self._writing[email].send(method, path, sent, accept=accept)

    async def email(self) -> str:
        """In whose name is written: as configured, else whose token it is, else the person at the keyboard, as they said when they
        were asked or as the config has them. Raises `Nameless` where nobody knows."""
        if not self._email:
            machine = self._host.machine
            self._email = await self._owner() or machine.address(self._name) or _address(machine.me)
        if not _EMAIL.fullmatch(self._email):
            told, self._email = self._email, ""
            wrong = f"{clean(told, 100)} is no e-mail address" if told else "this token belongs to no person"
            raise Nameless(
                f"nothing was sent: PagerDuty wants to know who does that, and {wrong}; say it once, with "
                f"cockpit address {self._name} YOU@EXAMPLE",
                "the e-mail address that you log in to PagerDuty with",
            )
        return self._email

    async def ids(self, path: str, key: str, wanted: Sequence[str]) -> tuple[str, ...]:
        """The ids of things that the config names by id or name; looked up once. Raises `ProviderError` for what is not there."""
        for name in wanted:
            if (key, name) not in self._named:
                self._named[key, name] = await self._id_of(path, key, name)
        return tuple(self._named[key, name] for name in wanted)

    async def close(self) -> None:
        """Close the connections."""
        for http in self._writing.values():
            await http.close()

    async def _owner(self) -> str:
        """Whose token it is; "" for one of an account."""
        try:
            user = one((await self.get("/users/me")).body, "user", WireUser)
        except (Unreachable, RateLimited):
            raise
        except ProviderError:
            return ""  # it is known by how the API refuses: 400, 401, 403 and 404 have all been seen for that
        return user.email or ""

    async def _id_of(self, path: str, key: str, name: str) -> str:
        """A name wins over an id that looks like it: what is neither must not make a filter that lets nothing through."""
        found = read((await self.listed(path, key, [("query", name)])).records, WireRef).records
        same = [each.id for each in found if each.id and name.casefold() in (each.word.casefold(), (each.name or "").casefold())]
        if same:
            return same[0]
        if _ID.fullmatch(name) and (await self.get(f"{path}/{name}", accept=(404,))).status != 404:
            return name
        near = ", ".join(each.word for each in found[:3])
        hint = f"; did you mean {near}?" if near else ""
        raise ProviderError(f"there is none of the {key.replace('_', ' ')} called {clean(name, 100)}{hint}")


def part(value: str) -> str:
    """An id as one part of a path: whatever it is made of, it stays one."""
    return quote(value, safe="")


def _settings(access: PagerDutyAccess) -> HttpSettings:
    auth = access.auth
    if access.token is not None:
        scheme = "Token token=" if len(access.token.reveal()) == _KEY else "Bearer"
        auth = HttpAuth(bearer=access.token, scheme=scheme)
    # the API's own document wants both of every question (REST API, Versioning)
    plain = {field.name: getattr(access, field.name) for field in msgspec.structs.fields(HttpSettings)}
    fields = {"Accept": "application/vnd.pagerduty+json;version=2", "Content-Type": "application/json", **access.headers}
    return HttpSettings(**{**plain, "auth": auth, "headers": fields})


def _address(me: Person) -> str:
    """The e-mail address of the person at the keyboard, as far as the config knows it."""
    told = [contact.to for contact in me.contacts if contact.via == "email"]
    return next((each for each in (*told, me.id, me.name, *me.also) if _EMAIL.fullmatch(each)), "")
