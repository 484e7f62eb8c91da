"""What the doing of a step is given, and what it is to the runner."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

from ...core.actions import RunState
from ...core.asking import Want
from ...core.jobs import Far
from ..aside import Aside
from ..capturing import MOST
from ..desk import Session
from ..far import Engines
from ..process import Child, Heir
from ..redacting import Redactor
from ..spool import Spool
from .world import NOWHERE, World

if TYPE_CHECKING:
    from ...core.ways_back import WayBack

DISK = 2.0
"""Real seconds that what we write ourselves waits for the disk."""
_ASKERS = ("SSH_ASKPASS", "SUDO_ASKPASS", "GIT_ASKPASS", "SSH_ASKPASS_REQUIRE")
T = TypeVar("T")


class Outcome(msgspec.Struct, frozen=True):
    """How a run or a step ended. ``exit_code`` is that of the step that failed, or of the last; ``None`` where none ended by
    itself. The ``reason`` of a step goes on after its name: "ended with status 3". ``given`` are the values that
    it gave to later ones."""

    state: RunState
    exit_code: int | None
    seconds: float
    reason: str = ""
    given: dict[str, str] = {}


class Ended(Exception):
    """A run was ended while it waited for a person."""


class Unattended(Exception):
    """There is nobody to ask; the message goes on after the step's name."""


