"""Values in addresses, RFC 3986, 2.1."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..placeholders import filled
from ..regex import regex

_HOST = regex(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?", re.ASCII)


def coded(value: str) -> str:
    """One component of an address, whatever is in it: all but letters, digits and ``-._~`` percent-encoded."""
    from urllib.parse import quote  # deferred: few runbooks have an address

    return quote(value, safe="", errors="surrogatepass")


def address(url: str, values: Mapping[str, str]) -> str:
    """An address with every value in its place, once: where the host stands, a host; behind it, one component."""
    end = next((at for at, char in enumerate(url) if char in "/?#" and at >= len("https://")), len(url))
    there = filled(url[:end], {name: _hosted(value) for name, value in values.items()})
    return there + filled(url[end:], {name: coded(value) for name, value in values.items()})


def _hosted(value: str) -> str:
    """As it is where it is a host, with a port if need be; else `coded`, which no host is."""
    return value if _HOST.fullmatch(value) else coded(value) or "%"


def host_of(url: str) -> str:
    """The host in an address, without brackets."""
    from urllib.parse import urlsplit  # deferred, as above

    return urlsplit(url).hostname or ""


def port_of(url: str) -> int | None:
    """The port in an address. Raises ``ValueError`` for one that cannot be."""
    from urllib.parse import urlsplit  # deferred, as above

    return urlsplit(url).port
