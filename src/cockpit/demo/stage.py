"""The demo's desk: the real engine over the story, which can be stopped, hurried, and set to another moment of the night."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from .. import plugins
from ..config.load import load
from ..config.model import Config
from ..config.reread import Reread
from ..core.alerts import LOCAL
from ..core.arming import Proposals
from ..core.recorded import Header
from ..core.view import View
from ..engine.desk import After
from ..engine.driven import Progress
from ..engine.engine import Engine
from ..engine.journal import open_journal
from ..engine.runner import Runner
from ..engine.temporary import Temporary
from .actors import provider_of
from .clock import DrivenClock
from .deeds import pretended
from .looks import channel_of, probe_of
from .scene import Scene
from .story.beats import BEGINS, LENGTH
from .story.chronicle import caption, events
from .story.night import BLIND
from .writing import looked, remembered, written

HOUR = time(3, 6, tzinfo=UTC)
"""When the night is told from."""
DEFAULT_THEME = "night-shift"
HOST = "db-1"
"""The machine that the story calls this one: where its disk fills."""
_OFTEN = 0.25
"""Real seconds between looks at whether others have something to write down."""
PATIENCE = 2.0
"""Real seconds that a source has to say what was seen last."""
_BEFORE = -4 * 86400.0
"""The second from which the journal knows anything of this night."""


def night_before(now: datetime) -> datetime:
    """The last 03:06 UTC before a moment."""
    found = datetime.combine(now.astimezone(UTC).date(), HOUR)
    return found if found <= now else found - timedelta(days=1)


class Pretending(Engine):
    """The engine, whose runbooks pretend, and which proposes traps without a look at this machine."""

    scene: Scene

    def _built_runner(self, state_dir: Path) -> Runner:
        runner = super()._built_runner(state_dir)
        runner.deed = lambda do, doing: pretended(self.scene, do, doing)
        return runner

    def propose_traps(self, after: After) -> Proposals:
        """See `desk.Desk.propose_traps`: what follows from the traps that there are."""
        about = self._cause(after)
        return self._arming().proposed(about) if about is not None else Proposals()


def _knows(engine: Engine, source: str) -> bool:
    """Whether a source has answered this engine."""
    return any(each.source == source and each.age is not None for each in engine.health())


class Stage:
    """Implements `desk.Desk` over one engine after the other: to go to another moment is to begin anew there. All of it lies in one
    temporary directory, which `close` removes. ``now`` is the real time; ``theme`` what the screen wears; ``stands`` begins with a
    clock that is stopped. It can be driven from a screen (`driven.Driven`). What is not here is the engine's."""

    word, what = "DEMO", "a demo"
    sought = 0

    def __init__(self, now: datetime, theme: str, *, at: float = BEGINS, stands: bool = False, read_only: bool = False) -> None:
        self._temporary = Temporary("demo")
        self.folder = self._temporary.path
        base = night_before(now)
        self.clock = DrivenClock(base, LENGTH)
        self.clock.play(not stands)
        self.clock.jump(at)
        self.scene = Scene(base, self.clock)
        self.header = Header(began_at=base)
        self._events = events(base)
        self._dress = {"theme": theme, "read_only": read_only}
        self._moving, self._listeners = threading.RLock(), list[Callable[[], None]]()
        self._told, self._caption, self._wanted = _BEFORE, "", list[float]()
        self._news, self._over = threading.Event(), False
        self._last: tuple[View, str, View] | None = None
        self._lay_out()
        self.config = self._files.read()
        self._engine = self._begin()
        threading.Thread(target=self._tell, name="cockpit demo", daemon=True).start()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    @property
    def view(self) -> View:
        """See `Desk.view`: the engine's, with what to look at now before all that the cockpit says of itself."""
        view, said = self._engine.view, caption(self.clock.position)
        if self._last is None or self._last[0] is not view or self._last[1] != said:
            self._last = view, said, msgspec.structs.replace(view, remarks=(said, *view.remarks))
        return self._last[2]

    def on_change(self, callback: Callable[[], None]) -> Callable[[], None]:
        """See `Desk.on_change`."""
        self._listeners.append(callback)
        return partial(self._listeners.remove, callback)

    # ── driven from a screen ──────────────────────────────────────────────────────────────────────────────────────────

    @property
    def progress(self) -> Progress:
        """How far the night is."""
        clock = self.clock
        return Progress(clock.now(), clock.position, LENGTH, clock.speed, clock.plays, clock.ended)

    def pause(self) -> bool:
        """Stand still, or go on; at the end, begin again."""
        if self.clock.ended:
            self.seek(BEGINS)
        self.clock.play(self.clock.ended or not self.clock.plays)
        return self.clock.plays

    def seek(self, position: float) -> None:
        """Go there soon; see `go_to`."""
        self._wanted.append(position)
        self._news.set()

    def step(self, by: int) -> bool:
        """Go to the next event (``by`` 1) or the one before (-1), and stand there. False where there is none."""
        here = self.clock.position
        found = [each for each in self._events if (each > here + 0.5 if by > 0 else each < here - 0.5)]
        if found:
            self.clock.play(False)
            self.seek(found[0] if by > 0 else found[-1])
        return bool(found)

    def go_at(self, speed: float) -> float:
        """Go on at this speed."""
        return self.clock.go_at(speed)

    def go_to(self, at: float) -> None:
        """Go to that second of the night. What was done at this screen holds where that lies ahead, and is forgotten where it lies
        behind. Takes some tenths of a second."""
        with self._moving:
            self._engine.stop()
            self._journal.close()
            if at < self.clock.position:
                self.scene.forget()
                self._temporary.clear()
                self._told = _BEFORE
                self._lay_out()
            self.clock.jump(at)
            self._engine = self._begin()
            self.sought += 1
        self._changed()

    # ── life ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    def close(self) -> bool:
        """End it, and remove all that it wrote. False where the engine does not end."""
        self._over = True
        self._news.set()
        with self._moving:
            ended = self._engine.stop()
            self._journal.close()
            self._temporary.remove()
        return ended

    def _lay_out(self) -> None:
        """The directory as it is before the night."""
        here = self.scene.base - timedelta(hours=9)  # before nine on a Monday it is the week before
        first = here.date() - timedelta(days=here.weekday() + 35)
        text = files(__package__).joinpath("house.toml").read_text("utf-8")
        main = self.folder / "config.toml"
        dates = {"@FIRST@": first, "@COVER@": self.scene.base.date() + timedelta(days=1)}
        for mark, day in dates.items():
            text = text.replace(mark, f"{day:%Y-%m-%d}")
        main.write_text(text, "utf-8")
        self._files = Reread(main, partial(self._read, main))

    def _read(self, main: Path, besides: tuple[Path, ...] = ()) -> Config:
        config = load(
            main, env={}, probe_of=partial(probe_of, self.scene), provider_of=self._provider_of, channel_of=channel_of,
            theme_names=(DEFAULT_THEME,), besides=besides,
        )  # fmt: skip
        return msgspec.structs.replace(config, **self._dress)

    def _provider_of(self, kind: str) -> type:
        return plugins.load(plugins.PROVIDERS, kind) if kind == LOCAL else provider_of(self.scene, kind)

    def _begin(self) -> Engine:
        """An engine at this moment, over a journal that knows all that was before."""
        state = self.folder / "state"
        journal = self._journal = open_journal(state, self.clock)
        self._catch_up(looks=True)
        engine = Pretending(
            self._files.read(), journal, self.clock, load_provider=self._provider_of,
            load_probe=partial(probe_of, self.scene), load_channel=channel_of, state_dir=state, files=self._files, through=False,
            host=HOST,
        )  # fmt: skip
        engine.scene = self.scene
        seen = threading.Event()
        engine.on_polled = lambda: seen.set() if _knows(engine, BLIND[0]) else None
        engine.start()
        engine.on_change(self._changed)
        if BLIND[1] <= self.clock.position < BLIND[2] and seen.wait(PATIENCE):
            engine.nudge(BLIND[0])  # it has been told what was seen last: now it is blind
        return engine

    def _catch_up(self, *, looks: bool = False) -> None:
        """Write down what others did until now; and what was seen, where no engine was there to see it."""
        since, until = self._told, self.clock.position
        if since == _BEFORE:
            remembered(self._journal, self.scene)
        if looks:
            looked(self._journal, self.scene, self._files.read().traps.values(), since, until)
        written(self._journal, self.scene, since, until)
        self._told = until

    def _changed(self) -> None:
        for callback in tuple(self._listeners):
            callback()

    def _tell(self) -> None:
        """In a thread of its own: where one wants to go, what others write down, and the caption, as time goes by."""
        while True:
            self._news.wait(_OFTEN)
            self._news.clear()
            with self._moving:
                if self._over:
                    return
                if self._wanted:
                    wanted, self._wanted = self._wanted[-1], []
                    self.go_to(min(max(0.0, wanted), LENGTH))
                elif self.clock.position > self._told:
                    self._catch_up()
            said = caption(self.clock.position)
            if said != self._caption:
                self._caption = said
                self._changed()
