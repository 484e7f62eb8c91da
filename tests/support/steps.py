"""Steps of runbooks, as tests look into them."""

from __future__ import annotations

from cockpit.core.steps.run import RunStep
from cockpit.core.steps.step import ResolvedStep, Step

__all__ = ["program"]


def program(step: Step | ResolvedStep) -> RunStep:
    """What a ``run`` step does; a step of another kind is a failure of the test."""
    assert isinstance(step.do, RunStep), step
    return step.do
