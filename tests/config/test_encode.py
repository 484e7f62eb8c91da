"""Traps and runbooks, written down and read again, are the same."""

from __future__ import annotations

from pathlib import Path

import pytest
import tomli_w

from cockpit.config.encode import duration, runbook_table, trap_table
from cockpit.core.units import seconds
from support.configs import loaded

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def test_everything_in_the_example_survives_the_round_trip(tmp_path: Path) -> None:
    config = loaded(EXAMPLE)
    tables = {
        "approvals": str(config.approvals),  # which a runbook that wants one cannot do without
        "traps": {name: trap_table(trap) for name, trap in config.traps.items()},
        "runbooks": {name: runbook_table(book) for name, book in config.runbooks.items()},
    }
    path = tmp_path / "config.toml"
    path.write_text(tomli_w.dumps(tables), "utf-8")
    again = loaded(path)
    assert again.runbooks == config.runbooks
    assert again.traps == config.traps


@pytest.mark.parametrize("value", [0, 1, 1.5, 59, 60, 90, 3600, 93600, 86400, 604800, 2678400, 123456789.0, 0.25])
def test_durations_are_written_so_that_they_are_read_as_the_same(value: float) -> None:
    assert seconds(duration(value)) == value
