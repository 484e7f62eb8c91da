"""What a watch shares: facts to the last field, only what differs, and nothing to who does not speak its language."""

from __future__ import annotations

import asyncio
import os
import random
import socket
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cockpit.config.model import SourceConfig
from cockpit.core.alerts import Alert, AlertState, Link, Ref, Severity
from cockpit.core.packed import Packed, Packer
from cockpit.core.sharing import VERSION, Ask, Edit, Hello, News, Part, Reader, Told, Welcome, likeness, shape, written
from cockpit.core.sources import Snapshot
from cockpit.core.units import Seconds
from cockpit.core.watchrule import WatchRule
from cockpit.engine import attached, edits
from cockpit.engine.attached import Attached, Lost, NotShared, Shared, attach
from cockpit.engine.edits import applied, cut, spans
from cockpit.engine.frames import framed, received
from cockpit.engine.hub import Hub, Standing
from cockpit.engine.serving import Serving
from cockpit.engine.sharing import Unshared, _bound, _locked
from cockpit.engine.source import Source
from cockpit.engine.through import Through
from cockpit.provider import RateLimited
from cockpit.testing import FakeClock, FakeProvider
from support.desk import StillClock
from support.waiting import until

NOW = datetime(2026, 11, 2, 3, 12, tzinfo=UTC)
LIKE = "like"


def alert(number: int, **facts: Any) -> Alert:
    return Alert(
        ref=Ref("am", str(number)),
        name="DiskFull",
        severity=Severity.CRITICAL,
        state=AlertState.FIRING,
        labels={"instance": f"db-{number}"},
        links=(Link("runbook", "https://wiki.example/disk"),),
        started_at=NOW,
        **facts,
    )


def packed(number: int) -> Packed:
    annotations = {"summary": "no room", "runbook_url": "https://wiki.example/disk"}
    about: dict[str, Any] = {"ref": Ref("am", str(number)), "name": "DiskFull", "severity": Severity.CRITICAL}
    return Packer().packed({"instance": f"db-{number}"}, annotations, "", "no room", state=AlertState.FIRING, **about)


def standing(records: Sequence[Alert], mono: float = 1.0, **facts: Any) -> Standing:
    said = Snapshot(source="am", asked_at=NOW, asked_mono=mono, alerts=tuple(records))
    return Standing(0, LIKE, said, 0.1, **facts)


class Rig:
    """A hub that is served, and one that looks."""

    def __init__(self, path: Path) -> None:
        self.path = str(path / "watch.sock")
        self.nudged: list[str] = []
        self.hub = Hub(self.nudged.append)
        self.serving = Serving(self.hub, _bound(self.path, ""), keeps=True)
        self.news = 0

    def put(self, records: Sequence[Alert], mono: float = 1.0, **facts: Any) -> None:
        self.hub.put("am", standing(records, mono, **facts))

    def heard(self) -> None:
        self.news += 1

    async def attached(self, like: str = LIKE) -> Attached:
        found = await attach(self.path, "am", like, self.heard)
        assert found is not None
        return found


def on(path: Path, work: Callable[[Rig], Awaitable[None]]) -> None:
    path.chmod(0o700)
    rig = Rig(path)
    rig.put([alert(1), alert(2)])
    rig.serving.start()

    async def bounded() -> None:
        await asyncio.wait_for(work(rig), 60)

    try:
        asyncio.run(bounded())
    finally:
        rig.serving.stop()


@pytest.mark.parametrize("record", [alert(1), alert(2, summary="no room", notes=()), packed(3)])
def test_an_alert_comes_as_it_is(record: Alert) -> None:
    read = Reader().read("alerts", msgspec.Raw(written("alerts", record)))
    assert read == record
    assert type(read) is type(record)
    assert (read.labels, read.annotations, read.links) == (record.labels, record.annotations, record.links)


