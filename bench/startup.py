"""From exec to the last known board (bar 1), and to a live board with rows (bar 2), against a bare Textual app: runs take turns,
medians, a ratio.

The first is drawn whole when its last line has come. The rows are in the very first live frame: those that the journal knows of the
last time, read as they must be read now. ``--subject new`` is the first start of all, in an empty home: there is no last board, and
it is live once this machine has been looked at. With ``--alerts`` the last known board has some of so many; they are asked for when
the live one stands.
"""

from __future__ import annotations

import contextlib
import statistics
import sys

from storm import RULES, serving
from subject import BARE, CONFIG, SOURCE, Pty, options, subject, versions

LIVE = b"UTC"
"""What a live board's first line has, and no last known board."""


def main() -> None:
    """Measure and print."""
    parser = options(__doc__ or "")
    parser.add_argument("--runs", type=int, default=21)
    parser.add_argument("--alerts", type=int, default=0, help="with a source that has so many, which were there the last time")
    chosen = parser.parse_args()
    bare: list[float] = []
    first: list[float] = []
    ours: list[float] = []
    with contextlib.ExitStack() as stack:
        if chosen.alerts:
            chosen.first = RULES[0]
            chosen.sources = [CONFIG, SOURCE.format(number=1, url=stack.enter_context(serving(chosen.alerts)))]
        cockpit = stack.enter_context(subject(chosen))
        for run in range(chosen.runs + 1):
            with Pty([sys.executable, "-c", BARE], draws=False) as terminal:
                bare_ms = (terminal.wait_raw(b"BAREREADY") - terminal.started) * 1000
            with cockpit.opened(draws=False) as terminal:
                kept = terminal.wait_raw(b"\x1b[%dH" % terminal.lines) if chosen.subject == "cockpit" else terminal.started
                ready = cockpit.ready.encode()
                terminal.wait_until(lambda: ready in terminal.raw.partition(LIVE)[2], what="a live board")  # noqa: B023  # called here
                live = terminal.log[-1][0]
            if run:  # the first fills caches
                bare.append(bare_ms)
                first.append((kept - terminal.started) * 1000)
                ours.append((live - terminal.started) * 1000)
    print(versions())
    print(f"bare Textual app  {statistics.median(bare):7.1f} ms  (min {min(bare):.1f}, max {max(bare):.1f}, {len(bare)} runs)")
    said = [("live", ours, 1.1)]
    if chosen.subject == "cockpit":
        said.insert(0, ("last known", first, 0.08))
    for name, taken, bar in said:
        turns = statistics.median(our / one for our, one in zip(taken, bare, strict=True))
        ratio = statistics.median(taken) / statistics.median(bare)
        print(f"{chosen.subject}, {name:<12} {statistics.median(taken):7.1f} ms  (min {min(taken):.1f}, max {max(taken):.1f})")
        print(f"  ratio of medians  {ratio:.3f}  bar {bar}; median of ratios, each run against the bare one before it, {turns:.3f}")


if __name__ == "__main__":
    main()
