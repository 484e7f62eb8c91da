"""A file system whose server does not answer, as a hung NFS mount: whoever looks at it waits, and only a signal ends them."""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

__all__ = ["hung"]


@contextlib.contextmanager
def hung(over: Path) -> Iterator[Callable[[], None]]:
    """Mount one over a directory. It is a FUSE file system of which nobody serves the requests. Gives a function that ends it:
    after that those who wait get an error, and the directory is as it was. Skips where mounting is not allowed."""
    if os.geteuid() != 0 or not os.access("/dev/fuse", os.R_OK | os.W_OK):
        pytest.skip("a hung mount needs root and /dev/fuse")
    server = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={server},rootmode=40000,user_id=0,group_id=0".encode()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"cockpit-test", os.fsencode(over), b"fuse.hung", 0, options) != 0:
        os.close(server)
        pytest.skip(f"a hung mount cannot be made here: {os.strerror(ctypes.get_errno())}")
    ended = False

    def end() -> None:
        nonlocal ended
        if not ended:
            ended = True
            subprocess.run(("umount", "-l", str(over)), check=True, timeout=20)
            os.close(server)

    try:
        yield end
    finally:
        end()
