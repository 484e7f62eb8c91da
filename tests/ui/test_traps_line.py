"""The pane's line of a trap in the width that there is."""

import pytest

from cockpit.ui.traps import shortened


@pytest.mark.parametrize(
    ("says", "width", "said"),
    [
        ("69 % used · full in 3 h 10 m", 28, "69 % used · full in 3 h 10 m"),
        ("69 % used · full in 3 h 10 m · 1.2 GB free", 30, "69 % used · full in 3 h 10 m"),
        ("69 % used · full in 3 h 10 m", 24, "69 % used · full in 3 h"),
        ("69 % used · full in 3 h 10 m", 22, "69 % · full in 3 h"),
        ("1.2 GB free of 8 GB · trips in 45 s", 22, "1.2 GB · trips in 45 s"),
        ("queue 9 long · full in 3 h 10 m", 12, "full in 3 h"),
        ("69 % used · full in 3 h 10 m", 6, "69 % used · full in 3 h 10 m"),  # there is no room for any of it
        ("none failed · as far as can be seen", 20, "none failed · as far as can be seen"),
    ],
)
def test_a_forecast_is_whole_or_coarser_but_never_a_number_without_its_unit(says: str, width: int, said: str) -> None:
    assert shortened(says, width) == said
