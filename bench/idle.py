"""What a screen costs that nobody touches (bars 9 and 12): bytes to the terminal and processor time in a minute, 120×40."""

from __future__ import annotations

import time

from subject import opened, options, versions


def main() -> None:
    """Measure and print."""
    parser = options(__doc__ or "")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--settle", type=float, default=5.0, help="seconds that start-up is given to be over")
    chosen = parser.parse_args()
    with opened(chosen, "--clock") as (terminal, ready):
        terminal.wait_for(ready)
        settled = time.monotonic() + chosen.settle
        while time.monotonic() < settled:
            terminal.pump(0.1)
        bytes_before, cpu_before, start = terminal.bytes_out, terminal.cpu_seconds(), time.monotonic()
        while (elapsed := time.monotonic() - start) < chosen.seconds:
            terminal.pump(0.5)
        written = (terminal.bytes_out - bytes_before) * 60 / elapsed
        busy = (terminal.cpu_seconds() - cpu_before) / elapsed * 100
        memory = terminal.memory_mb()
    print(versions())
    print(f"{chosen.subject}: {written:.0f} bytes a minute (bar 450), {busy:.2f} % of a core (bar 1), {memory:.0f} MB PSS")


if __name__ == "__main__":
    main()
