"""Whom TLS trusts: one context for all who trust the same. To load the authorities of a system takes 20 ms and a megabyte."""

from __future__ import annotations

import os
import ssl
import threading
from typing import NamedTuple
from weakref import WeakValueDictionary

from .core.text import clean

HTTP = ("http/1.1",)
"""What is spoken over TLS by whoever speaks HTTP (RFC 7301)."""


class Trust(NamedTuple):
    """What a context is made of. ``ca`` is a file of authorities, "" for the system's; ``certificate`` is the file with ours, ""
    for none, and ``key`` that with its key, "" for the same one. Without ``verify`` anybody is trusted; without ``named`` also who
    has a certificate for another name. ``speaks`` are the protocols that are offered (ALPN)."""

    ca: str = ""
    certificate: str = ""
    key: str = ""
    verify: bool = True
    named: bool = True
    speaks: tuple[str, ...] = ()

    @property
    def files(self) -> str:
        """What it is read from, for people; "" where nothing is."""
        authorities = f"the authorities in {clean(self.ca, 200)}" if self.ca else "the system's authorities" * self.verify
        ours = [f"the certificate {clean(self.certificate, 200)}"] * bool(self.certificate)
        key = [f"its key {clean(self.key, 200)}"] * bool(self.certificate and self.key)
        return " or ".join(filter(None, (authorities, *ours, *key)))


class UnusableFile(Exception):
    """A file that trust is made of cannot be used; the message says which and why, for the person. ``own``: it is our certificate,
    and not the authorities."""

    def __init__(self, message: str, own: bool) -> None:
        super().__init__(message)
        self.own = own


_File = tuple[str, int, int, int, int] | None
_made: WeakValueDictionary[tuple[Trust, tuple[_File, ...]], ssl.SSLContext] = WeakValueDictionary()
_lock = threading.Lock()


def context_for(trust: Trust) -> ssl.SSLContext:
    """The context that everybody has who trusts so, for as long as somebody holds it; another one as soon as one of its files has
    changed (the system's authorities, too). Ask before each connection, hold what you get, and change nothing of it. Reads files:
    may block. From any thread. Raises `UnusableFile`."""
    key = (trust, _files(trust))  # looked at before they are read: what changes in between is another one the next time
    with _lock:
        found = _made.get(key)
    if found is None:
        made = _context(trust)  # without the lock: a file on a disk that hangs holds up no other thread
        with _lock:
            found = _made.setdefault(key, made)
    return found


def _files(trust: Trust) -> tuple[_File, ...]:
    system = ssl.get_default_verify_paths() if trust.verify and not trust.ca else None
    authorities = (system.cafile, system.capath) if system is not None else (trust.ca,)
    return tuple(_file(each) for each in (*authorities, trust.certificate, trust.key))


def _file(path: str | None) -> _File:
    try:
        seen = os.stat(path) if path else None
    except OSError:
        return None  # who reads it says why
    return (str(path), seen.st_dev, seen.st_ino, seen.st_mtime_ns, seen.st_size) if seen is not None else None


def _context(trust: Trust) -> ssl.SSLContext:
    try:
        if trust.verify or trust.ca:
            context = ssl.create_default_context(cafile=trust.ca or None)
        else:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # nobody is asked whom to trust
    except (OSError, ssl.SSLError) as error:
        raise UnusableFile(f"cannot read the authorities in {clean(trust.ca, 200)}: {_word(error)}", own=False) from None
    if trust.certificate:
        try:
            # without a password it would ask for one at the terminal
            context.load_cert_chain(trust.certificate, trust.key or None, password="")
        except (OSError, ssl.SSLError, ValueError) as error:
            raise UnusableFile(f"cannot use the certificate {clean(trust.certificate, 200)}: {_word(error)}", own=True) from None
    if not (trust.named and trust.verify):
        context.check_hostname = False
    if not trust.verify:
        context.verify_mode = ssl.CERT_NONE
    if trust.speaks:
        context.set_alpn_protocols(list(trust.speaks))
        # httpcore says the same again at each connection: OpenSSL frees what another thread may just be copying into its own
        context.set_alpn_protocols = _said_already  # type: ignore[assignment,method-assign]
    return context


def _said_already(_protocols: object) -> None:
    return


def _word(error: Exception) -> str:
    return clean(getattr(error, "strerror", "") or getattr(error, "reason", "") or type(error).__name__, 200)
