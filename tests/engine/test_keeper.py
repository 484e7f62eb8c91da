"""The keeper: every trap is looked at in its time, and none that cannot be seen passes for healthy."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest
from msgspec.structs import replace

from cockpit.config.model import Config
from cockpit.core.traps import Reading, Trap, TrapState, Watch, fingerprint, seen
from cockpit.core.units import Seconds, bound
from cockpit.engine import post
from cockpit.engine.journal import Journal, open_journal
from cockpit.engine.keeper import CALM, EAGER, Keeper
from cockpit.engine.looks import PLACES
from cockpit.engine.machine import Here
from cockpit.engine.post import Post
from cockpit.engine.timers import Timers
from cockpit.plugins import PROBES, PluginError, load
from cockpit.provider import Host, ProbeError
from support.known import put_watch
from support.turned import TurnedClock, until

Look = Callable[[], Reading | Awaitable[Reading]]

ARMED, WARNING, TRIPPED, BLIND = TrapState.ARMED, TrapState.WARNING, TrapState.TRIPPED, TrapState.BLIND


class NumberConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    number: float = 0.0


class Stage:
    """What the probes of a test do, a clock, and where looks are noted: (probe's name, monotonic time)."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.clock = TurnedClock()
        self.begun = self.clock.mono()
        self.acts: dict[str, Look] = {}
        self.looks: list[tuple[str, float]] = []
        self.made: Counter[str] = Counter()
        self.changes = 0
        self.let_go = threading.Event()
        self.hanging = 0
        self.running = 0

    def load(self, name: str) -> type:
        if name not in self.acts:
            raise PluginError(f"no probe is called {name!r}")
        stage = self

        class Staged:
            Config: ClassVar[type[msgspec.Struct]] = NumberConfig
            readings: ClassVar[Mapping[str, str]] = {"number": "whatever"}

            def __init__(self, config: msgspec.Struct, host: Host) -> None:
                stage.made[name] += 1

            @property
            def subject(self) -> str:
                return name

            def look(self) -> Reading | Awaitable[Reading]:
                stage.looks.append((name, stage.clock.mono() - stage.begun))
                return stage.acts[name]()

        return Staged

    def hang(self) -> Reading:
        """A look that does not come back until `let_go` is set."""
        self.hanging += 1
        self.let_go.wait()
        self.hanging -= 1
        return Reading({"number": 0.0}, "back at last")

    def quiet(self) -> bool:
        """Nothing looks that could still come back by itself, and a keeper that runs waits for time to pass."""
        return looking() == self.hanging and self.clock.sleepers >= self.running

    async def turn(self, seconds: float) -> None:
        await self.clock.turn(seconds, self.quiet)

    def changed(self) -> None:
        self.changes += 1

    def keeper(self, journal: Journal, *traps: Trap) -> Keeper:
        here = Here(Config(traps={trap.name: trap for trap in traps}), journal, self.clock)
        return Keeper(here, journal, self.load, traps=traps, on_change=self.changed)

    @asynccontextmanager
    async def keeping(self, *traps: Trap) -> AsyncIterator[tuple[Keeper, Journal]]:
        """A keeper that runs, as far as knowing whether it leads."""
        journal = open_journal(self.state, self.clock)
        keeper = self.keeper(journal, *traps)
        running = asyncio.ensure_future(keeper.run())
        try:
            await until(lambda: keeper.leads or keeper.says or running.done(), "the keeper")
            self.running = 1
            yield keeper, journal
            assert not running.done(), running.exception()
        finally:
            self.running = 0
            self.let_go.set()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            journal.close()


def looking() -> int:
    return sum(thread.name.startswith("look ") for thread in threading.enumerate())


def fine(number: float = 1.0) -> Look:
    return lambda: Reading({"number": number}, f"{number:g}")


def fails(error: BaseException) -> Look:
    def look() -> Reading:
        raise error

    return look


def a_trap(name: str = "a", probe: str = "", **more: object) -> Trap:
    plain: dict[str, object] = {"name": name, "probe": probe or name, "trip": bound("number >= 90"), "warn": bound("number >= 80")}
    return Trap(**{**plain, **more})  # type: ignore[arg-type]  # the tests name fields of Trap


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path / "state")


def run(story: Coroutine[object, object, None]) -> None:
    asyncio.run(story)


def test_a_hundred_traps_are_looked_at_within_two_seconds_and_then_spread_over_their_interval(stage: Stage) -> None:
    async def story() -> None:
        stage.acts["fine"] = fine()
        traps = [a_trap(f"trap-{i}", "fine") for i in range(100)]
        async with stage.keeping(*traps) as (keeper, _):
            await stage.turn(2.0)
            assert {watch.state for watch in keeper.watches.values()} == {ARMED}
            assert len({at for _, at in stage.looks}) > 50
            await stage.turn(30.0)
            stage.looks.clear()
            await stage.turn(60.0)
            assert len(stage.looks) == 200
            assert max(Counter(int(at) for _, at in stage.looks).values()) <= 12

    run(story())


