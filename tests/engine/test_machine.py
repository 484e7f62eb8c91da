"""This machine as providers and probes see it: the config, the journal, and what the keeper in here knows better."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from cockpit.config.model import Config
from cockpit.core.marks import local_alerts
from cockpit.core.roster import Person
from cockpit.core.traps import Reading, Trap, TrapState, Watch, fingerprint, view_of
from cockpit.engine.journal import Happened, Journal, open_journal
from cockpit.engine.machine import Here
from cockpit.provider import Conflict, Host, NotFound, ProbeError, ProviderError
from support.known import put_watch
from support.turned import TurnedClock


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def journal(tmp_path: Path, clock: TurnedClock) -> Iterator[Journal]:
    with closing(open_journal(tmp_path / "state", clock)) as opened:
        yield opened


def config(*names: str, **more: object) -> Config:
    plain = Config(traps={name: Trap(name=name, probe="disk") for name in names})
    return msgspec.structs.replace(plain, **more)


def watch(clock: TurnedClock, ago: float, text: str) -> Watch:
    at = clock.now() - timedelta(seconds=ago)
    return Watch(state=TrapState.ARMED, checked_at=at, good_at=at, reading=Reading({}, text), reason="")


def texts(here: Here) -> dict[str, str]:
    return {name: known.reading.text for name, known in here.watches().items() if known.reading is not None}


def test_what_the_keeper_in_here_knows_better_wins_over_the_journal(journal: Journal, clock: TurnedClock) -> None:
    here = Here(config("a", "b", "c"), journal, clock)
    put_watch(journal, "a", watch(clock, 20, "old"))
    put_watch(journal, "b", watch(clock, 5, "new"))
    here.live = lambda: {"a": watch(clock, 10, "seen"), "b": watch(clock, 10, "seen"), "c": watch(clock, 10, "seen")}
    assert texts(here) == {"a": "seen", "b": "new", "c": "seen"}


def test_a_trap_that_nobody_looks_at_is_blind_since_it_was_first_seen_here(journal: Journal, clock: TurnedClock) -> None:
    here = Here(config("a"), journal, clock)
    began = clock.now()
    assert here.watches()["a"].blind_since == began
    clock.skip(700)
    (trap,) = here.traps
    known = here.watches()
    assert view_of("local", trap, known["a"], clock.now()).says == "blind 11 m 40 s: not looked at yet"
    ((alert, _),) = local_alerts("local", "host", here.traps, known, here.marks(), clock.now())
    assert (alert.ref.id, alert.started_at) == ("a:blind", began + timedelta(seconds=600))
    here.config = msgspec.structs.replace(here.config, traps={"a": Trap(name="a", probe="disk", params={"path": "/srv"})})
    assert here.watches()["a"].blind_since == clock.now(), "laid anew, it is waited for anew"


def test_the_look_of_a_process_with_another_config_is_no_look_at_this_trap(journal: Journal, clock: TurnedClock) -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        try:
            assert journal.take_lease(other.pid, clock.now(), 15)
            here = Here(config("a", "b"), journal, clock)
            theirs = Trap(name="a", probe="disk", params={"path": "/srv"})
            for _ in range(3):  # each look of theirs changes nothing here
                clock.skip(3)
                put_watch(journal, "a", msgspec.structs.replace(watch(clock, 0, "theirs"), laid=fingerprint(theirs)))
                known = here.watches()
                assert (known["a"].state, known["a"].reading) == (TrapState.BLIND, None)
                assert known["a"].reason == f"process {other.pid} keeps another config of this trap"
                assert known["b"].reason == f"not looked at yet, by process {other.pid} which looks at the traps"
            assert known["a"].blind_since == clock.now() - timedelta(seconds=6)
            clock.skip(60)
            assert here.watches()["a"].reason == "laid anew in the config, not looked at yet", "it is gone"
        finally:
            other.kill()


def test_a_rest_is_what_the_journal_says_even_while_the_keeper_does_not_know_it_yet(journal: Journal, clock: TurnedClock) -> None:
    known = watch(clock, 1, "seen")
    here = Here(config("a"), journal, clock, lambda: {"a": known})
    until = clock.now() + timedelta(hours=2)
    here.disarm("a", "ana", "deploy", until, clock.now())
    assert (here.watches()["a"].rest_until, here.watches()["a"].rest_by, here.watches()["a"].rest_why) == (until, "ana", "deploy")
    assert texts(here) == {"a": "seen"}
    here.arm("a", "bo", clock.now())
    assert here.watches()["a"].rest_until is None
    assert [(each.kind, each.who) for each in journal.entries()] == [("trap.armed", "bo"), ("trap.disarmed", "ana")]
    with pytest.raises(NotFound, match="there is no trap b"):
        here.disarm("b", "ana", "deploy", until, clock.now())


def test_alerts_stay_live_and_marks_as_last_read_while_the_journal_cannot_be_used(tmp_path: Path, clock: TurnedClock) -> None:
    # safety 24
    state = tmp_path / "state"
    with closing(open_journal(state, clock)) as journal:
        here = Here(config("a"), journal, clock, lambda: {"a": watch(clock, 1, "seen")})
        here.ack("a", 1, "ana", "", clock.now())
        assert here.marks().acks["a"].who == "ana"
        journal.close()
        assert texts(here) == {"a": "seen"}
        with pytest.raises(ProviderError, match="is closed"):
            here.ack("a", 1, "ana", "", clock.now())


def test_what_cannot_be_written_is_refused_with_the_reason(tmp_path: Path, clock: TurnedClock) -> None:
    # safety 24
    (tmp_path / "state").write_text("in the way")
    with closing(open_journal(tmp_path / "state", clock)) as journal:
        here = Here(config("a"), journal, clock)
        for write in (
            lambda: here.ack("a", 1, "ana", "", clock.now()),
            lambda: here.note("a", "ana", "text", clock.now()),
            lambda: here.arm("a", "ana", clock.now()),
            lambda: here.silence("a=b", clock.now(), clock.now(), "ana", ""),
        ):
            with pytest.raises(ProviderError, match="nothing is written down until that is mended"):
                write()
        assert ([known.checked_at for known in here.watches().values()], dict(here.marks().acks)) == ([None], {})


def test_no_heartbeat_and_a_journal_nobody_can_read_are_two_things(tmp_path: Path, journal: Journal, clock: TurnedClock) -> None:
    here = Here(config(), journal, clock)
    assert here.beat("backup") is None
    journal.beat("backup", clock.now())
    assert here.beat("backup") == clock.now()
    (tmp_path / "blocked").write_text("in the way")
    with closing(open_journal(tmp_path / "blocked", clock)) as broken, pytest.raises(ProbeError, match="refused, because"):
        Here(config(), broken, clock).beat("backup")


def test_two_people_cannot_have_the_same_alert(journal: Journal, clock: TurnedClock) -> None:
    here = Here(config("a"), journal, clock)
    here.ack("a", 1, "ana", "", clock.now())
    with pytest.raises(Conflict, match="ana has had a"):
        here.ack("a", 1, "bo", "", clock.now())


@pytest.mark.parametrize(
    ("me", "expected"),
    [
        (("ana",), "ana"),
        (("ana@example.com",), "ana"),
        (("unknown", "Bo B."), "bo"),
        (("eve", "eve@example.com"), "eve"),
    ],
)
def test_me_is_the_person_of_the_config_that_goes_by_my_name(
    journal: Journal, clock: TurnedClock, me: tuple[str, ...], expected: str
) -> None:
    people = {
        "ana": Person(id="ana", name="Ana", timezone="America/Sao_Paulo", also=("ana@example.com",)),
        "bo": Person(id="bo", name="Bo B."),
    }
    assert Here(config(me=me, people=people), journal, clock).me.id == expected


def test_without_a_config_me_is_the_user_of_the_system_in_the_systems_zone(
    journal: Journal, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "night-owl")
    monkeypatch.setenv("TZ", "America/Sao_Paulo")
    here = Here(config(), journal, clock)
    assert (here.me.id, here.me.timezone) == ("night-owl", "America/Sao_Paulo")
    monkeypatch.setenv("TZ", "Not/A_Zone")
    assert Here(config(), journal, clock).me.timezone != "Not/A_Zone"


def test_it_is_its_own_host_and_follows_a_config_that_is_replaced(journal: Journal, clock: TurnedClock) -> None:
    here = Here(config("a"), journal, clock)
    host: Host = here
    assert host.machine is here
    assert host.clock is clock
    assert host.machine.host
    here.config = config("b", "c")
    assert [trap.name for trap in host.machine.traps] == ["b", "c"]


def test_an_entry_of_the_machine_carries_its_source(journal: Journal, clock: TurnedClock) -> None:
    here = Here(config("a"), journal, clock)
    here.silence("trap=a", clock.now(), clock.now() + timedelta(hours=1), "ana", "deploy")
    here.note("a", "ana", "looking", clock.now())
    journal.record_many([Happened(at=clock.now(), kind="other")])
    assert {each.source for each in journal.entries() if each.kind != "other"} == {"local"}
