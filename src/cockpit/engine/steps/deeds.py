"""Which file does which kind of step."""

from __future__ import annotations

from ...core.steps.ask import AskStep
from ...core.steps.http import HttpStep
from ...core.steps.interactive import InteractiveStep
from ...core.steps.job import JobStep
from ...core.steps.manual import ManualStep
from ...core.steps.open import OpenStep
from ...core.steps.pick import PickStep
from ...core.steps.run import RunStep
from ...core.steps.script import ScriptStep
from ...core.steps.ssh import SshStep
from ...core.steps.step import Do
from ...core.steps.verb import VerbStep
from ...core.steps.wait import WaitStep
from .doing import Deed, Doing
from .http import Asked
from .job import JobDeed
from .link import Link
from .program import Program
from .question import Question
from .ssh import Ssh
from .verb import Spoken
from .wait import Waited


def deed(do: Do, doing: Doing) -> Deed:
    """The doing of a step, not yet begun."""
    match do:
        case RunStep() | ScriptStep():
            return Program(do, doing)
        case AskStep() | PickStep() | ManualStep() | InteractiveStep():
            return Question(do, doing)
        case SshStep():
            return Ssh(do, doing)
        case JobStep():
            if doing.engines is None:
                raise TypeError("this runner has no way to other engines")
            return JobDeed(do, doing, doing.engines, resumed=doing.far, seconds=doing.seconds)
        case HttpStep():
            return Asked(do, doing)
        case VerbStep():
            return Spoken(do, doing)
        case WaitStep():
            return Waited(do, doing)
        case OpenStep():
            return Link()
