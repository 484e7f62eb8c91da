"""Pages by way of PagerDuty's Events API v2: trouble begins, somebody has it, it is over, under one key."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec

from ..core.alerts import Severity
from ..core.paging import Page, PageKind
from ..core.text import clean, clean_block
from ..provider import Forbidden, Host, HttpSettings, ProviderError, Secret

LONGEST_SUMMARY = 1024
"""Characters (Events API v2, payload.summary)."""
LONGEST_KEY = 255
"""Characters (Events API v2, dedup_key)."""
_SEVERITIES = {
    Severity.CRITICAL: "critical",
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "info",
    Severity.UNKNOWN: "error",  # nobody has said that it is harmless
}


class _Payload(msgspec.Struct, omit_defaults=True):
    summary: str
    source: str
    severity: str
    custom_details: dict[str, str] = {}


class _Link(msgspec.Struct):
    href: str
    text: str


class _Event(msgspec.Struct, omit_defaults=True):
    routing_key: str
    event_action: str
    dedup_key: str
    client: str = ""
    payload: _Payload | None = None
    links: list[_Link] = []


class Events:
    """``key`` is the integration key of a service, whose own escalation policy decides whom it wakes; ``keys`` are those of
    services that wake one person each, by that person's id in the config."""

    def __init__(self, url: str, settings: HttpSettings, host: Host, key: Secret | None, keys: Mapping[str, Secret]) -> None:
        plain = {name: getattr(settings, name) for name in ("ca", "certificate", "certificate_key", "verify", "proxy", "within")}
        self._http = host.http(url, HttpSettings(**plain), "PagerDuty's Events API")  # which is told no token of the account's
        self._key, self._keys, self._machine = key, keys, host.machine

    async def page(self, page: Page) -> None:
        """Send it. Raises `Forbidden` where nobody but somebody else would be woken."""
        secret = self._of(page.person)
        event = _Event(secret.reveal(), page.kind.value, dedup(page.key))
        if page.kind is PageKind.TRIGGER:
            event.client, event.payload = "Cockpit", self._payload(page)
            event.links = [_Link(link.url, link.name) for link in page.links]
        try:
            await self._http.send("POST", "/v2/enqueue", msgspec.json.encode(event))
        except ProviderError as error:
            # the key travels in the body, where nobody else knows that it is one: whatever echoes it is not repeated
            error.args = (str(error).replace(secret.reveal(), "***"), *error.args[1:])
            raise

    async def close(self) -> None:
        """Close the connection."""
        await self._http.close()

    def _of(self, person: str) -> Secret:
        if person and person in self._keys:
            return self._keys[person]
        if person:
            raise Forbidden(
                f"it cannot wake {clean(person, 60)} alone: name the key of a service that does in routing_keys of this source"
            )
        if self._key is None:
            raise Forbidden("it has no routing_key: name the integration key of the service that is to be paged")
        return self._key

    def _payload(self, page: Page) -> _Payload:
        details = dict(page.labels)
        if page.details:
            details["details"] = clean_block(page.details)
        summary = ("DRILL: " if page.drill else "") + page.summary
        return _Payload(
            summary=clean(summary, LONGEST_SUMMARY),
            source=page.where or self._machine.host,
            severity=_SEVERITIES[page.severity],
            custom_details=details,
        )


def dedup(key: str) -> str:
    """The key as the API takes it: one that is too long keeps its beginning, and a sum of the whole."""
    if len(key) <= LONGEST_KEY:
        return key
    return f"{key[: LONGEST_KEY - 17]}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
