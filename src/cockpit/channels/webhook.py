"""``webhook``: the page as JSON to an address, signed so that the other side knows who sent it.

Source: Standard Webhooks 1.0, "Signature scheme": ``webhook-id``, ``webhook-timestamp`` (seconds), and ``webhook-signature``
``v1,`` with the base64 of HMAC-SHA256 over ``id.timestamp.body``. The id is the page's key for this person: a page that is sent
again has the same one, and a receiver that remembers it takes it once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import datetime
from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit

import msgspec

from ..core.addresses import place_problem
from ..core.paging import Page
from ..core.text import clean
from ..provider import Host, Http, HttpSettings, ProviderError, Recipient, Secret
from .wording import payload_of


class WebhookConfig(HttpSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``url`` is where the page goes; ``secret_url`` instead, where the address itself is the secret. ``signing_key`` signs what is
    sent (Standard Webhooks; with ``whsec_`` before it, its base64)."""

    url: str = ""
    secret_url: Secret | None = None
    signing_key: Secret | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if bool(self.url) == (self.secret_url is not None):
            raise ValueError("give the address as url, or as secret_url where it is the secret")
        if self.url and (problem := place_problem(self.url)):
            raise ValueError(problem)


class Webhook:
    """Posts each page. Whoever receives it tells people; ``to`` says whom."""

    Config: ClassVar[type[msgspec.Struct]] = WebhookConfig
    contact: ClassVar[str] = ""
    lasting: ClassVar[bool] = True

    def __init__(self, config: WebhookConfig, host: Host) -> None:
        self._config, self._host = config, host
        url = config.secret_url.reveal() if config.secret_url is not None else config.url
        parts = urlsplit(url)
        self._path, self._query = parts.path or "/", parse_qsl(parts.query, keep_blank_values=True)
        self._hidden = config.secret_url is not None
        self._http: Http = host.http(parts._replace(path="", query="", fragment="").geturl(), _unsigned(config), "a webhook")
        self._key = _key(config.signing_key) if config.signing_key is not None else b""

    async def page(self, page: Page, to: Recipient) -> str:
        """Post it, once; a status of 200 to 299 is a yes."""
        told = {"person": to.person, "name": to.name, "address": to.address}
        body = msgspec.json.encode({**payload_of(page), "to": told})
        name = f"{page.key}/{to.person}/{page.kind.value}"
        http = self._http if not self._key else self._signed(name, body)
        try:
            reply = await http.send("POST", self._path, body, query=self._query)
        except ProviderError as error:
            if self._betrays(str(error)):
                raise type(error)("it refused (what it said holds the secret address and is not shown)") from None
            raise
        finally:
            if http is not self._http:
                await http.close()
        said = reply.body.decode() if reply.body.isascii() else ""
        return "" if self._betrays(said) else clean(said[:200], 100)

    def _betrays(self, said: str) -> bool:
        """Whether it holds what is secret of the address."""
        parts = (self._path.strip("/"), *(value for _, value in self._query))
        return self._hidden and any(part and part in said for part in parts)

    def _signed(self, name: str, body: bytes) -> Http:
        """HTTP that sends this one body's signature along."""
        headers = signature(self._key, name, self._host.clock.now(), body)
        settings = _unsigned(self._config, {**self._config.headers, **headers})
        return self._host.http(self._http.address, settings, "a webhook")


def signature(key: bytes, name: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of Standard Webhooks."""
    # an id is one token: it is told apart by the digest, whatever stands in the page's key
    told = "page_" + hashlib.sha256(name.encode()).hexdigest()[:32]
    moment = str(int(at.timestamp()))
    signed = hmac.new(key, b".".join((told.encode(), moment.encode(), body)), hashlib.sha256).digest()
    return {
        "webhook-id": told,
        "webhook-timestamp": moment,
        "webhook-signature": "v1," + base64.b64encode(signed).decode(),
    }


def _key(secret: Secret) -> bytes:
    text = secret.reveal().strip()
    if not text.startswith("whsec_"):
        return text.encode()
    try:
        return base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("signing_key begins with whsec_, and what follows is not base64") from None


def _unsigned(config: WebhookConfig, headers: dict[str, str] | None = None) -> HttpSettings:
    shared = {name: getattr(config, name) for name in HttpSettings.__struct_fields__}
    return HttpSettings(**{**shared, **({"headers": headers} if headers is not None else {})})
