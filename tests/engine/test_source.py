"""One source: deadlines, back-off, parking, and a provider that does its worst."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from cockpit.config.model import ConfigError, Problem, SourceConfig
from cockpit.config.secrets import SecretError
from cockpit.core.alerts import Alert, AlertState, Link, Ref, Severity
from cockpit.core.roster import OnCall
from cockpit.core.sources import Health, Snapshot
from cockpit.core.traps import Reading, Trap, TrapView, Watch, as_told
from cockpit.core.units import Seconds
from cockpit.engine.failures import LONGEST_WAIT
from cockpit.engine.lane import Overran
from cockpit.engine.source import Source
from cockpit.plugins import PluginError
from cockpit.provider import (
    Answer,
    AuthFailed,
    Forbidden,
    Malformed,
    RateLimited,
    Unreachable,
)
from cockpit.testing import FakeClock, FakeProvider
from cockpit.testing.clock import START
from support.waiting import until

EVERY, DEADLINE = 15.0, 10.0


class Rig:
    """A source over a fake provider on a fake clock."""

    def __init__(self, provider: Any = None, build: Callable[[], object] | None = None, name: str = "am") -> None:
        self.clock = FakeClock()
        self.provider: Any = provider or FakeProvider(name)
        self.told: list[Snapshot | None] = []
        config = SourceConfig(name=name, provider="fake", every=Seconds(EVERY), timeout=Seconds(DEADLINE))
        self.source = Source(config, build or (lambda: self.provider), self.clock, on_told=self.told.append, jitter=lambda: 0.5)

    async def polled(self) -> Snapshot | None:
        await self.source.poll()
        return self.told[-1]

    async def overrun(self, work: asyncio.Future[Any]) -> None:
        """Turn the clock until the work's time is up."""
        while not work.done():
            self.clock.advance(1)
            await asyncio.wait({work}, timeout=0.005)

    def health(self) -> Health:
        return self.source.health().health

    @property
    def reason(self) -> str:
        return self.source.health().reason


def on(rig: Rig, work: Callable[[Rig], Any]) -> None:
    async def bounded() -> None:
        try:
            await asyncio.wait_for(work(rig), 30)
        finally:
            await rig.source.close()

    asyncio.run(bounded())


def test_it_is_starting_and_then_live() -> None:
    async def work(rig: Rig) -> None:
        assert rig.health() is Health.STARTING
        rig.provider.fire("HighErrorRate")
        snapshot = await rig.polled()
        assert snapshot is not None
        assert [alert.name for alert in snapshot.alerts or ()] == ["HighErrorRate"]
        assert rig.health() is Health.LIVE
        assert rig.source.can == {
            "Alerts", "Acks", "Unacks", "Silences", "Edits", "Checks", "Notes", "Rosters", "Shifts", "Days", "Overrides", "Pages",
        }  # fmt: skip

    on(Rig(), work)


def test_a_snapshot_is_stamped_with_the_time_the_question_left() -> None:
    async def work(rig: Rig) -> None:
        rig.provider.stalled = True
        asked_at, asked_mono = rig.clock.now(), rig.clock.mono()
        polling = asyncio.ensure_future(rig.source.poll())
        await until(lambda: rig.provider.calls, "the question")
        rig.clock.advance(7)
        rig.provider.stalled = False
        await polling
        snapshot = rig.told[-1]
        assert snapshot is not None
        assert (snapshot.asked_at, snapshot.asked_mono) == (asked_at, asked_mono)
        assert rig.source.health().age == timedelta(seconds=7)
        assert rig.source.health().latency == timedelta(seconds=7)

    on(Rig(), work)


def test_an_answer_that_stays_away_meets_the_total_deadline() -> None:  # safety 13
    async def work(rig: Rig) -> None:
        await rig.polled()
        rig.provider.stalled = True
        await rig.overrun(asyncio.ensure_future(rig.source.poll()))
        assert rig.told[-1] is None
        assert rig.health() is Health.BLIND
        assert rig.reason == "no answer within 10 s"
        rig.provider.stalled = False
        assert await rig.polled()
        assert rig.health() is Health.LIVE

    on(Rig(), work)


