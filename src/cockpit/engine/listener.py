"""Listens to a runbook's program when the cockpit that started it is no more: a process of its own, one for each program.

It holds the reading end of the program's output beside the cockpit and does nothing, until the cockpit is gone; only then it reads.
Without it a program that prints would be ended by SIGPIPE the moment the cockpit is killed, half-way through a repair. What it
reads goes on at the end of the run's output file, `MOST` bytes of it; the rest goes nowhere. It ends when the program, and whatever
else holds its output, has ended; and the cockpit ends it once a step is over.

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
    here = _LEFT if os.read(life, 1) else _HERE
    os.set_blocking(output, True)  # as the cockpit had it, it was not; now nobody else reads it
    left = MOST if file >= 0 else 0
    while data := os.read(output, 65536):
        if left > 0:
            try:
                if left == MOST:
                    os.write(file, here.encode())
                os.write(file, data[:left].decode("utf-8", "replace").translate(_SAFE).encode())
            except OSError:
                left = 0  # the disk is full, and perhaps this very run is freeing it
            else:
                left -= len(data)


if __name__ == "__main__":
    listen(*map(int, sys.argv[1:4]))
