"""The public kit for people who write providers and probes: the contract every provider keeps, and doubles to test with.

::

    from cockpit.testing import ProviderContract

    class TestOpsThing(ProviderContract):
        def provider(self): ...      # one that answers as its source did, recorded
        def hostile(self): ...       # the same, with `HOSTILE` in every text its source sends
        def failing(self): ...       # one for each way in which the source can say no

Nothing in here needs pytest: the tests are plain methods that raise ``AssertionError``.
"""

from .clock import FakeClock
from .contract import HOSTILE, ProviderContract
from .doubles import FakeHost, FakeMachine
from .fake import FakeConfig, FakeProvider, as_class

__all__ = ["HOSTILE", "FakeClock", "FakeConfig", "FakeHost", "FakeMachine", "FakeProvider", "ProviderContract", "as_class"]
