"""A program on a pseudo-terminal within another terminal, and what each said to the other written down.

``python -m support.relay FOLDER PROGRAM ARGUMENT…`` in tests/. What comes to ``FOLDER/heard`` is what the program would take for
keys: all that was typed, and all that the terminal answered to what the program showed, which comes to ``FOLDER/shown``.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import sys
import termios
import tty

SIZE = b"\0" * 8


def main() -> int:
    """Run it, and give back its exit status."""
    folder, *argv = sys.argv[1:]
    size = fcntl.ioctl(0, termios.TIOCGWINSZ, SIZE)
    pid, inner = pty.fork()
    if pid == 0:
        os.execvp(argv[0], argv)
    fcntl.ioctl(inner, termios.TIOCSWINSZ, size)
    tty.setraw(0)
    with open(f"{folder}/heard", "ab", buffering=0) as heard, open(f"{folder}/shown", "ab", buffering=0) as shown:
        while True:
            ready, _, _ = select.select((0, inner), (), ())
            if 0 in ready:
                said = os.read(0, 4096)
                heard.write(said)
                os.write(inner, said)
            if inner in ready:
                try:
                    data = os.read(inner, 65536)
                except OSError:  # EIO: the program has ended
                    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                shown.write(data)
                while data:
                    data = data[os.write(1, data) :]


if __name__ == "__main__":
    sys.exit(main())
