"""Addresses of servers, as people write them into a config."""

from __future__ import annotations

from urllib.parse import urlsplit

from .text import clean


def address_problem(url: str) -> str:
    """Why a server cannot be spoken to over HTTP at this address, under which paths are put; "" where nothing is against it. No
    password is repeated."""
    if problem := place_problem(url):
        return problem
    parts = urlsplit(url)
    if parts.query or parts.fragment:
        return f"{clean(parts._replace(query='', fragment='').geturl(), 200)}: an address has neither ? nor #"
    return ""


def place_problem(url: str) -> str:
    """As `address_problem`, for the whole address of one thing: it may have a query."""
    try:
        parts = urlsplit(url)
        names_a_host = bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none, a bracket that does not close
        return "the address cannot be read: write https://host, or https://host:9093/prefix"
    if parts.username is not None or parts.password is not None:
        return "the address must not hold a password: use auth.user and auth.password, by reference"
    if parts.scheme not in ("http", "https") or not names_a_host:
        bare = url.split("?", 1)[0]
        meant = f": write http://{clean(bare, 200)}" if bare and "//" not in bare and not any(map(str.isspace, bare)) else ""
        return f"{clean(bare, 200)} cannot be asked: the address must begin with http:// or https:// and name a host{meant}"
    return ""
