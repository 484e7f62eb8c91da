"""What is followed while the engine lives: what other cockpits do, what people write into runbooks and config."""

from __future__ import annotations

import contextlib
import time
from functools import partial

from ..config.model import Config, ConfigError
from ..config.reread import Reread
from .breath import Breath
from .journal import JournalError
from .person import hidden_names
from .works import Works

RARELY, SELDOM = 200, 60.0
"""So many times as long as a look at the runbooks' directories took it is waited for the next, but no more seconds than these: half
a percent of the time, half of which is rest, however many there are. Where they are as they were, two thousand take 5 ms."""
NEWER = 60.0
"""Seconds between looks at whether people have written anything into the config that does not hold here."""
FOLLOW = 5.0
"""Seconds between looks at what other cockpits of this state directory did."""


class Following(Works):
    """`Works` that goes on: a loop for each thing that others change, which the engine keeps going."""

    async def _follow(self) -> None:
        """Runs of other cockpits that share this state directory appear here too, and how the beat of its watch fares."""
        while True:
            await self.clock.sleep(FOLLOW)
            from ..core.outside import judged  # deferred until a screen has long been there
            from .outside import beaten

            kept, wanted = await self._aside.do(partial(beaten, self._state_dir)), bool(self.config.watch.beat)
            self._views.outside = partial(judged, kept, wanted)
            await self._aftermaths.follow()
            try:
                runs = await self._aside.do(partial(self.journal.runs, 50))
            except JournalError:
                continue  # busy or gone: the view's remarks say so, and its runs stay as they are
            self._store.put_runs(run for run in runs if run.id not in self._dispatch.mine)

    async def _follow_library(self) -> None:
        """What is written into the directories of runbooks holds here a moment later; and what other readers tick."""
        self.bookcase.breathe = Breath()
        while True:
            began = time.monotonic()
            await self.read_library()
            took = time.monotonic() - began
            if self.bookcase.books:
                with contextlib.suppress(JournalError):  # busy or gone: the view's remarks say so
                    if await self._aside.do(self._margins.read):
                        self._store.tell()
            await self.clock.sleep(max(FOLLOW, min(took * RARELY, SELDOM)))

    async def _follow_on(self) -> None:
        """What an earlier cockpit ordered elsewhere, and nobody follows any more, is followed here."""
        while True:
            try:
                found = await self._aside.do(self.journal.adopt_runs)
            except JournalError:
                found = ()  # busy or gone: the view's remarks say so
            for run in found:
                self._crew.go(f"following {run.what}", partial(self._dispatch.follow_on, run), errand=True)
            await self.clock.sleep(FOLLOW)

    async def _follow_petitions(self) -> None:
        """What other users of this machine ask for appears here a moment later."""
        while True:
            if await self.approving.listen():
                self._views.publish()
            await self.clock.sleep(FOLLOW)

    async def _follow_files(self) -> None:
        """What another cockpit wrote into the config (an override, a trap) holds here, too."""
        files, looked = self._files, self.clock.mono()
        while files is not None:
            await self.clock.sleep(FOLLOW)
            if self.clock.mono() - looked >= NEWER:
                looked = self.clock.mono()
                await self._tell_newer(files)
            if not await self._aside.do(files.changed):
                continue
            try:
                config = await self._aside.do(files.read)
            except ConfigError as error:
                self._views.file_fault = f"going on with the config as it was: {error.problems[0]}"
                continue
            self._views.file_fault = ""
            if config.files:
                await self._adopt(config)

    async def _tell_newer(self, files: Reread) -> None:
        """What people write into the config holds at the next start: until then, that there is something is said."""
        newer, own = await self._aside.do(files.newer), self._views.own
        said = f"{newer} changed since {files.since(self.clock.now())}: open the cockpit anew to use it" if newer else ""
        if said != own.get("config", ""):
            own["config"] = said
            if not said:
                del own["config"]
            self._views.publish()

    async def _adopt(self, config: Config) -> None:
        traps = self.config.traps
        super().adopt(config)
        await self.bookcase.look()
        self.keeper.set_traps(config.traps.values())
        self.keeper.retention = config.retention
        self._channels.adopt(config.channels)
        self._runner.hidden = frozenset(hidden_names(config))
        for gone in await self._sources.adopt(config):
            self._store.forget(gone)
        if config.traps != traps:
            self.keeper.look_all()
        self._sources.nudge(self._sources.local)
        self._views.publish()
