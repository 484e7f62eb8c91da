"""What is on this machine, and which traps and runbooks fit it: ``propose(look())``."""

from .found import Found
from .looking import look
from .proposal import Proposal, Suggestion
from .propose import propose

__all__ = ["Found", "Proposal", "Suggestion", "look", "propose"]
