"""``notify``: everything that apprise speaks (Slack, Matrix, ntfy, Telegram, Signal, SMS gateways, …): the extra ``notify``.

Each person's contact ``notify`` is an apprise URL of theirs, or the channel has one for all.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import ClassVar

import msgspec

from ..core.paging import Page, PageKind
from ..core.text import clean
from ..provider import Host, NotReached, ProviderError, Recipient, Secret
from .apart import apart
from .wording import subject_of, text_of


class NotifyConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``url`` is an apprise URL, by reference since most hold a token; without it each person's contact is one."""

    url: Secret | None = None


class Notify:
    """Hands each page to apprise."""

    Config: ClassVar[type[msgspec.Struct]] = NotifyConfig
    contact: ClassVar[str] = "notify"
    lasting: ClassVar[bool] = False

    def __init__(self, config: NotifyConfig, host: Host) -> None:  # noqa: ARG002  # every channel is handed its host
        self._config = config

    async def page(self, page: Page, to: Recipient) -> str:
        """Send it. Raises `ProviderError` with what apprise said."""
        try:
            import apprise
        except ImportError:
            raise NotReached("apprise is not installed here: pip install 'ops-cockpit[notify]'") from None
        url = self._config.url.reveal() if self._config.url is not None else to.address
        there = apprise.Apprise()
        if not there.add(url):
            scheme, colon, _ = url.partition("://")  # without one, all of it may be the token
            shown = f"{clean(scheme, 30)}://…" if colon else "it has no scheme://"
            raise ProviderError(f"apprise cannot read the address ({shown})")
        kinds = {PageKind.TRIGGER: apprise.NotifyType.FAILURE, PageKind.RESOLVE: apprise.NotifyType.SUCCESS}
        kind = kinds.get(page.kind, apprise.NotifyType.INFO)
        heard = _Heard()
        apprise.logger.addHandler(heard)
        try:
            send = partial(there.notify, title=subject_of(page), body=text_of(page), notify_type=kind)
            sent = await apart(send, "apprise")
        finally:
            apprise.logger.removeHandler(heard)
        if not sent:
            raise ProviderError("apprise could not send it" + (f": {heard.last}" if heard.last and url not in heard.last else ""))
        return "taken by apprise"


class _Heard(logging.Handler):
    """The last warning of a call: apprise answers yes or no, and says why only there."""

    last = ""

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            self.last = clean(record.getMessage(), 200)