def test_each_trap_keeps_its_pace_whatever_the_wall_clock_does(stage: Stage) -> None:
    # safety 20
    async def story() -> None:
        stage.acts["a"] = fine()
        async with stage.keeping(a_trap(every=Seconds(10))) as (_, _):
            await stage.turn(30.0)
            stage.looks.clear()
            stage.clock.step_wall(-3600)
            await stage.turn(50.0)
            stage.clock.step_wall(7200)
            await stage.turn(50.0)
            times = [at for _, at in stage.looks]
            assert len(times) == 10
            assert {round(b - a, 6) for a, b in pairwise(times)} == {10.0}

    run(story())


def test_a_probe_that_hangs_makes_its_trap_blind_within_two_intervals_and_piles_nothing_up(stage: Stage) -> None:
    async def story() -> None:
        stage.acts |= {"a": fine(), "b": fine()}
        async with stage.keeping(a_trap(), a_trap("b")) as (keeper, journal):
            await stage.turn(31.0)
            assert keeper.watches["a"].state is ARMED
            stage.acts["a"] = stage.hang
            await stage.turn(60.0)
            watch = keeper.watches["a"]
            assert watch.state is BLIND
            assert watch.reason.startswith("still waiting for the look that began")
            await stage.turn(600.0)
            assert (stage.hanging, looking()) == (1, 1)
            assert keeper.watches["b"].state is ARMED
            await until(lambda: journal.entries(kind="trap.blind"), "the entry")
            assert journal.entries(kind="trap.blind")[0].data["text"] == "did not answer within 10 s"
            stage.acts["a"] = fine()
            stage.let_go.set()
            await until(lambda: looking() == 0)
            await stage.turn(30.0)
            assert keeper.watches["a"].state is ARMED
            reading = keeper.watches["a"].reading
            assert reading is not None
            assert reading.text == "1"  # what came back too late is not taken for news

    run(story())


def test_a_look_gets_the_time_its_trap_allows_but_never_more_than_two_intervals(stage: Stage) -> None:
    async def story() -> None:
        stage.acts |= dict.fromkeys(("own", "long"), stage.hang)
        traps = (a_trap("own", timeout=Seconds(3)), a_trap("long", timeout=Seconds(300)))
        async with stage.keeping(*traps) as (keeper, _):
            await stage.turn(2.0 + 3.0)
            assert keeper.watches["own"].reason == "did not answer within 3 s"
            assert keeper.watches["long"].reason == "not looked at yet"
            await stage.turn(57.0)
            assert keeper.watches["long"].reason == "did not answer within 1 m"

    run(story())


def test_traps_that_hang_all_at_once_do_not_keep_the_others_from_being_looked_at(stage: Stage) -> None:
    async def story() -> None:
        stage.acts |= {"fine": fine(), "hangs": fine()}
        hanging = [a_trap(f"h{i}", "hangs") for i in range(90)]
        healthy = [a_trap(f"z{i}", "fine", every=Seconds(3600)) for i in range(10)]
        async with stage.keeping(*hanging, *healthy) as (keeper, _):
            await stage.turn(3.0)
            stage.acts["hangs"] = stage.hang
            stage.looks.clear()
            keeper.look_all()
            await until(lambda: stage.hanging == PLACES, "the first places taken")
            await stage.turn(3.5)
            assert Counter(name for name, _ in stage.looks) == {"hangs": 90, "fine": 10}
            await stage.turn(10.0)
            states = Counter(watch.state for watch in keeper.watches.values())
            assert states == {BLIND: 90, ARMED: 10}

    run(story())


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (fails(ProbeError("no such \x1b[31mpath")), "no such ␛[31mpath"),
        (fails(ZeroDivisionError("oops")), "a bug in the probe a: ZeroDivisionError: oops"),
        (fails(SystemExit(3)), "a bug in the probe a: SystemExit: 3"),
        (fails(RecursionError("deep")), "a bug in the probe a: RecursionError: deep"),
        (lambda: 17, "a bug in the probe a: it gave int instead of a reading"),
        (lambda: Reading(None, "x"), "a bug in the probe a: its reading is malformed"),  # type: ignore[arg-type]
        (lambda: Reading({"number": float("nan")}, "odd"), "the reading has no number, which 'number >= 90' is about"),
    ],
)
def test_a_probe_that_raises_or_gives_nonsense_makes_its_own_trap_blind_alone(stage: Stage, act: Look, says: str) -> None:
    # safety 18
    async def story() -> None:
        stage.acts |= {"a": act, "b": fine()}
        async with stage.keeping(a_trap(), a_trap("b")) as (keeper, _):
            await stage.turn(2.0)
            assert keeper.watches["a"].state is BLIND
            assert keeper.watches["a"].reason.startswith(says)
            assert keeper.watches["b"].state is ARMED

    run(story())


