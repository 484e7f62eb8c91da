"""What an adapter that speaks HTTP is configured with, and handed: secrets, settings, and requests under a deadline. A part of
`cockpit.provider`, which has all of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from .core.units import Seconds


class Secret:
    """A secret that never prints itself. ``reveal()`` is called at the last moment, where it is sent."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


class HttpAuth(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to say who we are: ``bearer``, or ``user`` with ``password``. ``scheme`` is what stands before a token, for those who
    want another word there (``GenieKey``, ``Token token=``)."""

    user: str = ""
    password: Secret | None = None
    bearer: Secret | None = None
    scheme: str = "Bearer"

    def __post_init__(self) -> None:
        if self.bearer is not None and (self.user or self.password is not None):
            raise ValueError("give either bearer, or user and password")
        if (self.password is not None) != bool(self.user):
            raise ValueError("user and password go together")


_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


class HttpSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys of every source that is spoken to over HTTP; a provider's ``Config`` may inherit them.

    ``headers`` go with every request (a tenant, say), ``secret_headers`` too. ``ca`` is a file of authorities to trust instead of
    the system's, ``certificate`` and ``certificate_key`` are files to show who we are; what changes in them holds from the next
    request on, and where one is gone or broken for ten seconds nothing is asked any more. ``proxy`` is the only proxy there is:
    variables of the environment are not looked at. ``within`` is the deadline of one request in seconds, to its last byte.
    """

    auth: HttpAuth = HttpAuth()
    headers: Mapping[str, str] = {}
    secret_headers: Mapping[str, Secret] = {}
    ca: str = ""
    certificate: str = ""
    certificate_key: str = ""
    verify: bool = True
    proxy: str = ""
    within: Seconds = Seconds(8.0)

    def __post_init__(self) -> None:
        if self.certificate_key and not self.certificate:
            raise ValueError("certificate_key goes with certificate")
        if not 0 < self.within <= 600:
            raise ValueError("within must be more than 0 s and at most 10 minutes")
        for name, value in self.headers.items():
            # RFC 9110, 5.1 and 5.5: a token, and no control characters
            if not name or not set(name) <= _TOKEN or any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
                raise ValueError(f"headers holds what cannot be a header: {name!r}")


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer over HTTP. ``body`` is decoded of its compression and nothing else; names of ``headers`` are in lower case;
    ``date`` is the server's own clock (UTC), where it told."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}
    date: datetime | None = None


Sink = Callable[[bytes], Awaitable[None]]
"""Takes the body of an answer, a piece at a time."""


class Http(Protocol):
    """HTTP to one address, as every adapter needs it: a deadline for the whole, a cap on decoded bytes, no redirect to elsewhere,
    and errors from `cockpit.provider`, without secrets in them. ``path`` is put after the address; ``query`` may name a key twice.

    ``get`` may try again where a kept connection had been closed; ``send`` never does. Statuses in ``accept`` come back as replies
    instead of being raised. ``into`` is given a good answer's body piece by piece as it arrives, and the reply has none then: for
    answers too large to be kept. What it raises ends the request. ``fields`` go with this question alone, beside the settings' own:
    ``If-None-Match`` with ``accept=(304,)``, say.
    """

    @property
    def address(self) -> str: ...
    async def get(
        self,
        path: str,
        query: Sequence[tuple[str, str]] = (),
        *,
        accept: Sequence[int] = (),
        into: Sink | None = None,
        fields: Mapping[str, str] = {},
    ) -> Reply: ...
    async def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        query: Sequence[tuple[str, str]] = (),
        content_type: str = "application/json",
        accept: Sequence[int] = (),
    ) -> Reply: ...
    async def close(self) -> None: ...
