"""A PagerDuty of our own on the loopback, with one account in it: stateful, with its limits, and strict about how it is asked.

::

    with pagerduty() as server:
        server.account.fire("5xx over 12 %")
        ...PagerDutyConfig(token=Secret(server.user_token), url=server.url)...
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from support.pagerduty_account import Account, Wrong, ref, told

__all__ = ["ACCOUNT_TOKEN", "ROUTING_KEY", "USER_TOKEN", "Heard", "Server", "pagerduty"]

ACCOUNT_TOKEN = "canaryAccountToken20"
USER_TOKEN = "canaryPersonsToken20"
OAUTH_TOKEN = "pdus+_canary_a_longer_token_by_oauth"
ROUTING_KEY = "canary0routing0key0of0a0service00"
_TOKENS = {f"Token token={ACCOUNT_TOKEN}": "", f"Token token={USER_TOKEN}": "PANA", f"Bearer {OAUTH_TOKEN}": "PANA"}


class Heard(NamedTuple):
    """A request and what was answered."""

    method: str
    target: str
    fields: Mapping[str, str]
    body: bytes
    status: int
    answer: bytes

    @property
    def path(self) -> str:
        """Its path, without the query."""
        return urlsplit(self.target).path


class Asked(NamedTuple):
    """What a handler is given."""

    query: list[tuple[str, str]]
    body: Any
    user: str
    writer: str

    def all(self, name: str) -> list[str]:
        """The values of a key that may be there several times."""
        return [value for key, value in self.query if key == name]

    def get(self, name: str, otherwise: str = "") -> str:
        """The value of a key."""
        return next(iter(self.all(name)), otherwise)

    def time(self, name: str, otherwise: datetime) -> datetime:
        """A time."""
        return datetime.fromisoformat(self.get(name)) if self.get(name) else otherwise

    def page(self, key: str, records: list[Any]) -> dict[str, Any]:
        """A page of records."""
        limit, offset = min(100, int(self.get("limit", "25"))), int(self.get("offset", "0"))
        if limit + offset > 10_000:
            raise Wrong(400, "Offset must be less than 10000")
        more = offset + limit < len(records)
        return {key: records[offset : offset + limit], "limit": limit, "offset": offset, "more": more, "total": None}


Handler = Callable[["Server", Asked, str, str], tuple[int, Any]]
ROUTES: list[tuple[str, re.Pattern[str], Handler]] = []


def _on(method: str, path: str) -> Callable[[Handler], Handler]:
    def kept(handler: Handler) -> Handler:
        ROUTES.append((method, re.compile(re.sub(r"\{\w+\}", "([^/]+)", path) + r"\Z"), handler))
        return handler

    return kept


class Server:
    """``heard`` keeps what was asked. ``per_minute`` is how many questions a minute of its clock has; beyond, it answers 429.
    ``down`` answers 503 to everything."""

    def __init__(self, account: Account, url: str) -> None:
        self.account, self.url = account, url
        self.lock = threading.RLock()
        self.heard: list[Heard] = []
        self.per_minute = 960
        self.down = False
        self._minute = (account.now(), 0)

    def answer(self, method: str, target: str, fields: Mapping[str, str], body: bytes) -> tuple[int, bytes, dict[str, str]]:
        """What it says."""
        with self.lock:
            self.account.pass_time()
            more = self._limited()
            try:
                if self.down:
                    raise Wrong(503, "Service Unavailable")
                if "ratelimit-remaining" in more and int(more["ratelimit-remaining"]) < 0:
                    raise Wrong(429, "Rate Limit Exceeded")
                status, said = self._handled(method, target, fields, body)
            except Wrong as wrong:
                said = {"error": {"code": 2001, "message": "Invalid Input Provided", "errors": list(wrong.errors)}}
                status = wrong.status
            answer = b"" if said is None else json.dumps(said).encode()
            self.heard.append(Heard(method, target, dict(fields), body, status, answer))
            return status, answer, {**more, "Date": format_datetime(self.account.now().astimezone(UTC), usegmt=True)}

    def asked(self, method: str = "", path: str = "") -> list[Heard]:
        """What was asked with this method, at a path that matches."""
        return [each for each in self.heard if method in ("", each.method) and re.match(path, each.path)]

    def _limited(self) -> dict[str, str]:
        began, used = self._minute
        now = self.account.now()
        if now - began >= timedelta(minutes=1):
            began, used = now, 0
        self._minute = began, used + 1
        left = 60 - int((now - began).total_seconds())
        return {
            "ratelimit-limit": str(self.per_minute),
            "ratelimit-remaining": str(self.per_minute - used - 1),
            "ratelimit-reset": str(left),
        }

    def _handled(self, method: str, target: str, fields: Mapping[str, str], body: bytes) -> tuple[int, Any]:
        parts = urlsplit(target)
        names = {name.lower(): value for name, value in fields.items()}
        events = parts.path == "/v2/enqueue"
        user = _TOKENS.get(names.get("authorization", "")) if not events else ""
        if user is None:
            raise Wrong(401, "Unauthorized")
        writer = next((each.id for each in self.account.users if each.email == names.get("from")), "")
        asked = Asked(parse_qsl(parts.query, keep_blank_values=True), json.loads(body) if body else None, user, writer)
        for verb, pattern, handler in ROUTES:
            found = pattern.match(parts.path)
            if found is not None and verb == method:
                one, two = (*found.groups(), "", "")[:2]
                return handler(self, asked, one, two)
        raise Wrong(404, "Not Found")


def _named(asked: Asked) -> str:
    if not asked.writer:
        raise Wrong(400, "Requester User Not Found")
    return asked.writer


@_on("GET", "/users/me")
def _me(server: Server, asked: Asked, _: str, __: str) -> tuple[int, Any]:
    if not asked.user:
        raise Wrong(400, "User level access not allowed")
    return 200, {"user": server.account.told_user(server.account.user(asked.user))}


@_on("GET", "/users")
def _users(server: Server, asked: Asked, _: str, __: str) -> tuple[int, Any]:
    wanted = asked.get("query").casefold()
    found = [each for each in server.account.users if wanted in each.name.casefold() or wanted in each.email]
    return 200, asked.page("users", [server.account.told_user(each) for each in found])


@_on("GET", "/users/{id}")
def _user(server: Server, _: Asked, user: str, __: str) -> tuple[int, Any]:
    return 200, {"user": server.account.told_user(server.account.user(user))}


@_on("GET", "/teams")
def _teams(_: Server, asked: Asked, __: str, ___: str) -> tuple[int, Any]:
    teams = [{**ref("team", "PTEAM", "Web team"), "type": "team", "name": "Web team", "description": None}]
    return 200, asked.page("teams", [each for each in teams if asked.get("query").casefold() in each["name"].casefold()])


@_on("GET", "/services")
def _services(server: Server, asked: Asked, _: str, __: str) -> tuple[int, Any]:
    found = [each for each in server.account.services if asked.get("query").casefold() in each.name.casefold()]
    return 200, asked.page("services", [server.account.told_service(each) for each in found])


@_on("GET", "/services/{id}")
def _service(server: Server, _: Asked, service: str, __: str) -> tuple[int, Any]:
    return 200, {"service": server.account.told_service(server.account._service(service))}


@_on("GET", "/escalation_policies")
def _policies(server: Server, asked: Asked, _: str, __: str) -> tuple[int, Any]:
    named = sorted(server.account.policies, key=lambda each: server.account.policies[each][0])
    return 200, asked.page("escalation_policies", [server.account.told_policy(each) for each in named])


@_on("GET", "/escalation_policies/{id}")
def _policy(server: Server, _: Asked, policy: str, __: str) -> tuple[int, Any]:
    if policy not in server.account.policies:
        raise Wrong(404, "Not Found")
    return 200, {"escalation_policy": server.account.told_policy(policy)}


@_on("GET", "/oncalls")
def _oncalls(server: Server, asked: Asked, _: str, __: str) -> tuple[int, Any]:
    now = server.account.now()
    since, until = asked.time("since", now), asked.time("until", now + timedelta(seconds=1))
    return 200, asked.page("oncalls", server.account.on_calls(since, until, asked.all("escalation_policy_ids[]")))


@_on("GET", "/schedules/{id}/overrides")
def _overrides(server: Server, asked: Asked, schedule: str, _: str) -> tuple[int, Any]:
    since, until = asked.time("since", server.account.now()), asked.time("until", server.account.now())
    kept = server.account.schedule(schedule).overrides.items()
    found = [
        {"id": each, "start": told(start), "end": told(end), "user": ref("user", who, server.account.name(who))}
        for each, (who, start, end) in kept
        if start < until and end > since
    ]
    return 200, {"overrides": found}


@_on("POST", "/schedules/{id}/overrides")
def _override(server: Server, asked: Asked, schedule: str, _: str) -> tuple[int, Any]:
    kept = server.account.schedule(schedule).overrides
    made = []
    for each in asked.body["overrides"]:
        start, end = datetime.fromisoformat(each["start"]), datetime.fromisoformat(each["end"])
        if end <= start:
            made.append({"status": 400, "errors": ["Override must end after its start"], "override": each})
            continue
        override = f"QOVER{len(kept) + 1}"
        kept[override] = (server.account.user(each["user"]["id"]).id, start, end)
        made.append({"status": 201, "override": {**each, "id": override}})
    return 201, made


@_on("DELETE", "/schedules/{id}/overrides/{id}")
def _end_override(server: Server, _: Asked, schedule: str, override: str) -> tuple[int, Any]:
    kept = server.account.schedule(schedule).overrides
    if override not in kept:
        raise Wrong(404, "Not Found")
    who, start, end = kept.pop(override)
    if start < server.account.now() < end:
        kept[override] = (who, start, server.account.now())
        return 200, None
    return 204, None


@contextlib.contextmanager
def pagerduty(now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Iterator[Server]:
    """One on a free port."""
    from support import pagerduty_verbs  # noqa: F401  # brings the other routes

    class Http(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            status, answer, fields = server.answer(self.command, self.path, dict(self.headers.items()), body)
            self.send_response_only(status)
            for name, value in (*fields.items(), ("Content-Type", "application/json"), ("Content-Length", str(len(answer)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_DELETE = reply

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Listening(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 50

    with Listening(("127.0.0.1", 0), Http) as running:
        server = Server(Account(now), f"http://127.0.0.1:{running.server_port}")
        threading.Thread(target=running.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield server
        finally:
            running.shutdown()
