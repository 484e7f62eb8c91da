"""What every test may ask for."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from support.home import Home


def pytest_configure() -> None:
    """What is started here must end as it does for a person, also where the tests themselves were started in the background of a
    script, or by nohup: such a shell has its children ignore these, and they theirs."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    # how fast examples are made and tried says how busy the machine is
    settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("shared machine")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home of its own."""
    path = tmp_path / "home"
    path.mkdir()
    return Home(path)
