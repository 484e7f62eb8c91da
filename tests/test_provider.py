"""The public kit for adapters is whole, however little of it is loaded at first."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cockpit import capabilities, provider


@pytest.mark.parametrize("name", [*provider.__all__, "capabilities"])
def test_every_name_that_it_promises_is_there(name: str) -> None:
    assert getattr(provider, name) is not None


def test_what_stands_elsewhere_is_the_very_thing() -> None:
    assert provider.Acks is capabilities.Acks


def test_a_name_that_it_does_not_have_is_missed_in_plain_words() -> None:
    with pytest.raises(AttributeError, match=r"module 'cockpit\.provider' has no attribute 'Nonesuch'"):
        getattr(provider, "Nonesuch")  # noqa: B009  # mypy knows that there is none


def test_an_error_alone_does_not_load_what_providers_can_do() -> None:
    said = "import sys; from cockpit.provider import Unreachable; print('cockpit.capabilities' in sys.modules)"
    done = subprocess.run((sys.executable, "-c", said), capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
