"""Figures in Prometheus' text format."""

from __future__ import annotations

import math

from cockpit.core.exposition import Family, exposition


def test_values_of_labels_and_help_are_escaped_and_numbers_are_exact() -> None:
    hostile = 'a"b\\c\nd'
    samples = [({"source": hostile, "state": "live"}, 1.0), ({"source": "x", "state": "late"}, 0.1), ({"source": "é"}, math.inf)]
    page = exposition([Family("cockpit_x", "gauge", "Says\nwhat \\ it is.", samples)])
    assert page == (
        "# HELP cockpit_x Says\\nwhat \\\\ it is.\n# TYPE cockpit_x gauge\n"
        'cockpit_x{source="a\\"b\\\\c\\nd",state="live"} 1\ncockpit_x{source="x",state="late"} 0.1\ncockpit_x{source="é"} +Inf\n'
    )


def test_large_whole_numbers_keep_every_digit_and_what_has_no_samples_is_left_out() -> None:
    families = [
        Family("a_bytes", "gauge", "A.", [({}, 2.0**53)]),
        Family("b", "gauge", "B.", []),
        Family("c", "gauge", "C.", [({}, math.nan)]),
    ]
    assert exposition(families) == (
        "# HELP a_bytes A.\n# TYPE a_bytes gauge\na_bytes 9007199254740992\n# HELP c C.\n# TYPE c gauge\nc NaN\n"
    )
