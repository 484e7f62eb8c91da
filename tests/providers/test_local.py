"""``local``: this machine as a source like any other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from cockpit import plugins
from cockpit.config.model import Config
from cockpit.core.alerts import AlertState, Ref, SilenceState
from cockpit.core.roster import Layer, Person, Roster
from cockpit.core.trap_steps import step
from cockpit.core.traps import Failed, Looked, Reading, Trap, TrapState, Watch
from cockpit.core.units import Seconds, bound
from cockpit.engine.journal import Journal, open_journal
from cockpit.engine.machine import Here
from cockpit.provider import Conflict, NotFound, ProviderError, capabilities
from cockpit.providers.local import Local, LocalConfig
from support.known import put_watch
from support.turned import TurnedClock

DISK = Trap(name="root-disk", probe="disk", params={"path": "/"}, trip=bound("used_percent >= 92"), blind_after=Seconds(60))
MEMORY = Trap(name="memory", probe="memory", trip=bound("used_percent >= 95"))


class Bench:
    """A machine with two traps, and its source."""

    def __init__(self, state: Path) -> None:
        self.clock = TurnedClock()
        self.journal: Journal = open_journal(state, self.clock)
        self.here = Here(Config(traps={"root-disk": DISK, "memory": MEMORY}), self.journal, self.clock)
        self.local = Local("here", LocalConfig(), self.here)

    def reads(self, used: float, trap: Trap = DISK) -> None:
        """The keeper looked, and this is what it saw."""
        before = self.journal.watches().get(trap.name, Watch())
        reading = Reading({"used_percent": used}, f"{used:.0f} % used")
        put_watch(self.journal, trap.name, step(trap, before, Looked(self.clock.now(), reading)))

    def fails(self, trap: Trap = DISK) -> None:
        """The keeper looked, and could not see."""
        before = self.journal.watches().get(trap.name, Watch())
        put_watch(self.journal, trap.name, step(trap, before, Failed(self.clock.now(), "no such path")))

    def states(self) -> dict[str, AlertState]:
        return {alert.ref.id: alert.state for alert in asyncio.run(self.local.alerts()).records}

    def hour(self, hours: float = 1) -> datetime:
        return self.clock.now() + timedelta(hours=hours)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "state")
    with closing(made.journal):
        yield made


def test_it_comes_by_entry_point_and_can_do_all_that_a_source_of_this_machine_should(bench: Bench) -> None:
    assert plugins.load(plugins.PROVIDERS, "local") is Local
    assert capabilities(bench.local) == {
        "Alerts", "Acks", "Unacks", "Silences", "Edits", "Checks", "Upkeep", "Notes", "Rosters", "Shifts", "Overrides",
        "Traps", "Rests",
    }  # fmt: skip
    with pytest.raises(msgspec.ValidationError, match="token"):
        msgspec.convert({"token": "x"}, Local.Config)


def test_a_tripped_trap_is_an_alert_until_it_recovers(bench: Bench) -> None:
    bench.reads(50)
    assert bench.states() == {}
    bench.reads(95)
    (alert,) = asyncio.run(bench.local.alerts()).records
    assert (alert.ref, alert.summary, alert.trap, alert.where) == (Ref("here", "root-disk"), "95 % used", "root-disk", "/")
    bench.reads(50)
    assert bench.states() == {}


def test_an_ack_covers_this_firing_and_not_the_next(bench: Bench) -> None:
    # safety 17
    bench.reads(95)
    asyncio.run(bench.local.ack(["root-disk"], "ana", "on\x07 it"))
    (alert,) = asyncio.run(bench.local.alerts()).records
    assert (alert.state, alert.acknowledged_by, alert.acknowledged_why) == (AlertState.ACKNOWLEDGED, "ana", "on␇ it")
    asyncio.run(bench.local.unack(["root-disk"], "ana"))
    assert bench.states() == {"root-disk": AlertState.FIRING}
    asyncio.run(bench.local.ack(["root-disk"], "ana", ""))
    bench.reads(50)
    bench.reads(95)
    assert bench.states() == {"root-disk": AlertState.FIRING}


def test_a_trap_that_is_blind_for_too_long_can_be_acknowledged_too(bench: Bench) -> None:
    bench.fails()
    bench.clock.skip(61)
    bench.fails()
    asyncio.run(bench.local.ack(["root-disk:blind"], "ana", ""))
    assert bench.states() == {"root-disk:blind": AlertState.ACKNOWLEDGED}
    bench.reads(50)
    bench.fails()
    bench.clock.skip(61)
    assert bench.states() == {"root-disk:blind": AlertState.FIRING}


def test_an_alert_that_is_gone_cannot_be_acknowledged_and_then_nothing_is(bench: Bench) -> None:
    bench.reads(95)
    for gone in ("memory", "unknown", "root-disk:blind"):
        with pytest.raises(NotFound, match=f"not firing .any more.: {gone}"):
            asyncio.run(bench.local.ack(["root-disk", gone], "ana", ""))
    assert bench.states() == {"root-disk": AlertState.FIRING}


def test_of_several_those_that_are_free_are_acknowledged_and_the_others_named(bench: Bench) -> None:
    # safety 25
    bench.reads(95)
    bench.reads(99, MEMORY)
    asyncio.run(bench.local.ack(["root-disk"], "bo", ""))
    with pytest.raises(Conflict, match="bo has had root-disk since"):
        asyncio.run(bench.local.ack(["root-disk", "memory"], "ana", ""))
    found = {alert.ref.id: alert.acknowledged_by for alert in asyncio.run(bench.local.alerts()).records}
    assert found == {"root-disk": "bo", "memory": "ana"}
    with pytest.raises(NotFound, match="nobody has acknowledged unknown"):
        asyncio.run(bench.local.unack(["unknown", "memory"], "ana"))
    assert bench.states()["memory"] is AlertState.FIRING


def test_a_silence_hushes_what_it_matches_until_it_ends_by_time_or_by_hand(bench: Bench) -> None:
    bench.reads(95)
    bench.reads(99, MEMORY)
    made = asyncio.run(bench.local.silence("trap=root-disk", bench.hour(), "ana", "moving logs"))
    assert bench.states() == {"root-disk": AlertState.SUPPRESSED, "memory": AlertState.FIRING}
    (silence,) = asyncio.run(bench.local.silences()).records
    assert (silence.ref, silence.match, silence.who, silence.comment) == (Ref("here", made), "trap=root-disk", "ana", "moving logs")
    asyncio.run(bench.local.unsilence(made, "bo"))
    assert bench.states()["root-disk"] is AlertState.FIRING
    with pytest.raises(NotFound):
        asyncio.run(bench.local.unsilence(made, "bo"))
    asyncio.run(bench.local.silence("trap=root-disk", bench.clock.now() + timedelta(seconds=30), "ana", ""))
    bench.clock.skip(31)
    assert bench.states()["root-disk"] is AlertState.FIRING
    assert {each.state for each in asyncio.run(bench.local.silences()).records} == {SilenceState.EXPIRED}
    bench.clock.skip(3600)
    assert asyncio.run(bench.local.silences()).records == ()


def test_an_alert_says_which_silences_hush_it(bench: Bench) -> None:
    bench.reads(95)
    made = {asyncio.run(bench.local.silence(match, bench.hour(), "ana", "")) for match in ("trap=root-disk", "probe=disk")}
    (alert,) = asyncio.run(bench.local.alerts()).records
    assert set(alert.silences) == made


def test_a_silence_can_be_changed_and_is_then_the_changer_s(bench: Bench) -> None:
    bench.reads(95)
    made = asyncio.run(bench.local.silence("trap=memory", bench.hour(), "ana", "wrong one"))
    assert asyncio.run(bench.local.edit_silence(made, "trap=root-disk", bench.hour(3), "bo", "this one")) == made
    (silence,) = asyncio.run(bench.local.silences()).records
    assert (silence.match, silence.who, silence.comment) == ("trap=root-disk", "bo", "this one")
    assert silence.ends_at == bench.hour(3)
    assert bench.states() == {"root-disk": AlertState.SUPPRESSED}
    with pytest.raises(NotFound, match="s-unknown"):
        asyncio.run(bench.local.edit_silence("s-unknown", "trap=memory", bench.hour(), "bo", ""))


def test_one_that_has_ended_is_made_anew_by_a_change(bench: Bench) -> None:
    made = asyncio.run(bench.local.silence("trap=memory", bench.hour(), "ana", "x"))
    asyncio.run(bench.local.unsilence(made, "ana"))
    again = asyncio.run(bench.local.edit_silence(made, "trap=memory", bench.hour(), "bo", "still"))
    assert again != made
    states = {each.ref.id: each.state for each in asyncio.run(bench.local.silences()).records}
    assert states == {made: SilenceState.EXPIRED, again: SilenceState.ACTIVE}


def test_a_silence_until_resolved_ends_with_the_last_that_it_hushes(bench: Bench) -> None:
    bench.reads(95)
    made = asyncio.run(bench.local.silence_until_resolved("trap=root-disk", "ana", "moving logs"))
    (alert,) = asyncio.run(bench.local.alerts()).records
    assert "silenced by ana until it has resolved: moving logs" in alert.suppressed_by
    assert asyncio.run(bench.local.upkeep()) == []
    bench.reads(40)
    assert asyncio.run(bench.local.upkeep()) == ["ended the silence until resolved of ana for trap=root-disk: resolved"]
    assert {each.ref.id: each.state for each in asyncio.run(bench.local.silences()).records} == {made: SilenceState.EXPIRED}
    assert asyncio.run(bench.local.upkeep()) == []
    bench.reads(95)
    assert bench.states() == {"root-disk": AlertState.FIRING}


def test_another_end_can_be_given_to_one_until_resolved_and_back(bench: Bench) -> None:
    bench.reads(40)
    made = asyncio.run(bench.local.silence("trap=root-disk", bench.hour(), "ana", "x"))
    asyncio.run(bench.local.edit_silence(made, "trap=root-disk", None, "ana", "x"))
    (silence,) = asyncio.run(bench.local.silences()).records
    assert silence.until_resolved
    asyncio.run(bench.local.edit_silence(made, "trap=root-disk", bench.hour(), "ana", "x"))
    assert asyncio.run(bench.local.upkeep()) == []


@pytest.mark.parametrize(
    ("match", "hours", "says"),
    [
        ("", 1, "would hush everything"),
        ("   ", 1, "would hush everything"),
        ("@severity>=terrible", 1, "cannot be read, at column"),
        ('alertname=~".+"', 1, "would hush nearly everything"),
        ("alertname!=root-disk !swap", 1, "would hush nearly everything"),
        ("@severity>=unknown @age>1m @state=firing", 1, "would hush nearly everything"),
        ("trap=root-disk", -1, "end in the past"),
        ("trap=root-disk", 24 * 31, "lasts 30 d at most"),
        ("trap=\u202eksid", 1, "cannot be shown"),
    ],
)
def test_a_silence_that_would_do_harm_is_refused_with_the_reason(bench: Bench, match: str, hours: float, says: str) -> None:
    with pytest.raises(ProviderError, match=says) as refused:
        asyncio.run(bench.local.silence(match, bench.hour(hours), "ana", ""))
    assert bench.local.silence_problem(match, bench.hour(hours)) == str(refused.value)
    assert asyncio.run(bench.local.silences()).records == ()


def test_notes_stay_with_their_alert(bench: Bench) -> None:
    bench.reads(95)
    asyncio.run(bench.local.note("root-disk", "ana", "journald again\x1b[2J\nsee #12"))
    (alert,) = asyncio.run(bench.local.alerts()).records
    assert [(note.who, note.text) for note in alert.notes] == [("ana", "journald again␛[2J\nsee #12")]
    with pytest.raises(NotFound, match="there is no trap unknown"):
        asyncio.run(bench.local.note("unknown", "ana", "hm"))
    with pytest.raises(ProviderError, match="says nothing"):
        asyncio.run(bench.local.note("root-disk", "ana", " \n"))


def test_traps_are_shown_as_they_must_be_read_now(bench: Bench) -> None:
    bench.reads(50)
    disk, memory = asyncio.run(bench.local.traps()).records
    assert (disk.source, disk.state, disk.says) == ("here", TrapState.ARMED, "50 % used")
    assert (memory.state, memory.says) == (TrapState.BLIND, "blind: not looked at yet")
    bench.clock.skip(300)
    disk = asyncio.run(bench.local.traps()).records[0]
    assert disk.state is TrapState.BLIND  # nobody looks any more


def test_a_trap_rests_until_its_time_and_raises_no_alert_meanwhile(bench: Bench) -> None:
    bench.reads(95)
    asyncio.run(bench.local.disarm("root-disk", bench.hour(), "ana", "moving logs"))
    assert bench.states() == {}
    disk = asyncio.run(bench.local.traps()).records[0]
    assert (disk.state, disk.watch.rest_by) == (TrapState.DISARMED, "ana")
    asyncio.run(bench.local.arm("root-disk", "bo"))
    assert bench.states() == {"root-disk": AlertState.FIRING}
    asyncio.run(bench.local.disarm("root-disk", bench.clock.now() + timedelta(seconds=20), "ana", "again"))
    bench.clock.skip(21)
    assert bench.states() == {"root-disk": AlertState.FIRING}  # it arms itself
    for trap, hours, why, says in (
        ("unknown", 1, "x", "there is no trap"),
        ("root-disk", 1, " ", "say why"),
        ("root-disk", -1, "x", "past"),
        ("root-disk", 24 * 31, "x", "30 days at most"),
    ):
        with pytest.raises(ProviderError, match=says):
            asyncio.run(bench.local.disarm(trap, bench.hour(hours), "ana", why))
    with pytest.raises(NotFound):
        asyncio.run(bench.local.arm("unknown", "ana"))


def test_with_no_roster_the_person_at_the_keyboard_is_on_call_alone(bench: Bench) -> None:
    (alone,) = asyncio.run(bench.local.on_call(bench.clock.now())).records
    assert alone.now is not None
    assert (alone.now.person, alone.source) == (bench.here.me.id, "here")
    assert "add others" in alone.remark


def test_rosters_come_by_level_with_who_is_on_and_who_is_next(bench: Bench) -> None:
    people = {name: Person(id=name, name=name.title(), timezone="Europe/Berlin") for name in ("ana", "bo")}
    layer = Layer(people=("ana", "bo"), start=datetime(2026, 11, 2, 9), turn=(1, "weeks"))
    rosters = {
        "backup": Roster(name="backup", timezone="Europe/Berlin", layers=(layer,), level=2),
        "primary": Roster(name="primary", timezone="Europe/Berlin", layers=(layer,), level=1),
    }
    bench.here.config = Config(people=people, rosters=rosters)
    first, second = asyncio.run(bench.local.on_call(datetime(2026, 11, 10, 12, tzinfo=UTC))).records
    assert (first.roster, second.roster) == ("primary", "backup")
    assert first.now is not None
    assert first.next is not None
    assert (first.now.person, first.next.person) == ("bo", "ana")
    assert first.now.end == datetime(2026, 11, 16, 8, tzinfo=UTC)