def test_numbers_that_are_none_are_left_out_with_a_word_and_the_text_is_cleaned(stage: Stage) -> None:
    async def story() -> None:
        values = {"number": 5.0, "bad": float("inf"), "big": 10**400, "odd\n": 1.0, "yes": True, "word": "7"}
        stage.acts["a"] = lambda: Reading(values, "5\x07")  # type: ignore[arg-type]  # on purpose
        async with stage.keeping(a_trap()) as (keeper, _):
            await stage.turn(2.0)
            reading = keeper.watches["a"].reading
            assert reading is not None
            assert reading.values == {"number": 5.0, "odd ": 1.0}
            assert reading.text == "5␇ (without bad, big, yes and 1 more: no usable number)"

    run(story())


def test_a_probe_that_cannot_be_set_up_says_why_at_each_look_until_it_can(stage: Stage) -> None:
    async def story() -> None:
        stage.acts["b"] = fine()
        async with stage.keeping(a_trap(), a_trap("b", params={"nmber": 3})) as (keeper, _):
            await stage.turn(2.0)
            assert keeper.watches["a"].reason == "the probe a cannot be set up: no probe is called 'a'"
            assert "nmber" in keeper.watches["b"].reason
            stage.acts["a"] = fine()
            await stage.turn(30.0)
            assert keeper.watches["a"].state is ARMED
            assert keeper.watches["b"].state is BLIND
            await stage.turn(60.0)
            assert stage.made["a"] == 1  # a probe lives as long as the keeper: it may remember

    run(story())


def test_a_coroutine_is_awaited_and_cancelled_when_its_time_is_up(stage: Stage) -> None:
    async def story() -> None:
        cancelled = threading.Event()

        async def soon() -> Reading:
            await asyncio.sleep(0)
            return Reading({"number": 7.0}, "soon")

        async def never() -> Reading:
            stage.hanging += 1
            try:
                await asyncio.Event().wait()
            finally:
                stage.hanging -= 1
                cancelled.set()
            raise AssertionError("it waited for nothing")

        stage.acts |= {"soon": soon, "never": never}
        async with stage.keeping(a_trap("soon"), a_trap("never")) as (keeper, _):
            await stage.turn(2.0)
            assert keeper.watches["soon"].state is ARMED
            await stage.turn(10.0)
            assert keeper.watches["never"].reason == "did not answer within 10 s"
            await until(lambda: cancelled.is_set() and looking() == 0, "the end of it")
            await stage.turn(30.0)
            assert keeper.watches["never"].reason == "did not answer within 10 s"  # it was begun anew: nothing hung

    run(story())


def test_calm_readings_are_told_together_and_a_turn_at_once(stage: Stage) -> None:
    async def story() -> None:
        traps = [a_trap(f"t{n}", every=Seconds(10)) for n in range(20)]
        stage.acts.update({trap.name: fine() for trap in traps})
        async with stage.keeping(*traps) as (keeper, _):
            await stage.turn(20.0)
            stage.changes, stage.looks = 0, []
            await stage.turn(60.0)
            assert len(stage.looks) >= 100
            assert 1 <= stage.changes <= 60 / CALM + 1
            before = stage.changes
            stage.acts["t0"] = fine(95)
            while keeper.watches["t0"].state is not TRIPPED:
                before = stage.changes
                await stage.turn(1.0)
            assert stage.changes > before
            await stage.turn(EAGER)
            before = stage.changes
            keeper.look_all()
            await stage.turn(1.0)
            assert stage.changes >= before + len(traps)

    run(story())


def test_a_trap_that_trips_and_recovers_leaves_its_story_in_the_journal(stage: Stage) -> None:
    async def story() -> None:
        stage.acts["a"] = fine(85)
        async with stage.keeping(a_trap(hold=Seconds(30))) as (keeper, journal):
            await stage.turn(31.0)
            stage.acts["a"] = fine(95)
            await stage.turn(90.0)
            assert keeper.watches["a"].state is TRIPPED
            before = stage.changes
            stage.acts["a"] = fine(5)
            await stage.turn(31.0)
            assert stage.changes > before
            await until(lambda: len(journal.entries()) == 5, "the story")
            assert [each.kind for each in reversed(journal.entries())] == [
                "trap.warning",
                "trap.tripped",
                "alert.fired",
                "trap.armed",
                "alert.resolved",
            ]
            fired = journal.entries(kind="alert.fired")[0]
            assert (fired.source, fired.subject, fired.data["firing"]) == ("local", "a", 1)
            await stage.turn(2.0)
            await until(lambda: journal.watches() == keeper.watches, "the journal to know what the keeper knows")
            began = stage.clock.now() - timedelta(hours=1)
            assert {value for _, value in journal.readings("a", "number", began)} == {85.0, 95.0, 5.0}

    run(story())


