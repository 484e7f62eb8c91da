"""The public kit for people who write providers and probes: the contract every provider keeps, and doubles to test with.

::

    from cockpit.testing import ProviderContract

    class TestOpsThing(ProviderContract):
        def provider(self): ...      # one that answers as its source did, recorded
        def hostile(self): ...       # the same, with `HOSTILE` in every text its source sends
        def failing(self): ...       # one for each way in which the source can say no

One that speaks HTTP subclasses `HttpContract`, gives recorded answers, and inherits the rest: `Misbehaving` is a real server that
answers as recorded, or misbehaves in one of many ways (`FAULTS`).

Nothing in here needs pytest: the tests are plain methods that raise ``AssertionError``.
"""

from .clock import FakeClock
from .contract import HOSTILE, ProviderContract
from .doubles import FakeHost, FakeMachine
from .fake import FakeConfig, FakeProvider, as_class
from .http import HttpContract
from .misbehaving import FAULTS, Misbehaving
from .responder import FakeResponder

__all__ = [
    "FAULTS", "HOSTILE", "FakeClock", "FakeConfig", "FakeHost", "FakeMachine", "FakeProvider", "FakeResponder", "HttpContract",
    "Misbehaving", "ProviderContract", "as_class",
]  # fmt: skip