def test_edits_make_the_newer_of_the_former_however_it_changed() -> None:
    chance = random.Random(6)
    for _ in range(200):
        before = tuple(object() for _ in range(chance.choice([0, 1, 5, 450, 3000])))
        newer = list(before)
        for _ in range(chance.choice([0, 1, 3, 50])):
            place, kind = chance.randint(0, len(newer)), chance.random()
            if kind < 0.3:
                newer.insert(place, object())
            elif newer:
                moved = newer.pop(place % len(newer))
                if kind > 0.8:
                    newer.append(moved)
        made: list[object] = []
        for group in cut(spans(tuple(newer), before)):
            for start, count, begin, end in group:
                made += [*applied(before, start, count), *newer[begin:end]]
        assert len(made) == len(newer)
        assert all(one is other for one, other in zip(made, newer, strict=True))


def test_who_looks_sees_all_and_then_what_differs(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        first, second, third = alert(1), alert(2), alert(3)
        rig.put([first, second])
        looks = await rig.attached()
        assert (await looks.ask(fresh=False)).records["alerts"] == (first, second)
        kept = (await looks.ask(fresh=False)).records["alerts"]
        rig.put([second, third], 2.0)
        await until(lambda: rig.news == 1)
        now = await looks.ask(fresh=False)
        assert now.records["alerts"] == (second, third)
        assert now.told.asked_mono == 2.0
        assert now.records["alerts"][0] is kept[1], "what did not change was sent again"
        looks.close()

    on(tmp_path, work)


def test_who_does_not_ask_is_told_once_that_there_is_something_newer(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        looks, other = await rig.attached(), await rig.attached()
        await looks.ask(fresh=False)
        for number in range(100):
            rig.put([alert(number)], 2.0 + number)
        await until(lambda: rig.news >= 1)
        assert (await other.ask(fresh=False)).told.asked_mono == 101.0
        assert rig.news == 1
        assert (await looks.ask(fresh=False)).told.asked_mono == 101.0
        looks.close()
        other.close()

    on(tmp_path, work)


def test_who_wants_to_know_now_has_the_source_asked(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        looks = await rig.attached()
        await looks.ask(fresh=False)
        asking = asyncio.ensure_future(looks.ask(fresh=True))
        await until(lambda: rig.nudged == ["am"])
        assert not asking.done()
        rig.put([alert(9)], 5.0)
        assert (await asking).told.asked_mono == 5.0
        looks.close()

    on(tmp_path, work)


def test_a_source_that_is_another_one_here_is_not_shared(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        with pytest.raises(NotShared, match="configured otherwise"):
            await rig.attached("another")

    on(tmp_path, work)


def test_another_version_is_told_apart_in_a_sentence(tmp_path: Path) -> None:
    async def work(rig: Rig) -> None:
        reader, writer = await asyncio.open_unix_connection(rig.path)
        writer.write(framed(Hello(VERSION + 1, shape(), "am", LIKE)))
        said: Welcome = await received(reader, msgspec.msgpack.Decoder(Welcome), 4096)
        assert "of another version" in said.refused
        writer.close()

    on(tmp_path, work)


_NOISE = (
    b"\xff" * 64,
    b"\0\0\0\0",
    b"\0\0\0\2\xc1\xc1",
    b"GET / HTTP/1.1\r\n\r\n",
    framed(Ask(True)),
    b"\0\0\x0f\xff" + b"\x91" * 4095,
    b"\0\0\x0f\xff\x81\xa1x" + b"\x91" * 4092,
)


@pytest.mark.parametrize("bytes_", _NOISE)
def test_who_says_what_is_no_message_is_cut_off_alone(tmp_path: Path, bytes_: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async def work(rig: Rig) -> None:
        looks = await rig.attached()
        reader, writer = await asyncio.open_unix_connection(rig.path)
        writer.write(bytes_)
        assert await reader.read() == b""
        writer.close()
        assert (await looks.ask(fresh=False)).records["alerts"]
        looks.close()

    on(tmp_path, work)
    assert not caplog.records, "a traceback was printed"


async def _ask_for_ever(looks: Attached) -> None:
    while True:
        await looks.ask(fresh=False)


def _pretending(answer: bytes) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from cockpit.engine.alive import boot

        decoder = msgspec.msgpack.Decoder(Hello | Ask)
        await received(reader, decoder, 4096)
        writer.write(framed(Welcome(VERSION, shape(), os.getpid(), boot())))
        await received(reader, decoder, 4096)
        writer.write(answer)
        await writer.drain()
        await reader.read()
        writer.close()

    return talk


@pytest.mark.parametrize(
    "answer",
    [
        b"\xff\xff\xff\xff",
        framed(News()) + framed(Part("alerts", ())),
        framed(Told(asked_at=NOW, asked_mono=1.0, kinds=("alerts",), anew=("alerts",), parts=1)) + framed(News()),
        framed(Told(asked_at=NOW, asked_mono=1.0, kinds=("alerts",))),
        framed(Told(asked_at=NOW, asked_mono=1.0)) * 2,
    ],
)
def test_a_watch_that_lies_costs_itself_alone(tmp_path: Path, answer: bytes) -> None:
    tmp_path.chmod(0o700)

    async def work() -> None:
        path = str(tmp_path / "watch.sock")
        async with await asyncio.start_unix_server(_pretending(answer), path):
            looks = await attach(path, "am", LIKE, lambda: None)
            assert looks is not None
            with pytest.raises(Lost):
                await _ask_for_ever(looks)
            assert looks.gone
            looks.close()

    asyncio.run(asyncio.wait_for(work(), 60))


def test_a_record_that_cannot_be_read_costs_no_other(tmp_path: Path) -> None:
    raws = (msgspec.Raw(written("alerts", alert(1))), msgspec.Raw(b"\xa3bad"))
    told = framed(Told(asked_at=NOW, asked_mono=1.0, kinds=("alerts",), anew=("alerts",), parts=1))
    tmp_path.chmod(0o700)

    async def work() -> Shared:
        path = str(tmp_path / "watch.sock")
        body = told + framed(Part("alerts", (Edit(0, 0, raws),)))
        async with await asyncio.start_unix_server(_pretending(body), path):
            looks = await attach(path, "am", LIKE, lambda: None)
            assert looks is not None
            shared = await looks.ask(fresh=False)
            looks.close()
            return shared

    shared = asyncio.run(asyncio.wait_for(work(), 60))
    assert shared.records["alerts"] == (alert(1), None)


@pytest.mark.parametrize("bad", [{"summary": "x" * 2000}, {"acknowledged_why": object()}, {"summary": "\ud800"}])
def test_a_record_that_cannot_be_told_is_left_out_and_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bad: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("cockpit.core.sharing.likeness", lambda *_: LIKE)
    monkeypatch.setattr(edits, "LONG", 1000)

    async def work(rig: Rig) -> None:
        provider, clock, told = FakeProvider("am"), FakeClock(), list[Snapshot | None]()
        source = _source(rig, provider, clock, told)
        whole, broken = alert(1), alert(2, **bad)
        for place, records in enumerate(([whole, broken], [whole, broken, alert(3)]), 1):
            clock.advance(1)
            rig.put(records, clock.mono())
            await source.poll()
            said = told[-1]
            assert said is not None
            assert said.alerts == tuple(each for each in records if each is not broken)
            assert (said.complete, said.rejected) == (False, 1)
            assert said.remarks == (f"1 of {len(records)} alerts did not come through cockpit watch: too long, or not to be read",)
            assert source.tally == (place, 0)
        assert not provider.calls
        await source.close()

    on(tmp_path, work)
    assert not caplog.records, "a traceback was printed"


def test_one_watch_shares_at_a_time_and_what_is_no_socket_stays(tmp_path: Path) -> None:
    path = tmp_path / "watch.sock"
    lock = _locked(str(path))
    with pytest.raises(Unshared, match="another watch"):
        _locked(str(path))
    lock.close()
    path.write_text("mine")
    with pytest.raises(Unshared, match="no socket"):
        _bound(str(path), "")
    assert path.read_text() == "mine"


def test_a_socket_where_others_may_write_is_not_looked_through(tmp_path: Path) -> None:
    end = socket.socket(socket.AF_UNIX)
    end.bind(str(tmp_path / "watch.sock"))
    end.listen()
    tmp_path.chmod(0o777)
    with pytest.raises(NotShared, match="others may write"):
        asyncio.run(attach(str(tmp_path / "watch.sock"), "am", LIKE, lambda: None))
    end.close()


def test_a_socket_in_a_directory_that_anybody_could_have_made_is_not_looked_through(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a directory to somebody else")
    anybodys = tmp_path / "anybodys"
    anybodys.mkdir()
    anybodys.chmod(0o1777)
    made = anybodys / "cockpit"
    made.mkdir(0o755)
    end = socket.socket(socket.AF_UNIX)
    end.bind(str(made / "watch.sock"))
    end.listen()
    for each in (made, made / "watch.sock"):
        os.chown(each, 54321, -1)
    through = tmp_path / "through"
    through.symlink_to(made)
    for path in (made, through):
        with pytest.raises(NotShared, match=r"anybody who may write in .*anybodys could"):
            asyncio.run(attach(str(path / "watch.sock"), "am", LIKE, lambda: None))
    end.close()


def test_who_binds_leaves_the_umask_of_other_threads_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(os, "umask", asked.append)
    end = _bound(str(tmp_path / "watch.sock"), "")
    assert (tmp_path / "watch.sock").stat().st_mode & 0o777 == 0o600
    assert not asked
    end.close()


def test_long_records_come_in_messages_that_can_be_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attached, "LONGEST", 2**20)
    monkeypatch.setattr(edits, "HEAVY", 2**19)
    long = tuple(alert(number, summary="x" * 10_000) for number in range(500))

    async def work(rig: Rig) -> None:
        rig.put(long)
        looks = await rig.attached()
        assert (await looks.ask(fresh=False)).records["alerts"] == long
        rig.put((alert(0), *long[1:250], alert(9), *long[250:]), 2.0)
        kept = (await looks.ask(fresh=False)).records["alerts"]
        assert kept == (alert(0), *long[1:250], alert(9), *long[250:])
        looks.close()

    on(tmp_path, work)


def _through(rig: Rig, clock: StillClock) -> Through:
    return Through(lambda: rig.path, "am", "alertmanager", {}, clock, lambda: None)


def test_a_watch_that_stopped_asking_is_let_go_of_and_asked_again_ever_more_seldom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cockpit.core.sharing.likeness", lambda *_: LIKE)

    async def work(rig: Rig) -> None:
        clock = StillClock()
        through = _through(rig, clock)
        rig.put([alert(1)], clock.mono())
        clock.turn(69)
        assert await through.told(fresh=False, keeps=False, oldest=70) is not None
        clock.turn(2)
        waits = [15.0, 30.0, 60.0, 120.0, 240.0, 300.0, 300.0]
        for wait in waits:
            assert await through.told(fresh=False, keeps=False, oldest=70) is None
            assert "has not asked am for" in through.says
            assert through.pid == 0
            clock.turn(wait - 1)
            assert not through.may_find
            clock.turn(1)
            assert through.may_find
        rig.put([alert(1)], clock.mono())
        assert await through.told(fresh=False, keeps=False, oldest=70) is not None
        assert through.says == ""
        through.let_go()
        clock.turn(2)
        assert through.may_find, "one that is well again is looked for at once"

    on(tmp_path, work)


def test_a_watch_whose_answer_cannot_be_taken_is_asked_ever_more_seldom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit.core.sharing.likeness", lambda *_: LIKE)
    monkeypatch.setattr(attached, "LONGEST", 200)

    async def work(rig: Rig) -> None:
        clock = StillClock()
        through = _through(rig, clock)
        rig.put([alert(1, summary="x" * 1000)], clock.mono())
        for wait in (15.0, 30.0, 60.0):
            assert await through.told(fresh=False, keeps=False, oldest=70) is None
            assert "cannot be read" in through.says
            clock.turn(wait - 1)
            assert not through.may_find
            clock.turn(1)
            assert await through.find()
            assert "cannot be read" in through.says, "what is wrong stays said until it is well"
        through.let_go()

    on(tmp_path, work)


def _source(rig: Rig, provider: FakeProvider, clock: FakeClock, told: list[Snapshot | None]) -> Source:
    config = SourceConfig(name="am", provider="fake", every=Seconds(15), timeout=Seconds(10))
    return Source(config, lambda: provider, clock, on_told=told.append, watch=lambda: rig.path)


def test_beside_a_watch_that_hangs_a_source_is_asked_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit.core.sharing.likeness", lambda *_: LIKE)

    async def work(rig: Rig) -> None:
        provider, clock, told = FakeProvider("am"), FakeClock(), list[Snapshot | None]()
        source = _source(rig, provider, clock, told)
        rig.put([alert(1)], clock.mono())
        await source.poll()
        clock.advance(40)
        await source.poll()
        assert not provider.calls
        clock.advance(1)
        await source.poll()
        assert provider.calls
        assert told[-1] is not None
        assert told[-1].asked_mono == clock.mono()
        assert source.through == (f"cockpit watch (process {os.getpid()}) has not asked am for 41 s; sources are asked from here",)
        await source.close()

    on(tmp_path, work)


def test_a_watch_that_hangs_after_a_poll_that_failed_is_not_believed_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cockpit.core.sharing.likeness", lambda *_: LIKE)

    async def work(rig: Rig) -> None:
        provider, clock, told = FakeProvider("am"), FakeClock(), list[Snapshot | None]()
        source = _source(rig, provider, clock, told)
        failed = {"health": "late", "reason": "connection refused"}
        rig.put([alert(1)], clock.mono(), **failed, due=clock.mono() + 60)
        for _ in range(2):
            clock.advance(50)  # a back-off is no hanging
            await source.poll()
            assert source.trouble == "connection refused"
        assert not provider.calls
        clock.advance(1)
        await source.poll()
        assert provider.calls
        assert source.trouble == ""
        says = f"cockpit watch (process {os.getpid()}) should have asked am again 41 s ago; sources are asked from here"
        assert source.through == (says,)
        await source.close()

    on(tmp_path, work)


def test_a_source_that_failed_says_when_it_is_asked_again() -> None:
    async def work() -> None:
        provider, clock = FakeProvider("am"), FakeClock()
        provider.failure = RateLimited("429", 120)
        config = SourceConfig(name="am", provider="fake", every=Seconds(15), timeout=Seconds(10))
        source = Source(config, lambda: provider, clock)
        await source.poll()
        assert source.standing[-1] == clock.mono() + 120
        provider.failure = None
        await source.poll()
        assert source.standing[2:] == ("", "", 0.0)
        await source.close()

    asyncio.run(work())


def test_a_watch_that_is_lost_ends_no_wait_that_the_source_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit.core.sharing.likeness", lambda *_: LIKE)
    monkeypatch.setattr(attached, "LONGEST", 200)

    async def work(rig: Rig) -> None:
        provider, clock = FakeProvider("am"), FakeClock()
        provider.failure = RateLimited("429", 120)
        rig.put([alert(1, summary="x" * 1000)], clock.mono())
        source = _source(rig, provider, clock, [])
        polling = asyncio.ensure_future(source.run())
        await until(lambda: source.tally[0] == 1 and not source._nudged.is_set())
        for _ in range(20):
            await asyncio.sleep(0)
        assert source.tally[0] == 1
        clock.advance(119)
        for _ in range(20):
            await asyncio.sleep(0)
        assert source.tally[0] == 1
        clock.advance(2)
        await until(lambda: source.tally[0] == 2)
        polling.cancel()
        await source.close()

    on(tmp_path, work)


def test_sources_are_alike_whoever_asks_and_not_where_they_ask_another() -> None:
    def like(**settings: object) -> str:
        return likeness("alertmanager", settings)

    one = like(url="https://am.example", auth={"user": "ana", "password": "env:A"}, key="env:A")
    assert one == like(key="env:A", url="https://am.example", auth={"bearer": "env:B"})
    assert one != like(url="https://other.example", auth={"bearer": "env:B"}, key="env:A")


@pytest.mark.parametrize("key", ["secret_url", "secret_headers"])
def test_sources_of_different_tenants_or_secret_addresses_are_not_alike(key: str) -> None:
    one, other = (
        likeness("calendar", {key: reference if key == "secret_url" else {"X-Scope-OrgID": reference}})
        for reference in ("env:TENANT_A", "env:TENANT_B")
    )
    assert one != other


def test_a_group_wants_a_socket_that_it_can_reach() -> None:
    with pytest.raises(ValueError, match="others may enter"):
        WatchRule(group="oncall")