def test_a_trap_that_stays_blind_becomes_an_alert_of_its_own(stage: Stage) -> None:
    async def story() -> None:
        stage.acts["a"] = fails(ProbeError("gone"))
        async with stage.keeping(a_trap(blind_after=Seconds(100))) as (_, journal):
            await stage.turn(90.0)
            assert journal.entries(kind="alert.") == ()
            await stage.turn(60.0)
            await until(lambda: [each.subject for each in journal.entries(kind="alert.fired")] == ["a:blind"], "the alert")
            stage.acts["a"] = fine()
            await stage.turn(60.0)
            await until(lambda: [each.subject for each in journal.entries(kind="alert.resolved")] == ["a:blind"], "its end")

    run(story())


def test_a_forecast_goes_on_from_what_was_journalled_before(stage: Stage) -> None:
    async def story() -> None:
        numbers = iter(range(10, 1000))
        stage.acts["a"] = lambda: Reading({"number": float(next(numbers))}, "growing")
        trap = a_trap(forecast="number")
        async with stage.keeping(trap) as (keeper, _):
            await stage.turn(600.0)
            before = keeper.watches["a"].trips_in
            assert before is not None
            assert 1000 < before < 2500
        async with stage.keeping(trap) as (keeper, _):
            await stage.turn(2.0)
            after = keeper.watches["a"].trips_in
            assert after is not None
            assert before - 200 < after < before

    run(story())


def test_what_another_process_rests_stays_at_rest(stage: Stage) -> None:
    async def story() -> None:
        stage.acts["a"] = fine(95)
        trap = a_trap()
        async with stage.keeping(trap) as (keeper, journal):
            await stage.turn(2.0)
            other = open_journal(stage.state, stage.clock)
            elsewhere = Here(Config(traps={"a": trap}), other, stage.clock)
            now = stage.clock.now()
            elsewhere.disarm("a", "bo", "deploy", now + timedelta(minutes=5), now)
            other.close()
            await stage.turn(61.0)
            await until(lambda: keeper.watches["a"].rest_by == "bo", "the rest")
            assert journal.watches()["a"].rest_why == "deploy"
            await stage.turn(300.0)
            assert seen(trap, keeper.watches["a"], stage.clock.now()).rest_until is None
            await until(lambda: journal.watches()["a"].rest_until is None, "the end of the rest")
            ended = journal.entries(kind="trap.armed")[0]
            assert (ended.subject, ended.data["why"]) == ("a", "its rest is over")

    run(story())


def test_while_the_journal_fails_the_traps_are_still_watched_and_it_is_told_later(stage: Stage) -> None:
    # safety 24
    async def story() -> None:
        stage.state.write_text("in the way")
        stage.acts["a"] = fine(50)
        async with stage.keeping(a_trap()) as (keeper, journal):
            await stage.turn(61.0)
            assert journal.problem
            assert keeper.watches["a"].state is ARMED
            stage.acts["a"] = fine(95)
            await stage.turn(30.0)
            assert keeper.watches["a"].state is TRIPPED
            stage.state.unlink()
            await stage.turn(6.0)
            await until(lambda: "a" in journal.watches(), "the journal to be told")
            assert journal.problem == ""
            assert journal.watches()["a"].state is TRIPPED
            assert [each.kind for each in journal.entries()] == ["alert.fired", "trap.tripped"]
            assert len(journal.readings("a", "number", stage.clock.now() - timedelta(hours=1))) >= 3

    run(story())


# -- one keeper for each state directory

_HOLDER = """
import sys
from pathlib import Path
from cockpit.engine.clock import SystemClock
from cockpit.engine.journal import open_journal
journal = open_journal(Path(sys.argv[1]), SystemClock())
for line in sys.stdin:
    import os
    print(journal.take_lease(os.getpid(), SystemClock().now(), 15), flush=True)
"""