def test_a_source_that_does_not_answer_is_asked_again_later_and_later_but_at_least_each_minute() -> None:
    async def work(rig: Rig) -> None:
        rig.provider.failure = Unreachable("connection refused")
        waits = []
        for _ in range(5):
            await rig.polled()
            retry_in = rig.source.health().retry_in
            assert retry_in is not None
            waits.append(retry_in.total_seconds())
        assert waits == [15, 30, 60, 60, 60]
        assert rig.health() is Health.BLIND
        assert rig.reason == "connection refused"

    on(Rig(), work)


def test_back_off_is_spread_so_that_many_cockpits_do_not_return_at_once() -> None:
    async def work(rig: Rig) -> None:
        rig.provider.failure = Unreachable("connection refused")
        waits = set()
        for jitter in (0.0, 0.4, 1.0):
            rig.source._jitter = partial(float, jitter)
            rig.source._failures = 0
            await rig.polled()
            waits.add(rig.source.health().retry_in)
        assert waits == {timedelta(seconds=EVERY * factor) for factor in (0.75, 0.95, 1.25)}

    on(Rig(), work)


@pytest.mark.parametrize(
    ("asked", "waits"),
    [(40.0, 40.0), (1e9, LONGEST_WAIT), (float("nan"), 30.0), (-5.0, EVERY), (None, 30.0)],
)
def test_what_a_rate_limited_source_asks_for_is_waited_and_capped(asked: float | None, waits: float) -> None:  # safety 14
    async def work(rig: Rig) -> None:
        await rig.polled()
        rig.provider.failure = RateLimited("429", asked)
        await rig.polled()
        assert rig.source.health().retry_in == timedelta(seconds=waits)
        again = rig.clock.now() + timedelta(seconds=waits)
        rig.clock.advance(5)
        assert rig.source.health().retry_in == timedelta(seconds=waits - 5)
        assert rig.reason == f"it wants fewer questions: 429; asked again at {again:%H:%M:%S} UTC"

    on(Rig(), work)


def test_a_nudge_does_not_shorten_the_wait_a_source_asked_for() -> None:
    async def work(rig: Rig) -> None:
        rig.provider.failure = RateLimited("429", 120)
        running = asyncio.ensure_future(rig.source.run())
        await until(lambda: rig.told, "the first poll")
        asked = len(rig.provider.calls)
        for _ in range(3):
            rig.source.nudge()
            await until(lambda: not rig.source._nudged.is_set(), "the nudge being heard")
        assert len(rig.provider.calls) == asked
        rig.provider.failure = None
        await until(lambda: rig.clock.sleeping, "the wait")
        rig.clock.advance(120)
        await until(lambda: rig.told[-1] is not None, "the answer")
        running.cancel()

    on(Rig(), work)


def test_a_wrong_secret_parks_it_until_a_nudge_and_then_the_provider_is_made_anew() -> None:  # safety 14
    made: list[FakeProvider] = []

    def build() -> object:
        made.append(FakeProvider("am"))
        made[-1].failure = AuthFailed("401: the token is wrong") if len(made) == 1 else None
        return made[-1]

    async def work(rig: Rig) -> None:
        running = asyncio.ensure_future(rig.source.run())
        await until(lambda: rig.told, "the first poll")
        assert rig.health() is Health.PARKED
        assert rig.reason == "401: the token is wrong; mend its credentials in the config, then press r"
        assert rig.source.health().retry_in is None
        rig.clock.advance(100_000)
        await asyncio.sleep(0)
        assert len(rig.told) == 1
        assert made[0].closed
        rig.source.nudge()
        await until(lambda: rig.health() is Health.LIVE, "being live")
        assert len(made) == 2
        running.cancel()

    on(Rig(build=build), work)


@pytest.mark.parametrize(
    "error",
    [
        PluginError("no provider is called 'opsthing'; installed are local"),
        ConfigError((Problem("sources.am", 0, "sources.am.url", "url is missing"),)),
        SecretError("env:TOKEN: there is no environment variable TOKEN"),
    ],
)
def test_a_provider_that_cannot_be_made_is_parked_with_the_reason(error: Exception) -> None:
    def build() -> object:
        raise error

    async def work(rig: Rig) -> None:
        await rig.polled()
        assert rig.health() is Health.PARKED
        assert str(error).split(";")[0] in rig.reason

    on(Rig(build=build), work)


