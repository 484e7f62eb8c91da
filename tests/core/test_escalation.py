"""Who is told when, by the policy alone: time is turned, channels say what the test wants, and everybody who was told is in a
list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.core.alerts import Severity
from cockpit.core.escalation import RETOLD, TRIES, Attention, Firing, Reached, due
from cockpit.core.paged import PageState
from cockpit.core.pages import Attempt, channel_health
from cockpit.core.paging import PageKind
from cockpit.core.policies import Aim, EscalationStep, Policy, Target
from cockpit.core.quiet import Quiet, quiet_until, time_of_day
from cockpit.core.units import Seconds

T0 = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
FIRING = Firing(alert="root-disk", number=7, since=T0, severity=Severity.CRITICAL)


def step(name: str, after: float = 0.0) -> EscalationStep:
    return EscalationStep(notify=(Target(Aim.PERSON, name),), after=Seconds(after))


POLICY = Policy(name="p", steps=(step("ana", 0), step("bo", 600), step("cy", 1800)))


class Night:
    """One firing and its policy, with the clock in the test's hand. ``works(person, time)`` says whether a page gets through."""

    def __init__(
        self,
        policy: Policy = POLICY,
        firing: Firing = FIRING,
        works: Callable[[str, datetime], bool] = lambda _who, _at: True,
        nobody: frozenset[str] = frozenset(),
        lasting: frozenset[str] = frozenset(),
    ) -> None:
        self.policy, self.firing, self.works, self.nobody, self.lasting = policy, firing, works, nobody, lasting
        self.attempts: dict[str, Attempt] = {}
        self.told: list[tuple[float, str]] = []
        self.ended: list[tuple[float, PageKind]] = []
        self.now = firing.since
        self.orphans: set[str] = set()
        self.killed = False
        self.unknown = False
        """Whether what fails may have arrived all the same."""

    def reach(self, _policy: Policy, step: EscalationStep, _at: datetime) -> tuple[Sequence[Reached], Sequence[str]]:
        names = [target.name for target in step.notify]
        gaps = [f"{name} is a gap" for name in names if name in self.nobody]
        return [Reached(name, "UTC", ("mail",)) for name in names if name not in self.nobody], gaps

    def look(self) -> datetime | None:
        """One look of the escalator; gives when it wants to look again."""
        while True:
            told = due(
                self.policy, self.firing, list(self.attempts.values()), self.now, self.reach,
                lasting=self.lasting, orphaned=lambda each: each.key in self.orphans,
            )  # fmt: skip
            for attempt in told.begin:
                self.attempts[attempt.key] = attempt
                self.orphans.discard(attempt.key)
                if attempt.state is PageState.BEGUN and not self.killed:
                    self._send(attempt)
            if not told.begin or self.killed:
                return told.again_at

    def _send(self, attempt: Attempt) -> None:
        if attempt.kind is not PageKind.TRIGGER:
            self.ended.append(((self.now - self.firing.since).total_seconds(), attempt.kind))
        good = self.works(attempt.person, self.now)
        if good and attempt.kind is PageKind.TRIGGER:
            self.told.append(((self.now - self.firing.since).total_seconds(), attempt.person))
        state = PageState.SENT if good else PageState.FAILED
        lodged = attempt.lodged or good or self.unknown
        self.attempts[attempt.key] = msgspec.structs.replace(
            attempt, state=state, lodged=lodged, settled_at=self.now, why="" if good else "no"
        )

    def until(self, seconds: float) -> None:
        """Let time pass, looking whenever the policy wants to."""
        end = self.firing.since + timedelta(seconds=seconds)
        while True:
            again = self.look()
            if again is None or again > end:
                break
            assert again > self.now, "it asks to look again at a moment that is past: the keeper would spin"
            self.now = again
        self.now = end

    def turns(self, attention: Attention) -> None:
        self.firing = msgspec.structs.replace(self.firing, attention=attention)


def test_each_step_is_told_at_its_time_until_somebody_has_it() -> None:
    night = Night()
    night.until(900)
    assert night.told == [(0, "ana"), (600, "bo")]
    night.turns(Attention.TAKEN)
    night.until(86400)
    assert night.told == [(0, "ana"), (600, "bo")], "an acknowledgement stops it"


def test_it_begins_again_as_often_as_the_policy_says_and_then_stops() -> None:
    night = Night(msgspec.structs.replace(POLICY, repeat=1, every=Seconds(1200)))
    night.until(10 * 86400)
    assert night.told == [(0, "ana"), (600, "bo"), (1800, "cy"), (3000, "ana"), (3600, "bo"), (4800, "cy")]


