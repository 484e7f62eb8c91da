"""``http``: one request, whose values are percent-encoded in the address and JSON in the body."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

import msgspec

from ..metadata import CREDENTIALS, hands_out_credentials
from ..placeholders import filled, placeholders
from ..regex import regex
from .coded import address, coded, host_of, port_of
from .kind import HOW_TO_REFER, Fault, KeyPath, Shown, counted, odd_reference

READS = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing, RFC 9110, 9.2.1."""
_METHODS = (*READS, "POST", "PUT", "PATCH", "DELETE")
_URL = regex(r"(https?://[^/?#]*)([^?#]*)", re.ASCII)
_AUTHORITY = regex(r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?", re.ASCII)
_FIELD = regex(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.1
_SENT_BY_ITSELF = ("host", "content-length", "content-type", "transfer-encoding", "connection")


class HttpStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``http`` is the address, without ``?``; ``query``, ``headers`` and the strings in ``json``, the body, may hold ``{param}`` as
    it may. A value is one component of a path or one value of a query, whatever is in it. ``secret_headers`` and ``bearer`` are
    secrets by reference, which go only to a host that is written out. ``expect`` are the statuses that are right, 200–299 without
    it; a redirect is an answer too, and is not followed. ``ca`` is a file of authorities to trust instead of the
    system's. Another ``method`` than GET, HEAD and OPTIONS changes the world: the runbook must say so in ``changes``."""

    url: str = msgspec.field(name="http")
    method: str = "GET"
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    secret_headers: dict[str, str] = {}
    bearer: str = ""
    json: object = None
    expect: tuple[int, ...] = ()
    ca: str = ""

    @property
    def writes(self) -> bool:
        """Whether it may change the world."""
        return self.method not in READS

    @property
    def parts(self) -> tuple[str, str]:
        """(the origin, the path), filled."""
        found = _URL.fullmatch(self.url)
        return (found[1], found[2] or "/") if found is not None else ("", "")

    @property
    def asked(self) -> str:
        """The query as it is sent, with its ``?``; filled."""
        pairs = "&".join(f"{coded(key)}={coded(value)}" for key, value in self.query.items())
        return f"?{pairs}" if pairs else ""

    @property
    def body(self) -> bytes:
        """What is sent, filled."""
        return b"" if self.json is None else msgspec.json.encode(self.json)

    @property
    def references(self) -> tuple[str, ...]:
        """The secrets that it sends."""
        return (*self.secret_headers.values(), *([self.bearer] if self.bearer else []))

    def texts(self) -> Iterator[tuple[KeyPath, str]]:
        """See `Kind`."""
        yield ("http",), self.url
        for name, table in (("query", self.query), ("headers", self.headers)):
            yield from (((name, key), value) for key, value in table.items())
        yield from _strings(self.json, ("json",))

    def names(self, params: Collection[str]) -> tuple[str, ...]:  # noqa: ARG002  # all that it takes stands in braces
        """See `Kind`."""
        return ()

    def faults(self, params: Collection[str]) -> Iterator[Fault]:  # noqa: ARG002  # nothing depends on them
        """See `Kind`."""
        found = _URL.fullmatch(self.url)
        if found is None or "@" in found[1]:
            what = "http must be an address that begins with http:// or https://, without ?, # and passwords"
            yield Fault(("http",), what, 'query = { key = "{value}" }, bearer = "env:TOKEN"')
        elif self.references and placeholders(found[1]):
            what = "the host comes from a value, and a secret would go to whoever that names"
            yield Fault(("http",), what, "write the host out, or leave the secrets out")
        if self.method not in _METHODS:
            yield Fault(("method",), f"method must be one of {', '.join(_METHODS)}, not {self.method!r}")
        elif self.json is not None and self.method in READS:
            yield Fault(("json",), f"{self.method} has no body", 'method = "POST"')
        for key, table in (("headers", self.headers), ("secret_headers", self.secret_headers)):
            for name in table:
                if not _FIELD.fullmatch(name) or name.lower() in _SENT_BY_ITSELF:
                    yield Fault((key, name), f"{name!r} is no header that can be set here")
        for where, reference in ((("bearer",), self.bearer), *((("secret_headers", k), v) for k, v in self.secret_headers.items())):
            if reference and (wrong := odd_reference(reference)):
                yield Fault(where, f"{where[-1]} {wrong}", HOW_TO_REFER)
        if odd := [status for status in self.expect if not 100 <= status <= 599]:
            yield Fault(("expect",), f"{odd[0]} is no status of HTTP", "expect = [200, 204]")

    def unsafe(self) -> str:
        """See `Kind`."""
        return ""

    def filled(self, values: Mapping[str, str]) -> HttpStep:
        """See `Kind`."""
        return msgspec.structs.replace(
            self,
            url=address(self.url, values),
            query={key: filled(text, values) for key, text in self.query.items()},
            headers={key: filled(text, values) for key, text in self.headers.items()},
            json=_filled(self.json, values),
        )

    def problem(self) -> str:
        """See `Kind`."""
        origin, path = self.parts
        if not _AUTHORITY.fullmatch(origin):
            return f"has no address that can be asked: {self.url[:200]!r}"
        if hands_out_credentials(host_of(origin)):
            return f"cannot ask that address: {CREDENTIALS}"
        if any(part in (".", "..") for part in path.split("/")):
            return f"would leave its place: a component of {path[:200]!r} is only dots"
        for name, value in self.headers.items():
            if not value.isascii() or not value.isprintable() or value != value.strip():
                return f"cannot send the header {name}: it would hold a line break, spaces at its ends or more than ASCII"
        try:
            port_of(self.url)
            self.body.decode()
            for text in (*self.query, *self.query.values()):
                text.encode()
        except (ValueError, UnicodeError):
            return "holds a port that cannot be, or half a character, which JSON and addresses have no word for"
        return ""

    def exact(self) -> tuple[str, ...]:
        """See `Kind`."""
        tables = (self.query, self.headers, self.secret_headers)
        flat = (word for table in tables for word in counted(table))
        body = () if self.json is None else (self.body.decode(),)
        return ("", "http", self.method, self.url, *flat, self.bearer, ",".join(map(str, self.expect)), self.ca, *body)

    def shown(self) -> tuple[Shown, ...]:
        """See `Kind`."""
        lines = [Shown("sends" if self.writes else "asks", (self.method, self.url + self.asked))]
        lines += [Shown("", (f"{key}: {value}",), text=True) for key, value in self.headers.items()]
        lines += [Shown("", (f"{key}: the secret {value}",), text=True) for key, value in self.secret_headers.items()]
        lines += [Shown("", (f"Authorization: Bearer, the secret {self.bearer}",), text=True)] if self.bearer else []
        lines += [Shown("", (self.body.decode(),), text=True)] if self.json is not None else []
        beside = [("expects", ", ".join(map(str, self.expect))), ("trusts", self.ca)]
        return (*lines, *(Shown(label, (text,), beside=True) for label, text in beside if text))

    def said(self) -> tuple[str, ...]:
        """See `Kind`."""
        first, *_ = self.shown()
        return (" ".join(first.words), *([self.body.decode()] if self.json is not None else []))


def _strings(value: object, where: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    match value:
        case str():
            yield where, value
        case dict():
            for key, item in value.items():
                yield from _strings(item, (*where, str(key)))
        case list() | tuple():
            for place, item in enumerate(value):
                yield from _strings(item, (*where, place))


def _filled(value: object, values: Mapping[str, str]) -> object:
    match value:
        case str():
            return filled(value, values)
        case dict():
            return {key: _filled(item, values) for key, item in value.items()}
        case list() | tuple():
            return [_filled(item, values) for item in value]
        case _:
            return value
