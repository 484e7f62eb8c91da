"""Addresses that no word from outside may lead to."""

from __future__ import annotations

METADATA = frozenset({"169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"})
"""Where clouds hand out this machine's own credentials: asked only if the configuration names that very address."""
