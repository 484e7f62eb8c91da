"""Addresses that no word from outside may lead to."""

from __future__ import annotations

METADATA = frozenset({"169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"})
"""Where clouds hand out this machine's own credentials: asked only if the configuration names that very address."""


CREDENTIALS = "a cloud keeps credentials there"
"""Why it is not asked."""


def hands_out_credentials(host: str) -> bool:
    """Whether this host is one of `METADATA`, however its address is spelt, also as IPv4 within IPv6 (RFC 4291, 2.5.5.2; RFC 6052,
    2.1). A name is none: where it leads is only known once it is reached."""
    from ipaddress import IPv4Address, IPv6Address, ip_address  # deferred: few runbooks have an address

    try:
        found = ip_address(host.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        translated = IPv4Address(int(found) & 0xFFFFFFFF) if int(found) >> 32 == _TRANSLATED else None
        found = found.ipv4_mapped or translated or found
    return str(found) in METADATA


_TRANSLATED = 0x0064_FF9B << 64  # 64:ff9b::/96
