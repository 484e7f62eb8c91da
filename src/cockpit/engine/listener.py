"""Listens to a runbook's program when the cockpit that started it is no more: a process of its own, one for each program.

It holds the reading end of the program's output beside the cockpit and does nothing, until the cockpit is gone; only then it reads.
Without it a program that prints would be ended by SIGPIPE the moment the cockpit is killed, half-way through a repair. What it
reads goes on at the end of the run's output file, `MOST` bytes of it; the rest goes nowhere. It ends when the program, and whatever
else holds its output, has ended; and the cockpit ends it once a step is over.

What may not be seen of it, the secrets of the run, the cockpit tells it by the pipe whose end is the cockpit's: each with its
length before it, in four bytes. A secret of no length says that the cockpit is not gone, but has left the program to itself.

It is executed as a file (``python -I -S listener.py OUTPUT LIFE FILE``, numbers of descriptors) and imports nothing but ``os`` and
``signal``, so that it costs the machine little.
"""

import os
import signal
import sys

MOST = 2**20
"""Bytes that are kept of what a program prints without its cockpit."""
_SAFE = {code: "?" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"}
_HERE = "\n… the cockpit was killed here; the program went on and printed: …\n"
_LEFT = "\n… the run has ended here; the program went on, as it should, and printed: …\n"


def listen(output: int, life: int, file: int) -> None:
    """Wait for the end of ``life``, a pipe whose other end only the cockpit holds; then read ``output`` until it ends, too. What is
    read goes to ``file``; -1 if the output is not kept."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # who ends the cockpit by its name or its group does not mean the repair
    told = b""
    while data := os.read(life, 65536):
        told += data
    secrets, here = _secrets(told)
    os.set_blocking(output, True)  # as the cockpit had it, it was not; now nobody else reads it
    left, held = MOST if file >= 0 else 0, b""
    while data := os.read(output, 65536):
        data, held = _masked(held + data, secrets)
        left = _kept(file, data, left, here)
    _kept(file, held, left, here)


def _secrets(told: bytes) -> tuple[list[bytes], str]:
    """(what may not be seen, what stands before the output)."""
    secrets: list[bytes] = []
    here = _HERE
    while len(told) >= 4:
        size = int.from_bytes(told[:4], "big")
        if size:
            secrets.append(told[4 : 4 + size])
        else:
            here = _LEFT
        told = told[4 + size :]
    return secrets, here


def _masked(data: bytes, secrets: list[bytes]) -> tuple[bytes, bytes]:
    """(what may be seen, an end that may be the beginning of a secret)."""
    for secret in secrets:
        data = data.replace(secret, b"***")
    longest = max((len(secret) for secret in secrets), default=1) - 1
    for size in range(min(longest, len(data)), 0, -1):
        if any(secret.startswith(data[-size:]) for secret in secrets):
            return data[:-size], data[-size:]
    return data, b""


def _kept(file: int, data: bytes, left: int, here: str) -> int:
    """Write it, as far as there is room; gives what is left of that."""
    if left <= 0 or not data:
        return left
    try:
        if left == MOST:
            os.write(file, here.encode())
        os.write(file, data[:left].decode("utf-8", "replace").translate(_SAFE).encode())
    except OSError:
        return 0  # the disk is full, and perhaps this very run is freeing it
    return left - len(data)


if __name__ == "__main__":
    listen(*map(int, sys.argv[1:4]))