class Rival:
    """Another process that wants to keep the traps."""

    def __init__(self, state: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _HOLDER, str(state)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Rival:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    @property
    def pid(self) -> int:
        return self._process.pid

    def takes_lease(self) -> bool:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip() == "True"

    def dies(self) -> None:
        self._process.kill()
        self._process.wait()


def test_another_process_keeps_the_traps_and_this_one_takes_over_when_it_dies(stage: Stage) -> None:
    async def story() -> None:
        stage.acts["a"] = fine()
        with Rival(stage.state) as rival:
            assert rival.takes_lease()
            async with stage.keeping(a_trap()) as (keeper, journal):
                await stage.turn(12.0)
                assert (keeper.leads, keeper.watches, stage.looks) == (False, {}, [])
                assert keeper.says == f"process {rival.pid} looks at the traps"
                rival.dies()
                await stage.turn(5.0)
                await until(lambda: keeper.leads, "the take-over")
                await stage.turn(2.0)
                assert (keeper.watches["a"].state, keeper.says) == (ARMED, "")
                assert keeper.died == f"process {rival.pid}, which watched, died: this cockpit watches now"
                await stage.turn(12.0)
                assert keeper.died, "it is told for as long as that is so"
                lease = journal.lease()
                assert lease is not None
                assert lease.pid == os.getpid()

    run(story())


def test_of_a_keeper_that_ended_in_order_and_of_one_that_was_gone_before_nothing_is_said(stage: Stage) -> None:
    async def story() -> None:
        stage.acts["a"] = fine()
        with Rival(stage.state) as gone:
            assert gone.takes_lease()
            gone.dies()
        async with stage.keeping(a_trap()) as (keeper, journal):
            await until(lambda: keeper.leads, "the take-over")
            assert keeper.died == "", "nobody here relied on it"
        with Rival(stage.state) as rival:
            assert rival.takes_lease()
            async with stage.keeping(a_trap()) as (keeper, journal):
                await until(lambda: keeper.says != "", "who looks")
                journal.drop_lease(rival.pid)
                await stage.turn(5.0)
                await until(lambda: keeper.leads, "the take-over")
                assert keeper.died == ""

    run(story())


def test_a_trap_that_the_keeper_leaves_out_is_looked_at_by_who_follows(stage: Stage) -> None:
    async def story() -> None:
        stage.acts |= {"a": fine(), "b": fine(95), "c": fine(95)}
        beside = open_journal(stage.state, stage.clock)
        with Rival(stage.state) as rival:
            assert beside.take_lease(rival.pid, stage.clock.now(), 15)
            async with stage.keeping(a_trap("a"), a_trap("b"), a_trap("c")) as (keeper, journal):

                async def turn(seconds: int, **kept: Watch) -> None:
                    """Time passes while the rival keeps its traps."""
                    for _ in range(0, seconds, 5):
                        assert beside.take_lease(rival.pid, stage.clock.now(), 15)
                        for name, watch in kept.items():
                            put_watch(beside, name, replace(watch, checked_at=stage.clock.now()))
                        await stage.turn(5.0)
                        await until(stage.quiet, "rest")

                seen_there = Watch(state=ARMED, laid=fingerprint(a_trap("a")))
                other_config = Watch(state=ARMED, laid=fingerprint(a_trap("c", trip=bound("number >= 99"))))
                for _ in range(40):  # time runs ahead of the journal's thread on a busy machine
                    await turn(60, a=seen_there, c=other_config)
                    if keeper.watches:
                        break
                assert set(keeper.watches) == {"b"}
                assert (keeper.leads, keeper.watches["b"].state) == (False, TRIPPED)
                await until(lambda: "b" in journal.watches(), "it to be written down")
                assert {name for name, _ in stage.looks} == {"b"}
                assert journal.watches()["a"].laid == seen_there.laid
                looks = len(stage.looks)
                for _ in range(40):
                    await turn(60, a=seen_there, b=Watch(state=ARMED, laid=fingerprint(a_trap("b"))), c=other_config)
                    if not keeper.watches:
                        looks = max(looks, len(stage.looks) - 1)
                        break
                assert keeper.watches == {}, "the keeper keeps it now"
                await turn(60, a=seen_there, b=Watch(state=ARMED, laid=fingerprint(a_trap("b"))), c=other_config)
                assert len(stage.looks) <= looks + 1
        beside.close()

    run(story())


def test_two_processes_never_both_hold_the_lease(stage: Stage) -> None:
    async def story() -> None:
        async with stage.keeping() as (keeper, _):
            with Rival(stage.state) as one, Rival(stage.state) as two:
                assert not one.takes_lease()
                assert not two.takes_lease()
                assert keeper.leads

    run(story())
    with Rival(stage.state) as one, Rival(stage.state) as two:
        assert one.takes_lease()  # the keeper gave it back when it ended
        assert not two.takes_lease()
        one.dies()
        assert two.takes_lease()


def test_a_keeper_that_slept_through_its_lease_stands_down(stage: Stage) -> None:
    async def story() -> None:
        stage.acts["a"] = fine()
        async with stage.keeping(a_trap()) as (keeper, journal):
            await stage.turn(2.0)
            assert keeper.leads
            stage.clock.skip(60.0)
            with Rival(stage.state) as other:
                assert journal.take_lease(other.pid, stage.clock.now(), 15)
                await stage.turn(5.0)
                await until(lambda: not keeper.leads, "it to stand down")
                assert keeper.watches == {}
                assert keeper.says == f"process {other.pid} looks at the traps"

    run(story())


def test_a_look_during_which_the_machine_slept_gets_its_time_again(stage: Stage) -> None:
    # safety 20
    async def story() -> None:
        stage.acts["a"] = fine()
        async with stage.keeping(a_trap(every=Seconds(36_000))) as (keeper, _):
            await stage.turn(2.0)
            stage.acts["a"] = stage.hang
            keeper.look_all()
            await until(lambda: stage.hanging == 1)
            stage.clock.skip(3600.0)
            await stage.turn(5.0)
            assert keeper.watches["a"].state is ARMED
            stage.let_go.set()
            await until(lambda: looking() == 0)
            await stage.turn(1.0)
            reading = keeper.watches["a"].reading
            assert reading is not None
            assert reading.text == "back at last"

    run(story())


# -- changing traps, and looking on demand


def test_traps_can_be_replaced_while_it_runs(stage: Stage) -> None:
    async def story() -> None:
        stage.acts |= {"a": fine(85), "b": fine(), "c": fine()}
        async with stage.keeping(a_trap("a"), a_trap("b")) as (keeper, _):
            await stage.turn(2.0)
            stage.looks.clear()
            since = keeper.watches["a"].since
            keeper.set_traps([a_trap("a", warn=bound("number >= 70"), every=Seconds(20)), a_trap("c")])
            await until(lambda: "c" in keeper.watches)
            assert set(keeper.watches) == {"a", "c"}
            assert keeper.watches["a"].since == since  # what was known of it stays
            await stage.turn(61.0)
            counts = Counter(name for name, _ in stage.looks)
            assert "b" not in counts
            assert counts["a"] >= 3
            assert keeper.watches["c"].state is ARMED
            assert stage.made == {"a": 1, "b": 1, "c": 1}  # the same probe looks on: it may remember

    run(story())


def test_one_trap_or_all_can_be_looked_at_now(stage: Stage) -> None:
    async def story() -> None:
        stage.acts |= {"a": fine(), "b": fine()}
        async with stage.keeping(a_trap("a"), a_trap("b")) as (keeper, _):
            await stage.turn(2.0)
            stage.acts["a"] = fine(95)
            assert (await keeper.look_now("a")).state is TRIPPED
            with pytest.raises(KeyError):
                await keeper.look_now("unknown")
            stage.acts["b"] = fine(85)
            keeper.look_all()
            await until(lambda: keeper.watches["b"].state is WARNING)

    run(story())


def test_looking_once_looks_at_what_is_due_and_writes_it_down(stage: Stage) -> None:
    async def story() -> None:
        stage.acts |= {"a": fine(), "b": fine(95)}
        journal = open_journal(stage.state, stage.clock)
        keeper = stage.keeper(journal, a_trap("a", every=Seconds(600)), a_trap("b", every=Seconds(20)))
        watches = await keeper.once()
        assert {name: watch.state for name, watch in watches.items()} == {"a": ARMED, "b": TRIPPED}
        assert journal.watches() == watches
        assert journal.lease() is None
        stage.clock.skip(60.0)
        stage.looks.clear()
        again = stage.keeper(journal, a_trap("a", every=Seconds(600)), a_trap("b", every=Seconds(20)))
        assert {name: watch.state for name, watch in (await again.once()).items()} == {"a": ARMED, "b": TRIPPED}
        assert [name for name, _ in stage.looks] == ["b"]
        await again.once(["a"])
        assert [name for name, _ in stage.looks] == ["b", "a"]
        assert journal.entries(kind="alert.fired")[0].subject == "b"
        journal.close()

    run(story())


def test_a_trap_that_is_laid_anew_is_looked_at_at_once(stage: Stage) -> None:
    async def story() -> None:
        stage.acts["a"] = fine(50)
        journal = open_journal(stage.state, stage.clock)
        assert (await stage.keeper(journal, a_trap(every=Seconds(600))).once())["a"].state is ARMED
        lower = a_trap(every=Seconds(600), trip=bound("number >= 40"), warn=None)
        assert (await stage.keeper(journal, lower).once())["a"].state is TRIPPED
        journal.close()

    run(story())


def test_a_log_trips_from_commands_alone_that_each_look_once(stage: Stage, tmp_path: Path) -> None:
    # safety 17
    async def story() -> None:
        log = tmp_path / "app.log"
        log.write_text("ERROR old\n")
        trap = Trap(name="errors", probe="log", params={"path": str(log), "pattern": "ERROR"}, trip=bound("in_window >= 3"))
        journal = open_journal(stage.state, stage.clock)
        here = Here(Config(traps={"errors": trap}), journal, stage.clock)

        async def command() -> Watch:
            stage.clock.skip(31)
            return (await Keeper(here, journal, partial(load, PROBES), traps=[trap]).once())["errors"]

        first = await command()
        assert (first.state, "only begun" in first.reason) == (BLIND, True)
        assert (await command()).state is ARMED
        with log.open("a") as more:
            more.write("ERROR\n" * 3)
        assert (await command()).state is TRIPPED
        assert (await command()).state is TRIPPED, "they are still within the window"
        journal.close()

    run(story())


@pytest.mark.parametrize("memory", [{"a": [1]}, {1: "a"}, {"a": "x" * 9000}, {str(n): 1.0 for n in range(60)}, ["a"]])
def test_what_is_no_memory_is_a_bug_in_the_probe(stage: Stage, memory: dict[str, str | float]) -> None:
    async def story() -> None:
        stage.acts["a"] = lambda: Reading({"number": 1.0}, "fine", memory=memory)
        journal = open_journal(stage.state, stage.clock)
        watch = (await stage.keeper(journal, a_trap()).once())["a"]
        assert (watch.state, "a bug in the probe a" in watch.reason) == (BLIND, True)
        journal.close()

    run(story())


def test_looking_once_leaves_it_to_the_keeper_that_lives(stage: Stage) -> None:
    async def story() -> None:
        stage.acts["a"] = fine()
        journal = open_journal(stage.state, stage.clock)
        with Rival(stage.state) as rival:
            assert rival.takes_lease()
            keeper = stage.keeper(journal, a_trap())
            assert (await keeper.once())["a"].checked_at is None
            assert stage.looks == []
            assert (await keeper.once(["a"]))["a"].state is ARMED  # asked for by name it is looked at
            assert journal.watches() == {}  # but what the keeper sees is the truth
            lease = journal.lease()
            assert lease is not None
            assert lease.pid == rival.pid
        journal.close()

    run(story())


def test_looking_once_is_known_even_where_nothing_can_be_written(stage: Stage) -> None:
    # safety 24
    async def story() -> None:
        stage.state.write_text("in the way")
        stage.acts["a"] = fine(95)
        journal = open_journal(stage.state, stage.clock)
        keeper = stage.keeper(journal, a_trap())
        assert (await keeper.once())["a"].state is TRIPPED
        assert keeper.watches["a"].state is TRIPPED

    run(story())


def test_looking_once_ends_in_time_with_what_hangs_blind(stage: Stage) -> None:
    async def story() -> None:
        stage.acts |= {"a": stage.hang, "b": fine()}
        journal = open_journal(stage.state, stage.clock)
        keeper = stage.keeper(journal, a_trap("a", timeout=Seconds(60)), a_trap("b"))
        looked = asyncio.ensure_future(keeper.once(deadline=15))
        await until(lambda: stage.hanging == 1)
        await stage.turn(15.0)
        watches = await looked
        assert watches["b"].state is ARMED
        assert (watches["a"].state, watches["a"].reason) == (BLIND, "no answer within the 15 s there were for all")
        stage.let_go.set()
        journal.close()

    run(story())


def test_looking_once_ends_though_nobody_keeps_time_any_more(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    async def died(_: Timers) -> None:
        raise OverflowError("no such date")

    async def story() -> None:
        monkeypatch.setattr(Timers, "run", died)
        stage.acts |= {"a": stage.hang, "b": fine()}
        journal = open_journal(stage.state, stage.clock)
        async with asyncio.timeout(10):
            watches = await stage.keeper(journal, a_trap("a"), a_trap("b")).once()
        assert (watches["a"].state, "no such date" in watches["a"].reason) == (BLIND, True)
        stage.let_go.set()
        journal.close()

    run(story())


def test_a_fault_in_the_judgement_of_a_look_is_told_to_who_waits_for_it(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*_: object) -> tuple[()]:
        raise OverflowError("no such date")

    async def story() -> None:
        monkeypatch.setattr(post, "turns", fault)
        stage.acts["a"] = fine(95)
        journal = open_journal(stage.state, stage.clock)
        watch = (await stage.keeper(journal, a_trap()).once())["a"]
        assert (watch.state, watch.reason) == (BLIND, "a bug in the cockpit: OverflowError: no such date")
        journal.close()

    run(story())


@pytest.mark.parametrize("hung_for", [15.0, 6.0, 4.0])  # 6 s are its two intervals: overdue not yet, but a moment later
def test_looking_once_does_not_find_the_quick_ones_overdue_because_another_hung(stage: Stage, hung_for: float) -> None:
    async def story() -> None:
        stage.acts |= {"a": stage.hang, "b": fine()}
        journal = open_journal(stage.state, stage.clock)
        traps = (a_trap("a", timeout=Seconds(60)), a_trap("b", every=Seconds(3)))
        keeper = stage.keeper(journal, *traps)
        looked = asyncio.ensure_future(keeper.once(deadline=hung_for))
        await until(lambda: stage.hanging == 1)
        await stage.turn(hung_for)
        watches = await looked
        await stage.turn(1.0)
        known = {trap.name: seen(trap, watches[trap.name], stage.clock.now()).state for trap in traps}
        assert known == {"a": BLIND, "b": ARMED}
        assert [name for name, _ in stage.looks].count("b") == 2
        stage.let_go.set()
        journal.close()

    run(story())


def test_where_no_thread_can_be_had_the_trap_is_blind(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        stage.acts["a"] = fine()
        async with stage.keeping(a_trap()) as (keeper, _):
            start = threading.Thread.start

            def refuse(thread: threading.Thread) -> None:
                if thread.name.startswith("look "):
                    raise RuntimeError("can't start new thread")
                start(thread)

            monkeypatch.setattr(threading.Thread, "start", refuse)
            await stage.turn(2.0)
            assert keeper.watches["a"].reason == "no thread to look in: can't start new thread"
            monkeypatch.undo()
            await stage.turn(30.0)
            assert keeper.watches["a"].state is ARMED

    run(story())


def test_what_was_seen_last_is_written_when_it_ends(stage: Stage) -> None:
    async def story() -> None:
        stage.acts["a"] = fine()
        async with stage.keeping(a_trap()) as (keeper, _):
            await stage.turn(2.0)
            known = await keeper.look_now("a")
        journal = open_journal(stage.state, stage.clock)
        assert journal.watches() == {"a": known}
        assert journal.lease() is None
        journal.close()

    run(story())


_HANGS = """
import asyncio, sys, threading
from pathlib import Path
import msgspec
from cockpit.config.model import Config
from cockpit.core.traps import Trap
from cockpit.core.units import Seconds
from cockpit.engine.clock import SystemClock
from cockpit.engine.journal import open_journal
from cockpit.engine.keeper import Keeper
from cockpit.engine.machine import Here
from cockpit.engine.post import Post

class Nothing(msgspec.Struct, frozen=True):
    pass

class Hangs:
    Config, readings, subject = Nothing, {}, ""
    def __init__(self, config, host): pass
    def look(self): threading.Event().wait()

clock = SystemClock()
journal = open_journal(Path(sys.argv[1]), clock)
traps = {"a": Trap(name="a", probe="hangs", timeout=Seconds(0.2))}
keeper = Keeper(Here(Config(traps=traps), journal, clock), journal, lambda name: Hangs, traps=traps.values())
print(asyncio.run(keeper.once())["a"].reason)
"""


def test_a_look_that_hangs_for_ever_does_not_keep_the_process_from_ending(stage: Stage) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _HANGS, str(stage.state)], capture_output=True, text=True, timeout=30, check=False
    )
    assert (ended.returncode, ended.stdout.strip(), ended.stderr) == (0, "did not answer within 0.2 s", "")


@pytest.mark.parametrize(
    ("params", "every", "limit"),
    [({}, 30, 10), ({"within": "20s"}, 30, 21), ({"within": "20s"}, 5, 10), ({"within": "soon"}, 30, 10), ({}, 2, 4)],
)
def test_a_look_is_waited_for_as_long_as_its_probe_may_take_but_never_past_two_intervals(
    params: dict[str, object], every: float, limit: float
) -> None:
    assert Post(Trap(name="t", probe="tcp", params=params, every=Seconds(every))).limit == limit


def test_a_wall_clock_that_jumps_ahead_takes_nothing_of_the_past_away(stage: Stage) -> None:
    async def story() -> None:
        stage.acts["a"] = fine()
        async with stage.keeping(a_trap()) as (_, journal):
            await stage.turn(3)
            journal.record("alert.fired", at=stage.clock.now(), subject="x")
            stage.clock.step_wall(5 * 365 * 86400)
            await stage.turn(600)
            assert len(journal.entries(kind="alert.fired")) == 1
            (paused,) = journal.entries(kind="retention.")
            assert (paused.kind, paused.data) == ("retention.paused", {"pid": journal.lease().pid})  # type: ignore[union-attr]
            stage.clock.step_wall(-5 * 365 * 86400)
            await stage.turn(86400 + 120)
            assert [each.kind for each in journal.entries(kind="retention.")] == ["retention.paused", "retention.resumed"]

    run(story())
