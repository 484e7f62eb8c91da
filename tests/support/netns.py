"""Machines of a network of their own: Linux network namespaces, each joined to this one by a cable that can be pulled."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
from collections.abc import Iterator

import pytest

from .real import need

__all__ = ["Machine", "machine"]


class Machine:
    """A namespace: what is started ``within`` it has ``address`` and no other network."""

    def __init__(self, name: str, cable: str, address: str) -> None:
        self._cable, self.address = cable, address
        self.within = ("ip", "netns", "exec", name)

    def pull(self) -> None:
        """Pull the cable: nobody is told, packets are lost from now on."""
        _ip("link", "set", self._cable, "down")


@contextlib.contextmanager
def machine(net: int) -> Iterator[Machine]:
    """One at 10.231.``net``.2, or where somebody else's tests have that, or left it behind, 50 further on. Skips with the reason
    where that may not be made."""
    need("ip")
    if os.geteuid() != 0:
        pytest.skip("needs root, to make network namespaces")
    tag = secrets.token_hex(3)
    name, here, there = f"cockpit-{tag}", f"ck{tag}h", f"ck{tag}t"
    made = subprocess.run(("ip", "netns", "add", name), capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"network namespaces cannot be made here: {made.stderr.strip()}")
    taken = subprocess.run(("ip", "-o", "-4", "addr"), check=True, capture_output=True, text=True).stdout
    net = next(each for each in range(net, 256, 50) if f" 10.231.{each}.1/" not in taken)
    try:
        _ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", name)
        _ip("addr", "add", f"10.231.{net}.1/24", "dev", here)
        _ip("link", "set", here, "up")
        for words in (
            ("addr", "add", f"10.231.{net}.2/24", "dev", there),
            ("link", "set", there, "up"),
            ("link", "set", "lo", "up"),
        ):
            _ip("-n", name, *words)
        yield Machine(name, here, f"10.231.{net}.2")
    finally:
        subprocess.run(("ip", "link", "del", here), capture_output=True, check=False)
        _ip("netns", "del", name)


def _ip(*words: str) -> None:
    subprocess.run(("ip", *words), check=True, capture_output=True)
