"""What a screen costs that nobody touches (bars 9 and 12): bytes to the terminal and processor time in a minute.

``--explain`` prints what was written, frame by frame: one sees which reading or age it was.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from subject import SOURCE, options, subject, versions
from support.alertmanagers import alertmanager
from wire import wire


def main() -> None:
    """Measure and print."""
    parser = options(__doc__ or "")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--settle", type=float, default=5.0, help="seconds that start-up is given to be over")
    parser.add_argument("--columns", type=int, default=120)
    parser.add_argument("--lines", type=int, default=40)
    parser.add_argument("--ssh", action="store_true", help="over a real ssh session, and count what is on the wire as well")
    parser.add_argument("--explain", action="store_true")
    parser.add_argument(
        "--sources", type=int, default=0, dest="many", help="so many sources at one real Alertmanager, polled every 15 s"
    )
    chosen = parser.parse_args()
    with contextlib.ExitStack() as stack:
        over = stack.enter_context(wire(Path(stack.enter_context(TemporaryDirectory())))) if chosen.ssh else None
        if chosen.many:
            server = stack.enter_context(alertmanager(Path(stack.enter_context(TemporaryDirectory()))))
            server.fire(
                *({"alertname": f"Disk{number}", "instance": f"db-{number}", "severity": "warning"} for number in range(20))
            )
            chosen.ready = chosen.first = "WARN"
            chosen.sources = [SOURCE.format(number=number, url=server.url) for number in range(chosen.many)]
        what = stack.enter_context(subject(chosen))
        terminal = stack.enter_context(what.opened("--clock", columns=chosen.columns, lines=chosen.lines, over=over))
        terminal.wait_for(what.ready)
        settled = time.monotonic() + chosen.settle
        while time.monotonic() < settled:
            terminal.pump(0.1)
        bytes_before, cpu_before, start = terminal.bytes_out, terminal.cpu_seconds(), time.monotonic()
        frames, wired = len(terminal.log), over.came if over is not None else 0
        while (elapsed := time.monotonic() - start) < chosen.seconds:
            terminal.pump(0.5)
        written = (terminal.bytes_out - bytes_before) * 60 / elapsed
        busy = (terminal.cpu_seconds() - cpu_before) / elapsed * 100
        memory, wired = terminal.memory_mb(), (over.came if over is not None else 0) - wired
        frames_written = terminal.log[frames:]
    print(versions())
    print(f"{chosen.subject}: {written:.0f} bytes a minute (bar 450), {busy:.2f} % of a core (bar 1), {memory:.0f} MB PSS")
    if chosen.ssh:
        print(f"over ssh: {wired * 60 / elapsed:.0f} bytes of payload a minute (bar 2700); the figures above are of ssh itself")
    for at, data in frames_written if chosen.explain else ():
        print(f"{at - frames_written[0][0]:7.2f}  {len(data):4}  {data!r}")


if __name__ == "__main__":
    main()