def test_a_page_that_fails_is_tried_again_and_then_hands_on_at_once() -> None:
    night = Night(works=lambda who, _: who != "ana")
    night.until(600)
    assert sum(each.tries for each in night.attempts.values() if each.person == "ana") == TRIES
    assert night.told == [(80, "bo")], "20 s and 60 s later it was tried again; then the next was told, not after ten minutes"


def test_a_page_that_gets_through_at_its_second_try_does_not_wake_the_next() -> None:
    night = Night(works=lambda who, at: who != "ana" or at > T0)
    night.until(599)
    assert night.told == [(20, "ana")]
    night.until(601)
    assert night.told == [(20, "ana"), (600, "bo")], "the steps keep their distance from when the first was begun"


def test_a_gap_in_the_roster_hands_on_at_once_and_is_written_down() -> None:
    night = Night(nobody=frozenset({"ana"}))
    night.until(10)
    assert night.told == [(0, "bo")]
    (gap,) = [each for each in night.attempts.values() if not each.channel]
    assert (gap.state, gap.why) == (PageState.FAILED, "ana is a gap")


def test_what_was_missed_while_nobody_watched_does_not_wake_everybody_at_once() -> None:
    night = Night()
    night.now = T0 + timedelta(hours=5)
    night.look()
    assert [who for _, who in night.told] == ["ana"]
    night.until(5 * 3600 + 599)
    assert [who for _, who in night.told] == ["ana"]
    night.until(5 * 3600 + 600)
    assert [who for _, who in night.told] == ["ana", "bo"]


def test_a_silence_holds_it_and_it_goes_on_after() -> None:
    night = Night()
    night.until(10)
    night.turns(Attention.HELD)
    night.until(3600)
    assert [who for _, who in night.told] == ["ana"]
    night.turns(Attention.OPEN)
    night.until(3601)
    assert [who for _, who in night.told] == ["ana", "bo"]


def test_what_was_begun_by_a_process_that_is_gone_is_sent_again_under_the_same_key() -> None:
    night = Night()
    night.killed = True
    night.look()
    (begun,) = night.attempts.values()
    night.killed = False
    night.now += timedelta(seconds=7)
    night.look()
    assert night.told == [], "while its process may live, nobody else sends it"
    night.orphans.add(begun.key)
    night.look()
    assert night.told == [(7, "ana")]
    assert [each.key for each in night.attempts.values()] == [begun.key]


@pytest.mark.parametrize(("attention", "kind"), [(Attention.TAKEN, PageKind.ACKNOWLEDGE), (Attention.OVER, PageKind.RESOLVE)])
def test_channels_that_keep_an_incident_hear_of_its_end_once(attention: Attention, kind: PageKind) -> None:
    night = Night(lasting=frozenset({"mail"}))
    night.until(700)
    night.turns(attention)
    night.until(86400)
    assert night.ended == [(700, kind), (700, kind)], "each who was told hears of it"


def test_the_end_that_could_not_be_told_is_tried_again() -> None:
    night = Night(lasting=frozenset({"mail"}))
    night.until(10)
    night.works = lambda _who, at: at > T0 + timedelta(seconds=15)
    night.turns(Attention.OVER)
    night.until(3600)
    assert [kind for _, kind in night.ended] == [PageKind.RESOLVE, PageKind.RESOLVE]
    assert night.attempts[next(key for key in night.attempts if key.endswith("resolve"))].state is PageState.SENT


def test_a_page_of_which_nobody_knows_whether_it_arrived_has_an_end_and_one_that_certainly_did_not_has_none() -> None:
    for unknown, ends in ((True, [PageKind.RESOLVE]), (False, [])):
        night = Night(Policy(name="p", steps=(step("ana"),)), lasting=frozenset({"mail"}), works=lambda _who, _at: False)
        night.unknown = unknown
        night.until(1)
        night.unknown = False  # its later tries were certainly in vain
        night.until(600)
        night.works = lambda _who, _at: True
        night.turns(Attention.OVER)
        night.until(3600)
        assert [kind for _, kind in night.ended] == ends


def test_the_end_is_told_though_a_later_reminder_did_not_get_through() -> None:
    night = Night(Policy(name="p", steps=(step("", 0),)), lasting=frozenset({"mail"}))
    night.until(RETOLD - 10)
    night.works = lambda _who, _at: False
    night.until(RETOLD + 600)
    night.works = lambda _who, _at: True
    night.turns(Attention.OVER)
    night.until(RETOLD + 3600)
    assert [kind for _, kind in night.ended] == [PageKind.RESOLVE]