class Going:
    """A run under way: where its output goes, what ends it, and why; and what it waits for a person to say. ``told`` is called when
    it begins and ceases to wait, ``reached`` with each step that it comes to, where there are several, ``keeps`` with what takes
    back what is done by then, before anything with a way back is begun; ``fetched`` gives the secrets that this process has
    fetched so far."""

    spool: Spool
    given_up = False

    def __init__(
        self,
        run_id: str,
        told: Callable[[str, Want | None], None] = lambda _id, _want: None,
        fetched: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self.run_id = run_id
        self.ending = asyncio.Event()
        self.why = ""
        self.session: Session | None = None
        self.confided = False
        self.attended = True
        self.shut = False
        self.withheld = 0
        """Bytes of output that nobody was shown, because it was not known what must not be seen of them."""
        self._children: set[Child] = set()
        self._aside = Aside(f"output of {run_id}")
        self._asking = Aside(f"secrets of {run_id}")
        self._redactor = Redactor()
        self._fetched, self._seen = fetched, 0
        self._learning: set[asyncio.Future[None]] = set()
        self._torn = False
        self._told = told
        self._asked = 0
        self._answer: asyncio.Future[tuple[str, str]] | None = None
        self.reached: Callable[[str], None] = lambda _place: None
        self.failing: Callable[[], None] = lambda: None
        self.keeps: Callable[[WayBack], Awaitable[None]] | None = None
        self.kept = False
        """Whether a way back has been kept while it goes on."""

    async def write(self, work: Callable[[], T], patience: float | None = None) -> T:
        """Have something done to the file, in turn: a disk that does not answer holds up this run alone. `TimeoutError` after
        ``patience`` seconds; it is done all the same once the disk answers."""
        async with asyncio.timeout(patience):
            return await self._aside.do(work)

    async def say(self, line: str, *, unrecorded: bool = False) -> None:
        """Add a line of our own to the output; ``unrecorded`` where it says what is executed, or what somebody answered."""
        self._look_for_fetched()
        with contextlib.suppress(TimeoutError):  # it will stand there once the disk answers
            await self.write(partial(self.spool.say, self._redactor.line(line), unrecorded=unrecorded), DISK)

    async def keep(self, way: WayBack) -> None:
        """Have written down what takes back what is done by now, should the cockpit be killed."""
        if self.keeps is not None:
            self.kept = True
            await self.keeps(way)

    async def learn(self, secrets: Callable[[], Collection[str]], patience: float) -> bool:
        """Keep these out of the output; False where they are not known after ``patience`` seconds, or the run is to end first. Then
        nothing of what steps print is shown until they are."""
        learning = asyncio.ensure_future(self._learnt(secrets))
        self._learning.add(learning)
        ending = asyncio.ensure_future(self.ending.wait())
        try:
            ends: set[asyncio.Future[Any]] = {learning, ending}
            await asyncio.wait(ends, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ending.cancel()
        return not self.blind

    async def _learnt(self, secrets: Callable[[], Collection[str]]) -> None:
        for secret in await self._asking.do(secrets):
            self.hide(secret)

    @property
    def blind(self) -> bool:
        """Whether it is not known what must not be seen of an output; also where that could not be found out."""
        known = {each for each in self._learning if each.done() and not each.cancelled() and each.exception() is None}
        self._learning -= known
        return bool(self._learning)

    def _may_be_shown(self, data: bytes) -> bytes:
        """What of it is not withheld: nothing as long as secrets are unknown, nor the rest of a line whose beginning was."""
        if self.blind:
            self.withheld += len(data)
            self._torn = not data.endswith(b"\n") if data else self._torn
            return b""
        if self._torn:
            torn, newline, rest = data.partition(b"\n")
            self.withheld, self._torn = self.withheld + len(torn) + len(newline), not newline
            data = rest
        return data

    def _look_for_fetched(self) -> None:
        found = self._fetched()
        if len(found) != self._seen:
            self._seen = len(found)
            for secret in found:
                self.hide(secret)

    async def feed(self, data: bytes) -> bytes:
        """Add what a step printed to the output, without secrets; gives back what was added."""
        self._look_for_fetched()
        shown = self._redactor.pass_on(self._may_be_shown(data))
        if shown:
            await self.write(partial(self.spool.feed, shown))
        return shown

    async def flush(self) -> None:
        """Add what was held back because it might have become a secret: a step has ended."""
        if rest := self._redactor.rest():
            await self.write(partial(self.spool.feed, rest))

    @property
    def heir(self) -> Heir:
        """For whoever writes on when this process is gone."""
        self._look_for_fetched()
        return Heir(-1 if self.blind else self.spool.handle, self._redactor.hidden)

    def told(self, text: str) -> str:
        """A text for a person, without secrets."""
        self._look_for_fetched()
        return self._redactor.line(text)

    def confide(self, secret: str) -> None:
        """Keep this out of the output: a person has said it, for this run alone."""
        self.confided = True
        self.hide(secret)

    def hide(self, secret: str) -> None:
        """Keep this out of the output, also of what runs already and prints on when this process is gone."""
        more = self._redactor.hide(secret)
        for child in self._children:
            child.hide(more)

    def adopt(self, child: Child) -> None:
        """It has been started, and is listened to until it is `let_go`."""
        self._children.add(child)
        child.hide(self._redactor.hidden)

    def let_go(self, child: Child) -> None:
        """It is not listened to any more."""
        self._children.discard(child)

    async def ask(self, want: Want) -> tuple[str, str]:
        """Wait for a person, as long as it takes: the answer, which fits, and who gave it. Raises `Ended` where the run is ended
        meanwhile, `Unattended` where nobody can be asked."""
        if not self.attended:
            raise Unattended("waits for a person, and there is nobody to ask: run it on the screen, or at a terminal")
        self._asked += 1
        self._answer = asyncio.get_running_loop().create_future()
        ending = asyncio.ensure_future(self.ending.wait())
        self._told(self.run_id, msgspec.structs.replace(want, number=self._asked))
        try:
            ends: set[asyncio.Future[Any]] = {self._answer, ending}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if not self._answer.done():
                raise Ended
            return self._answer.result()
        finally:
            self._answer = None
            ending.cancel()
            self._told(self.run_id, None)

    def answer(self, number: int, value: str, who: str) -> None:
        """An answer; one to another question than the present one is dropped."""
        if self._answer is not None and not self._answer.done() and number == self._asked:
            self._answer.set_result((value, who))

    def reopen(self) -> None:
        """What ended it has been seen to: from now on it can be ended once more."""
        self.ending, self.why = asyncio.Event(), ""

    def close(self, spool: Spool | None) -> None:
        """No more is written."""
        if spool is not None:
            self._aside.put(spool.close)  # however it ended; a second time it does nothing
        self._aside.close()
        self._asking.close()
        for each in self._learning:
            each.cancel()

    def end(self, why: str) -> None:
        """The run is to end; the first reason stays."""
        self.why = self.why or why
        self.ending.set()


class Doing(msgspec.Struct, frozen=True):
    """What a step that is being done may use. ``hidden`` names the environment variables that nothing gets; ``seconds`` is how long
    it may take in all, ``grace`` how long (seconds) what it began may take to end when it is asked to. ``place`` is which step it
    is, for people; ``mark`` what its processes are known by, where that is not the run; into ``heard`` goes what it prints, where
    that is wanted. ``engines`` takes orders for other engines; ``far`` is what an earlier cockpit ordered in this run, and which is
    only followed; ``world`` is what it may reach beyond programs."""

    going: Going
    runbook: str
    hidden: Collection[str]
    grace: float
    seconds: float
    place: str = ""
    mark: str = ""
    heard: bytearray | None = None
    engines: Engines | None = None
    far: Far | None = None
    world: World = NOWHERE

    async def feed(self, data: bytes) -> None:
        """Add what the step printed to the output of the run, and to what is ``heard``."""
        shown = await self.going.feed(data)
        if self.heard is not None:
            self.heard.extend(shown[: MOST - len(self.heard)])

    def environment(self, own: Mapping[str, str]) -> Mapping[str, str]:
        """The cockpit's own, without the secrets its config refers to, and without what would ask for a password in a window."""
        inherited = {name: value for name, value in os.environ.items() if name not in self.hidden and name not in _ASKERS}
        return {**inherited, **own, "COCKPIT_RUNBOOK": self.runbook}


class Deed(Protocol):
    """A step being done. The runner awaits `done`; at a deadline or when the run is to end it awaits `end`, and then `done` gives
    back soon, or is cancelled. ``outlives``: what it began goes on without this cockpit, and is not ended with it; and its own word
    is what became of it, also after `end`."""

    @property
    def outlives(self) -> bool: ...
    async def done(self) -> Outcome:
        """Do it, once. Never raises for what the world does."""
        ...

    async def begun(self) -> None:
        """Wait until it is under way, or has failed to be; for what goes on in the background."""
        ...

    def leave(self) -> None:
        """It goes on after the run; `done` will be cancelled."""
        ...

    async def end(self) -> str:
        """End it, with everything that came of it; what could not be ended, for the person, "" for nothing."""
        ...
