"""What an HTTP answer or a TLS failure means for the person: one place that maps them to the tree of `provider.ProviderError`."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from .core.text import clean
from .provider import (
    AuthFailed,
    Conflict,
    Forbidden,
    NotFound,
    NotReached,
    ProviderError,
    RateLimited,
    Reply,
    Unreachable,
)

LONGEST_AFTER = 3600.0
"""Seconds: a ``Retry-After`` beyond this is taken as this."""
_TOLD = 200  # characters of a server's reason that are shown
_REASONS = ("message", "error", "detail", "error_description", "title", "reason")


def refusal(reply: Reply, now: datetime, scrubbed: Callable[[str], str], *, known: bool) -> ProviderError:
    """The error for an answer that is no good; its reason is the server's own word, scrubbed of secrets. ``known``: we said who we
    are."""
    status = reply.status
    reason = clean(scrubbed(problem(reply)), _TOLD)
    told = f" ({status}): {reason}" if reason else f" ({status})"
    match status:
        case 401 if known:
            return AuthFailed(f"it does not accept the credentials{told}")
        case 401:
            return AuthFailed(f"it wants credentials{told}: set auth.bearer, or auth.user and auth.password")
        case 402:
            return Forbidden(f"the account's plan does not include that{told}")
        case 403 if (wait := _held_off(reply, now)) is not None:
            return RateLimited(f"too many questions{told}", wait)
        case 403:
            return Forbidden(f"it does not allow that{told}")
        case 404 | 410:
            return NotFound(f"it knows no such thing{told}")
        case 409 | 412:
            return Conflict(f"somebody was first{told}")
        case 429:
            held, after = _held_off(reply, now), reply.headers.get("ratelimit-reset", "")
            return RateLimited(f"too many questions{told}", retry_after(after, now) if held is None else held)
        case 407:
            return NotReached(f"the proxy wants credentials{told}")
        case 408 | _ if status == 408 or status >= 500:
            return Unreachable(f"it answered {status}" + (f": {reason}" if reason else ""))
        case _:
            return ProviderError(f"it refused{told}")


def problem(reply: Reply) -> str:
    """What a refusal says about itself: a JSON string, a member of a JSON object that is named like a reason and the list of errors
    beside it, or a line of plain text; "" for HTML and whatever else. Not cleaned."""
    try:
        told: object = msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        text = reply.body[:1000].decode("utf-8", "replace").strip()
        return "" if not text or text[0] in "<[{" else text.splitlines()[0]
    if isinstance(told, dict):
        told = next((told[name] for name in _REASONS if isinstance(told.get(name), (str, dict))), "")
    if isinstance(told, dict):
        listed = told.get("errors")
        errors = [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
        reason = next((told[name] for name in _REASONS if isinstance(told.get(name), str)), "")
        told = ": ".join(filter(None, (reason, ", ".join(errors))))
    return told.strip() if isinstance(told, str) else ""


def retry_after(text: str, now: datetime) -> float | None:
    """Seconds to wait: from a number or a date (RFC 9110, 10.2.3), capped at an hour; ``None`` where it says neither."""
    if text.strip().isascii() and text.strip().isdigit():
        return min(LONGEST_AFTER, float(text.strip()[:12]))
    date = sent_date(text)
    return None if date is None else min(LONGEST_AFTER, max(0.0, (date - now).total_seconds()))


def _held_off(reply: Reply, now: datetime) -> float | None:
    """Seconds that a refusal wants us to stay away, where it is one of too many questions: by ``Retry-After``; or as GitHub says it
    ("Rate limits for the REST API", "Exceeding the rate limit"), which answers 403 for that too: ``x-ratelimit-reset`` in seconds
    since the epoch where nothing remains, and a minute for a secondary limit that does not say."""
    if "retry-after" in reply.headers:
        return retry_after(reply.headers["retry-after"], now)
    reset = reply.headers.get("x-ratelimit-reset", "")
    if reply.headers.get("x-ratelimit-remaining") == "0" and reset.isascii() and reset.isdigit():
        return min(LONGEST_AFTER, max(0.0, float(reset[:12]) - now.timestamp()))
    return 60.0 if "secondary rate limit" in problem(reply).lower() else None


def sent_date(text: str) -> datetime | None:
    """A date of HTTP as UTC; ``None`` if it is none."""
    try:
        return parsedate_to_datetime(text).replace(tzinfo=UTC) if text else None
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def untrusted(error: BaseException) -> ProviderError | None:
    """The error of the tree for a failure of TLS; ``None`` for any other."""
    found: BaseException | None = error
    while found is not None and not isinstance(found, ssl.SSLError):
        found = found.__cause__ or found.__context__
    if found is None:
        return None
    if isinstance(found, ssl.SSLCertVerificationError):
        why = clean(found.verify_message or found.reason or "it does not hold", _TOLD)
        return NotReached(f"its certificate is not trusted: {why}; name its authority with ca, or put the certificate right")
    reason = found.reason or ""
    if "CERTIFICATE_REQUIRED" in reason or "BAD_CERTIFICATE" in reason or "UNKNOWN_CA" in reason:
        return AuthFailed("it wants a client certificate, or does not accept this one: set certificate and certificate_key")
    if "WRONG_VERSION_NUMBER" in reason or "RECORD_LAYER" in reason or "HTTP_REQUEST" in reason:
        return NotReached("it does not speak TLS at this port: is it http:// instead of https://?")
    return NotReached(f"no secure connection: {clean(reason.replace('_', ' ').lower() or type(found).__name__, _TOLD)}")
