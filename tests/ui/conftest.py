"""What tests of the screen may ask for."""

from __future__ import annotations

import pytest

from cockpit.ui import confirm


@pytest.fixture
def no_quiet_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quiet time before an answer is tried in test_confirm; elsewhere it would only be waited for."""
    monkeypatch.setattr(confirm, "QUIET", 0.0)