@pytest.mark.parametrize("error", [ValueError("bad \x1b[31mthing"), KeyError("x"), SystemExit(3), KeyboardInterrupt()])
def test_anything_else_is_shown_as_a_bug_in_the_provider_and_polling_goes_on(error: BaseException) -> None:  # safety 18
    async def work(rig: Rig) -> None:
        rig.provider.failure = error
        await rig.polled()
        assert rig.health() is Health.BLIND
        assert rig.reason.startswith("a bug in the provider fake: ")
        assert type(error).__name__ in rig.reason
        assert "\x1b" not in rig.reason
        rig.provider.failure = None
        await rig.polled()
        assert rig.health() is Health.LIVE

    on(Rig(), work)


def test_an_error_whose_text_cannot_be_had_is_still_told() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    async def work(rig: Rig) -> None:
        rig.provider.failure = Mute()
        await rig.polled()
        assert rig.reason == "a bug in the provider fake: Mute: Mute"

    on(Rig(), work)


class Blocking(FakeProvider):
    """Does not let go of its thread until the test lets it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.let_go = threading.Event()

    async def alerts(self) -> Answer[Alert]:
        self.let_go.wait(30)
        return await super().alerts()


def test_a_provider_that_blocks_is_named_and_stops_no_other() -> None:  # safety 18
    async def work(rig: Rig) -> None:
        other = Rig(name="pd")
        polling = asyncio.ensure_future(rig.source.poll())
        assert await other.polled()
        assert other.health() is Health.LIVE
        await rig.overrun(polling)
        assert rig.health() is Health.BLIND
        assert rig.reason == "a bug in the provider fake: it blocks: it did not stop when its time was up"
        await rig.polled()  # while it still blocks nothing more is piled upon it
        assert rig.reason.startswith("a bug in the provider fake: it blocks")
        with pytest.raises(Overran) as refused:
            await rig.source.send(lambda provider: provider.ack(["x"], "ana", ""))
        assert not refused.value.begun
        rig.provider.let_go.set()
        await until(lambda: rig.source._lane is not None and rig.source._lane._stuck.answer.done(), "its letting go")  # type: ignore[union-attr]  # it is there
        assert await rig.polled()
        assert rig.health() is Health.LIVE
        await other.source.close()

    on(Rig(Blocking("am")), work)


def test_a_provider_that_swallows_its_cancellation_counts_as_blocking() -> None:
    class Stubborn(FakeProvider):
        released = False

        async def alerts(self) -> Answer[Alert]:
            while not self.released:
                try:
                    await asyncio.sleep(0.005)
                except asyncio.CancelledError:
                    continue
            return await super().alerts()

    async def work(rig: Rig) -> None:
        await rig.overrun(asyncio.ensure_future(rig.source.poll()))
        assert "it blocks" in rig.reason
        rig.provider.released = True

    on(Rig(Stubborn("am")), work)


@pytest.mark.parametrize("nonsense", [42, "alerts", [1, 2], Answer("abc"), Answer(None)])  # type: ignore[arg-type]  # on purpose
def test_an_answer_that_is_none_keeps_the_last_facts_and_is_incomplete(nonsense: object) -> None:  # safety 14, 18
    class Alone:
        Config = FakeProvider.Config
        answer: Any = None

        async def alerts(self) -> Any:
            return self.answer

    provider = Alone()
    fine = Alert(ref=Ref("am", "x"), name="x", severity=Severity.ERROR, state=AlertState.FIRING)

    async def work(rig: Rig) -> None:
        provider.answer = Answer((fine,))
        await rig.polled()
        provider.answer = nonsense
        await rig.polled()
        assert rig.told[-1] is None
        assert rig.health() is Health.INCOMPLETE
        assert "cannot be read" in rig.reason
        rig.clock.advance(2 * EVERY + DEADLINE + 1)
        assert rig.health() is Health.BLIND

    on(Rig(provider), work)


def test_records_that_cannot_be_used_are_left_out_and_counted() -> None:  # safety 15
    good = Alert(ref=Ref("am", "good"), name="good", severity=Severity.ERROR, state=AlertState.FIRING)
    wrong: list[Any] = [
        good,  # a second time
        None,
        {"ref": "x"},
        msgspec.structs.replace(good, ref=Ref("pd", "theirs")),
        msgspec.structs.replace(good, ref=Ref("am", "\x1b[31mred")),
        msgspec.structs.replace(good, ref=Ref("am", "number"), name=7),
        msgspec.structs.replace(good, ref=Ref("am", "zone"), started_at=datetime(2026, 1, 1)),  # the fault
        msgspec.structs.replace(good, ref=Ref("am", "labels"), labels={"a": 1}),
        msgspec.structs.replace(good, ref=Ref("am", "severity"), severity="bad"),
        msgspec.structs.replace(good, ref=Ref("am", "notes"), notes=(None,)),
    ]

    async def work(rig: Rig) -> None:
        rig.provider.nonsense = Answer((good, *wrong), rejected=2)
        snapshot = await rig.polled()
        assert snapshot is not None
        assert snapshot.alerts == (good,)
        assert snapshot.rejected == len(wrong) + 2
        assert rig.source.health().rejected == len(wrong) + 2
        assert rig.health() is Health.INCOMPLETE
        assert f"{len(wrong)} of {len(wrong) + 1} alerts could not be used" in rig.reason

    on(Rig(), work)


def test_texts_that_a_provider_forgot_to_clean_are_cleaned() -> None:  # safety 1
    async def work(rig: Rig) -> None:
        rig.provider.fire("x", summary="a\x1b]52;c;aGk=\x07b", labels={"k\x1b": "v\u202e"}, annotations={"d": "one\ntwo\x9b"})
        snapshot = await rig.polled()
        assert snapshot is not None
        (alert,) = snapshot.alerts or ()
        assert "\x1b" not in alert.summary + "".join(alert.labels)
        assert "\u202e" not in alert.labels["k␛"]
        assert alert.annotations["d"].startswith("one\ntwo")
        assert "\x9b" not in alert.annotations["d"]

    on(Rig(), work)


def test_texts_of_traps_are_cleaned_too() -> None:  # safety 1
    class Rules(FakeProvider):
        async def traps(self) -> Answer[TrapView]:
            laid = Trap(name="t", probe="rule", detect="one\ntwo\x1b", labels={"k\x1b": "v"}, params={"query": "to the byte\x1b"})
            watch = Watch(reading=Reading({"a\x1b": 1.0}, "b\u202e"), reason="c\x9b")
            return Answer((as_told("am", laid, watch, START, (Link("runbook", "http://a\x07"),)),))

    async def work(rig: Rig) -> None:
        snapshot = await rig.polled()
        assert snapshot is not None
        (view,) = snapshot.traps or ()
        assert view.trap.detect == "one\ntwo␛"
        assert view.trap.labels == {"k␛": "v"}
        assert view.watch.reading == Reading({"a␛": 1.0}, "b⟨U+202E⟩")
        assert (view.watch.reason, view.links[0].url) == ("c⟨U+009B⟩", "http://a␇")
        assert view.trap.params == {"query": "to the byte\x1b"}

    on(Rig(Rules("am")), work)


def test_what_has_not_changed_stays_the_same_object() -> None:
    async def work(rig: Rig) -> None:
        rig.provider.fire("x", summary="dirty \x1b")
        first = await rig.polled()
        rig.provider.fire("y")
        second = await rig.polled()
        assert first is not None
        assert second is not None
        assert (second.alerts or ())[0] is (first.alerts or ())[0]

    on(Rig(), work)


def test_a_list_that_a_provider_goes_on_using_is_looked_at_again() -> None:
    async def work(rig: Rig) -> None:
        held: Any = [rig.provider.fire("x")]
        rig.provider.nonsense = Answer(held)
        await rig.polled()
        held.append(rig.provider.fire("y"))
        snapshot = await rig.polled()
        assert snapshot is not None
        assert [alert.name for alert in snapshot.alerts or ()] == ["x", "y"]

    on(Rig(), work)


def test_a_part_that_fails_leaves_its_last_facts_and_makes_the_answer_incomplete() -> None:  # safety 16
    class Half(FakeProvider):
        forbidden = False

        async def silences(self) -> Any:
            if self.forbidden:
                raise Forbidden("403: no silences for you")
            return await super().silences()

    async def work(rig: Rig) -> None:
        await rig.source.send(lambda p: p.silence("alertname=x", rig.clock.now() + timedelta(hours=1), "ana", "why"))
        await rig.polled()
        rig.provider.forbidden = True
        rig.provider.fire("new")
        snapshot = await rig.polled()
        assert snapshot is not None
        assert [alert.name for alert in snapshot.alerts or ()] == ["new"]
        assert len(snapshot.silences or ()) == 1
        assert not snapshot.complete
        assert rig.health() is Health.INCOMPLETE
        assert "silences: 403: no silences for you" in rig.reason

    on(Rig(Half("am")), work)


def test_an_incomplete_answer_is_never_live() -> None:  # safety 16
    async def work(rig: Rig) -> None:
        rig.provider.complete = False
        await rig.polled()
        assert rig.health() is Health.INCOMPLETE
        assert not rig.health().sees

    on(Rig(), work)


def test_an_old_answer_is_late_and_then_blind_whatever_the_wall_clock_does() -> None:  # safety 20
    async def work(rig: Rig) -> None:
        await rig.polled()
        rig.clock.step_wall(3600)
        assert rig.health() is Health.LIVE
        rig.clock.advance(1.5 * EVERY)
        assert rig.health() is Health.LIVE
        rig.clock.advance(0.1)
        assert rig.health() is Health.LATE
        rig.clock.step_wall(-7200)
        rig.clock.advance(0.5 * EVERY + DEADLINE)
        assert rig.health() is Health.BLIND
        assert rig.source.health().age == timedelta(seconds=2 * EVERY + DEADLINE + 0.1)

    on(Rig(), work)


def test_it_asks_at_its_interval_counted_from_the_question() -> None:
    async def work(rig: Rig) -> None:
        running = asyncio.ensure_future(rig.source.run())
        for n in range(1, 4):
            await until(partial(lambda n: len(rig.told) == n and rig.clock.sleeping, n), f"poll {n}")
            rig.clock.advance(EVERY - 1)
            await asyncio.sleep(0)
            assert len(rig.told) == n
            rig.clock.advance(1)
        running.cancel()
        stamps = [told.asked_mono for told in rig.told if told is not None]
        assert [b - a for a, b in pairwise(stamps)] == [EVERY] * (len(stamps) - 1)

    on(Rig(), work)


def test_what_fails_in_a_task_of_its_own_is_said_with_the_next_answer() -> None:
    class Leaky(FakeProvider):
        async def alerts(self) -> Answer[Alert]:
            asyncio.get_running_loop().call_soon(lambda: 1 / 0)
            return await super().alerts()

    async def work(rig: Rig) -> None:
        remarks = ""
        while "ZeroDivisionError" not in remarks:
            snapshot = await rig.polled()
            assert snapshot is not None
            remarks = " ".join(snapshot.remarks)
        assert "a bug in the provider fake" in remarks

    on(Rig(Leaky("am")), work)


def test_a_write_that_never_began_is_told_from_one_without_an_answer() -> None:  # safety 17
    async def work(rig: Rig) -> None:
        rig.provider.fire("x")
        rig.provider.stalled = True
        sending = asyncio.ensure_future(rig.source.send(lambda provider: provider.ack(["x"], "ana", "")))
        await until(lambda: rig.provider.calls, "the write")
        await rig.overrun(sending)
        with pytest.raises(Overran) as lost:
            await sending
        assert lost.value.begun

    on(Rig(), work)


def test_malformed_is_not_blindness_while_the_last_answer_is_young() -> None:  # safety 14
    async def work(rig: Rig) -> None:
        rig.provider.fire("x")
        await rig.polled()
        rig.provider.failure = Malformed("an HTML page instead of JSON")
        await rig.polled()
        assert rig.health() is Health.INCOMPLETE
        assert rig.reason == "an answer that cannot be read: an HTML page instead of JSON"

    on(Rig(), work)


def test_it_says_who_is_on_call_at_another_time() -> None:
    gap = OnCall(roster="primary", level=1, source="am", now=None, next=None)

    async def work(rig: Rig) -> None:
        rig.provider.on_call_now = (gap,)
        answer = await rig.source.on_call(rig.clock.now() + timedelta(days=3))
        assert answer is not None
        assert answer.records == (gap,)
        assert rig.provider.calls[-1] == ("on_call", rig.clock.now() + timedelta(days=3))

    on(Rig(), work)


def test_closing_lets_the_provider_close() -> None:
    rig = Rig()

    async def work(rig: Rig) -> None:
        await rig.polled()

    on(rig, work)
    assert rig.provider.closed
    assert not [thread for thread in threading.enumerate() if thread.name == "source am"]