def test_an_end_is_told_after_hours_of_silence_and_given_up_after_a_day() -> None:
    for back, told in ((T0 + timedelta(hours=5), True), (T0 + timedelta(hours=30), False)):

        def works(_who: str, at: datetime, back: datetime = back) -> bool:
            return at >= back

        night = Night(Policy(name="p", steps=(step("", 0),)), lasting=frozenset({"mail"}))
        night.until(10)
        night.works = works
        night.turns(Attention.OVER)
        night.until(48 * 3600)
        (end,) = [each for each in night.attempts.values() if each.kind is PageKind.RESOLVE]
        assert (end.state is PageState.SENT) is told
        assert night.look() is None, "nothing more is to be done"


def test_an_end_does_not_overtake_the_page_that_it_ends() -> None:
    night = Night(Policy(name="p", steps=(step("ana"),)), lasting=frozenset({"mail"}))
    night.killed = True  # it is on its way
    night.look()
    (begun,) = night.attempts.values()
    night.killed = False
    night.turns(Attention.OVER)
    night.look()
    assert night.ended == [], "the far side would open what nobody closes"
    night.attempts[begun.key] = msgspec.structs.replace(begun, state=PageState.SENT, lodged=True, settled_at=night.now)
    night.look()
    assert [kind for _, kind in night.ended] == [PageKind.RESOLVE]


def test_that_somebody_has_it_is_not_told_after_its_end() -> None:
    night = Night(Policy(name="p", steps=(step("ana"),)), lasting=frozenset({"mail"}))
    night.until(10)
    night.works = lambda _who, at: at >= T0 + timedelta(hours=1)
    night.turns(Attention.TAKEN)
    night.until(900)
    before = len(night.ended)
    night.turns(Attention.OVER)
    night.until(3 * 3600)
    assert {kind for _, kind in night.ended[:before]} == {PageKind.ACKNOWLEDGE}, "the far side was away"
    assert {kind for _, kind in night.ended[before:]} == {PageKind.RESOLVE}, "it would open anew what is closed"


def test_an_end_does_not_overtake_that_somebody_has_it() -> None:
    night = Night(Policy(name="p", steps=(step("ana"),)), lasting=frozenset({"mail"}))
    night.until(10)
    night.turns(Attention.TAKEN)
    night.killed = True  # it is on its way
    night.look()
    (begun,) = [each for each in night.attempts.values() if each.kind is PageKind.ACKNOWLEDGE]
    night.killed = False
    night.turns(Attention.OVER)
    night.look()
    assert night.ended == []
    night.attempts[begun.key] = msgspec.structs.replace(begun, state=PageState.SENT, lodged=True, settled_at=night.now)
    night.look()
    assert [kind for _, kind in night.ended] == [PageKind.RESOLVE]


def test_that_somebody_had_it_is_not_told_once_it_was_taken_back() -> None:
    night = Night(Policy(name="p", steps=(step("ana"), step("bo", 600))), lasting=frozenset({"mail"}))
    night.until(10)
    night.turns(Attention.TAKEN)
    night.killed = True
    night.look()
    night.killed = False
    night.orphans.update(key for key, each in night.attempts.items() if each.kind is PageKind.ACKNOWLEDGE)
    night.turns(Attention.OPEN)
    night.until(60)
    assert night.ended == [], "the far side would wake nobody any more, and nobody has it"
    night.turns(Attention.TAKEN)
    night.until(61)
    assert [kind for _, kind in night.ended] == [PageKind.ACKNOWLEDGE]


@pytest.mark.parametrize("told", [0, 1])
def test_a_clock_that_is_put_back_an_hour_keeps_nobody_waiting_for_that_hour(told: int) -> None:
    night = Night()
    if told:
        night.until(60)
    night.now = T0 - timedelta(hours=1)
    night.firing = msgspec.structs.replace(night.firing, since=T0)
    night.look()
    assert [who for _, who in night.told] == ["ana", "bo"][: told + 1]
    again = night.look()
    assert again is not None
    assert again == night.now + timedelta(seconds=(600, 1200)[told]), "from here on they keep their distance by the new clock"


def test_what_a_killed_process_had_begun_has_an_end_whatever_became_of_it() -> None:
    night = Night(Policy(name="p", steps=(step("ana"),)), lasting=frozenset({"mail"}))
    night.killed = True
    night.look()
    night.killed = False
    night.orphans.update(night.attempts)
    night.works = lambda _who, _at: False
    night.until(600)
    assert {each.state for each in night.attempts.values()} == {PageState.FAILED}
    night.works = lambda _who, _at: True
    night.turns(Attention.OVER)
    night.until(3600)
    assert [kind for _, kind in night.ended] == [PageKind.RESOLVE]


def test_a_policy_that_is_renamed_tells_the_end_of_what_it_began_once() -> None:
    night = Night(Policy(name="p", steps=(step("ana"),)), lasting=frozenset({"mail"}))
    night.until(60)
    night.policy = Policy(name="q", steps=(step("ana"),))
    night.until(120)
    night.turns(Attention.OVER)
    night.until(3600)
    assert [kind for _, kind in night.ended] == [PageKind.RESOLVE], "one incident, one end"


