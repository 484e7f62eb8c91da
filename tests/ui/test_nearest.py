"""Letters where a terminal has not all of Unicode."""

from __future__ import annotations

import pytest

from cockpit.ui.nearest import NEAREST


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("L\xe9vas", "Levas"),
        ("Le\u0301vas", "Levas"),
        ("S\xe3o Paulo", "Sao Paulo"),
        ("\u2026 \u65e5 \xdf", "? ? ?"),
        ("\ufb01", "?"),
    ],
)
def test_an_accent_is_left_out_before_a_letter_is_and_no_column_moves(text: str, drawn: str) -> None:
    assert text.encode("ascii", NEAREST) == drawn.encode()
