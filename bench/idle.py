"""What a screen costs that nobody touches (bars 9 and 12): bytes to the terminal and processor time in a minute.

``--explain`` prints what was written, frame by frame: one sees which reading or age it was.
"""

from __future__ import annotations

import time

from subject import options, subject, versions


def main() -> None:
    """Measure and print."""
    parser = options(__doc__ or "")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--settle", type=float, default=5.0, help="seconds that start-up is given to be over")
    parser.add_argument("--columns", type=int, default=120)
    parser.add_argument("--lines", type=int, default=40)
    parser.add_argument("--explain", action="store_true")
    chosen = parser.parse_args()
    with subject(chosen) as what, what.opened("--clock", columns=chosen.columns, lines=chosen.lines) as terminal:
        terminal.wait_for(what.ready)
        settled = time.monotonic() + chosen.settle
        while time.monotonic() < settled:
            terminal.pump(0.1)
        bytes_before, cpu_before, start = terminal.bytes_out, terminal.cpu_seconds(), time.monotonic()
        frames = len(terminal.log)
        while (elapsed := time.monotonic() - start) < chosen.seconds:
            terminal.pump(0.5)
        written = (terminal.bytes_out - bytes_before) * 60 / elapsed
        busy = (terminal.cpu_seconds() - cpu_before) / elapsed * 100
        memory = terminal.memory_mb()
        frames_written = terminal.log[frames:]
    print(versions())
    print(f"{chosen.subject}: {written:.0f} bytes a minute (bar 450), {busy:.2f} % of a core (bar 1), {memory:.0f} MB PSS")
    for at, data in frames_written if chosen.explain else ():
        print(f"{at - frames_written[0][0]:7.2f}  {len(data):4}  {data!r}")


if __name__ == "__main__":
    main()
