"""From exec to a board with rows (bar 2), against a bare Textual app: runs take turns, medians, a ratio.

The rows are in the very first frame: those that the journal knows of the last time, read as they must be read now.
``--subject new`` is the first start of all, in an empty home: until this machine has been looked at.
"""

from __future__ import annotations

import statistics
import sys

from subject import BARE, Pty, options, subject, versions


def main() -> None:
    """Measure and print."""
    parser = options(__doc__ or "")
    parser.add_argument("--runs", type=int, default=21)
    chosen = parser.parse_args()
    bare: list[float] = []
    ours: list[float] = []
    with subject(chosen) as cockpit:
        for run in range(chosen.runs + 1):
            with Pty([sys.executable, "-c", BARE]) as terminal:
                bare_ms = (terminal.wait_raw(b"BAREREADY") - terminal.started) * 1000
            with cockpit.opened() as terminal:
                ours_ms = (terminal.wait_raw(cockpit.ready.encode()) - terminal.started) * 1000
            if run:  # the first fills caches
                bare.append(bare_ms)
                ours.append(ours_ms)
    turns = [our / one for our, one in zip(ours, bare, strict=True)]
    print(versions())
    print(f"bare Textual app  {statistics.median(bare):7.1f} ms  (min {min(bare):.1f}, max {max(bare):.1f}, {len(bare)} runs)")
    print(f"{chosen.subject:<16}  {statistics.median(ours):7.1f} ms  (min {min(ours):.1f}, max {max(ours):.1f})")
    print(f"ratio of medians  {statistics.median(ours) / statistics.median(bare):7.2f}  bar 1.10")
    print(f"median of ratios  {statistics.median(turns):7.2f}  (each run against the bare one before it)")


if __name__ == "__main__":
    main()