def test_a_channel_that_keeps_an_incident_is_told_again_that_it_still_fires() -> None:
    night = Night(Policy(name="p", steps=(step("", 0),)), lasting=frozenset({"mail"}))
    night.until(2 * RETOLD + 10)
    assert night.told == [(0, ""), (RETOLD, ""), (2 * RETOLD, "")]
    personal = Night(Policy(name="p", steps=(step("ana"),)), lasting=frozenset({"mail"}))
    personal.until(2 * RETOLD + 10)
    assert personal.told == [(0, "ana")], "nobody is woken twice for it"


BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Quiet(start=time(22), end=time(7), timezone="Europe/Berlin")


def test_what_is_not_urgent_waits_for_the_morning() -> None:
    mild = msgspec.structs.replace(FIRING, severity=Severity.WARNING)
    night = Night(msgspec.structs.replace(POLICY, quiet=NIGHT), mild)
    night.until(86400)
    assert night.told[0] == (3 * 3600, "ana"), "03:00 UTC is 04:00 in Berlin; the quiet hours end at 07:00 there"
    assert night.told[1] == (3 * 3600 + 600, "bo")
    loud = Night(msgspec.structs.replace(POLICY, quiet=NIGHT))
    loud.until(10)
    assert loud.told == [(0, "ana")]


def test_what_nobody_has_called_mild_does_not_wait() -> None:
    night = Night(msgspec.structs.replace(POLICY, quiet=NIGHT), msgspec.structs.replace(FIRING, severity=Severity.UNKNOWN))
    night.until(1)
    assert night.told == [(0, "ana")]


def test_quiet_hours_follow_the_wall_clock_over_the_change_of_hour() -> None:
    before = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    assert quiet_until(NIGHT, before, BERLIN) == datetime(2026, 3, 29, 5, tzinfo=UTC), "07:00 is 05:00 UTC from that night on"
    assert quiet_until(NIGHT, datetime(2026, 3, 29, 5, tzinfo=UTC), BERLIN) is None
    gap = Quiet(start=time(1), end=time(2, 30))
    assert quiet_until(gap, datetime(2026, 3, 29, 0, 30, tzinfo=UTC), BERLIN) == datetime(2026, 3, 29, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", ["24:00", "7", "07:60", "noon", ""])
def test_a_time_of_day_that_is_none_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="22:00"):
        time_of_day(text)


@given(
    after=st.lists(st.integers(0, 7200), min_size=1, max_size=5),
    repeat=st.integers(0, 3),
    broken=st.sets(st.sampled_from(["a", "b", "c", "d", "e"])),
    gaps=st.sets(st.sampled_from(["a", "b", "c", "d", "e"])),
    deaths=st.lists(st.integers(0, 20000), max_size=3),
)
def test_whatever_fails_every_page_is_sent_once_and_the_policy_ends(
    after: list[int], repeat: int, broken: set[str], gaps: set[str], deaths: list[int]
) -> None:
    names = "abcde"[: len(after)]
    policy = Policy(name="p", steps=tuple(map(step, names, sorted(after))), repeat=repeat)
    night = Night(policy, works=lambda who, _: who not in broken, nobody=frozenset(gaps))
    for death in sorted(deaths):
        night.until(death)
        night.killed = True  # what is begun now is begun by a process that dies before it sends
        night.look()
        night.killed = False
        night.orphans |= {key for key, each in night.attempts.items() if each.state is PageState.BEGUN}
    night.until(10**6)
    reachable = [name for name in names if name not in broken | gaps]
    assert sorted(who for _, who in night.told) == sorted(reachable * (repeat + 1))
    assert all(each.state in (PageState.SENT, PageState.FAILED) for each in night.attempts.values())


def test_the_health_of_a_channel_is_that_of_its_last_attempts() -> None:
    def attempt(minute: int, state: PageState, why: str = "") -> Attempt:
        at = T0 + timedelta(minutes=minute)
        return Attempt(key=str(minute), alert="a", firing=1, policy="p", begun_at=at, settled_at=at, state=state, why=why)

    sent, failed = attempt(1, PageState.SENT), attempt(2, PageState.FAILED, "refused")
    assert channel_health("mail", [sent]).failing_since is None
    health = channel_health("mail", [sent, failed, attempt(3, PageState.FAILED, "down")])
    assert (health.failing_since, health.failures, health.why, health.last_sent_at) == (
        failed.settled_at,
        2,
        "down",
        sent.settled_at,
    )
    assert channel_health("mail", [failed, attempt(4, PageState.SENT)]).failing_since is None
