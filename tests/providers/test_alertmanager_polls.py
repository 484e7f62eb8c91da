"""Poll after poll at an ``alertmanager``: what has not changed is the very same object, and nothing is asked for twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.engine.accepting import Accepting
from cockpit.provider import Answer
from cockpit.providers import am_alerts, am_groups, am_showing
from cockpit.providers.alertmanager import Alertmanager, AlertmanagerConfig
from cockpit.providers.am_alerts import Seen
from cockpit.providers.am_watchdog import Watchdog, watchdog_of
from cockpit.testing import FakeClock, FakeHost, Misbehaving
from support.alerts_recorded import answers

T = TypeVar("T")
ALERTS, GROUPS, SILENCES, STATUS = (f"/api/v2/{name}" for name in ("alerts", "alerts/groups", "silences", "status"))


def using(work: Callable[[Alertmanager], Awaitable[T]], *urls: str, **settings: Any) -> T:
    async def done() -> T:
        provider = Alertmanager("am", AlertmanagerConfig(urls=urls, **settings), FakeHost(FakeClock()))
        try:
            return await work(provider)
        finally:
            await provider.close()

    return asyncio.run(done())


def changed(server: Misbehaving, path: str, change: Callable[[Any], None]) -> None:
    told = json.loads(server.answers[path])
    change(told)
    server.answers[path] = json.dumps(told, separators=(",", ":")).encode()


def compact() -> Mapping[str, bytes]:
    """The recorded answers, written as an Alertmanager writes them."""
    return {path: json.dumps(json.loads(body), separators=(",", ":")).encode() for path, body in answers().items()}


def later(told: Any) -> None:
    """What moves with every poll."""
    for each in told:
        each["endsAt"], each["updatedAt"] = "2026-11-23T03:31:00.000Z", "2026-11-23T03:27:00.000Z"


def asked(server: Misbehaving) -> list[str]:
    return [path.partition("?")[0] for _, path, _, _ in server.heard]


async def polls(provider: Alertmanager, *between: Callable[[], None]) -> list[tuple[Alert, ...]]:
    """The alerts of a poll, and those of one after each of these."""
    found = [(await provider.alerts()).records]
    for each in between:
        each()
        found.append((await provider.alerts()).records)
    return found


def test_a_poll_in_which_times_alone_have_moved_gives_back_the_same_alerts() -> None:
    with Misbehaving(compact()) as server:
        first, second, third = using(
            lambda provider: polls(provider, lambda: None, lambda: changed(server, ALERTS, later)), server.url
        )
    assert second is first
    assert third is first
    accepting = Accepting("am")
    assert accepting.accept("alerts", Answer(first)).records is accepting.accept("alerts", Answer(third)).records


def test_an_alert_that_changed_is_another_and_the_others_stay() -> None:
    def burns(told: Any) -> None:
        later(told)
        told[5]["annotations"]["summary"] = "it burns more"

    with Misbehaving(compact()) as server:
        before, after = using(lambda provider: polls(provider, lambda: changed(server, ALERTS, burns)), server.url)
    assert [n for n, (one, other) in enumerate(zip(before, after, strict=True)) if one is not other] == [5]
    assert after[5].summary == "it burns more"


def test_a_silence_that_changed_changes_what_it_hushes_and_nothing_else() -> None:
    def said(told: Any) -> None:
        told[1]["comment"] = "new racks"

    with Misbehaving(compact()) as server:
        before, after = using(lambda provider: polls(provider, lambda: changed(server, SILENCES, said)), server.url)
    differing = [other for one, other in zip(before, after, strict=True) if one is not other]
    assert [alert.suppressed_by for alert in differing] == ["silenced by Bo: new racks (11111111)"]


def test_what_inhibits_is_named_as_it_comes_changes_and_goes_among_many() -> None:
    def many(told: Any) -> None:
        one = next(each for each in told if each["status"]["state"] == "active")
        told[:] = [
            {**one, "fingerprint": f"{number:016x}", "labels": {"alertname": f"A{number}", "instance": f"db-{number}"}}
            for number in range(40)
        ]

    def inhibits(told: Any) -> None:
        told[7]["status"] |= {"state": "suppressed", "inhibitedBy": [told[30]["fingerprint"]]}

    def moves(told: Any) -> None:
        told[30]["labels"]["instance"] = "db-new"

    def ends(told: Any) -> None:
        told[7]["status"] |= {"state": "active", "inhibitedBy": []}

    with Misbehaving(compact()) as server:
        changed(server, ALERTS, many)
        steps = [lambda each=each: changed(server, ALERTS, each) for each in (inhibits, moves, ends)]
        found = using(lambda provider: polls(provider, *steps), server.url)
    assert [alerts[7].suppressed_by for alerts in found] == ["", "inhibited by A30 · db-30", "inhibited by A30 · db-new", ""]
    assert [sum(alert.state is AlertState.SUPPRESSED for alert in alerts) for alerts in found] == [0, 1, 1, 0]


class TestUntilWhenItIsHushed:
    """The end of the last silence that hushes it, by our clock."""

    NINE, TEN = datetime(2026, 11, 23, 9, tzinfo=UTC), datetime(2026, 11, 23, 10, tzinfo=UTC)

    def untils(self, *changes: Callable[[Any], None], path: str = SILENCES) -> list[datetime | None]:
        """Of the backup, which a silence until nine hushes, before and after each of these."""
        with Misbehaving(compact()) as server:
            between = [lambda each=each: changed(server, path, each) for each in changes]
            found = using(lambda provider: polls(provider, *between), server.url)
        return [next(alert for alert in alerts if alert.name == "Backup").suppressed_until for alerts in found]

    def another(self, told: Any, **differs: Any) -> None:
        """A second silence for the backup."""
        told.append({**told[1], "id": "22222222-aaaa-4bbb-8ccc-000000000009", "endsAt": "2026-11-23T10:00:00.000Z", **differs})

    def doubly(self, server: Misbehaving) -> None:
        changed(server, ALERTS, lambda told: told[2]["status"]["silencedBy"].append("22222222-aaaa-4bbb-8ccc-000000000009"))

    def until(self, **differs: Any) -> datetime | None:
        """Where two hush it."""
        with Misbehaving(compact()) as server:
            changed(server, SILENCES, lambda told: self.another(told, **differs))
            self.doubly(server)
            ((*_,), found) = using(lambda provider: polls(provider, lambda: None), server.url)
        return next(alert for alert in found if alert.name == "Backup").suppressed_until

    def test_one_that_is_extended_moves_it_at_the_next_poll_and_an_ended_one_takes_it_away(self) -> None:
        def extended(told: Any) -> None:
            told[1]["endsAt"] = "2026-11-23T10:00:00.000Z"

        def over(told: Any) -> None:
            told[1]["status"]["state"] = "expired"

        assert self.untils(extended, over) == [self.NINE, self.TEN, None]

    def test_of_two_the_later_end_counts_and_it_goes_with_it(self) -> None:
        assert self.until() == self.TEN
        assert self.until(endsAt="2026-11-23T08:00:00.000Z") == self.NINE
        assert self.until(status={"state": "expired"}) == self.NINE

    def test_where_one_of_two_does_not_tell_an_end_nobody_knows(self) -> None:
        assert self.until(endsAt="never") is None
        assert self.until(comment="deploying [cockpit until resolved]") is None, "it is renewed until then"

    def test_an_acknowledgement_beside_a_silence_hushes_nothing_on_the_screen_when_that_has_ended(self) -> None:
        assert self.until(comment="ACK! Bo has it") == self.NINE

    def test_what_an_alert_or_the_time_hushes_too_has_no_end(self) -> None:
        def inhibited(told: Any) -> None:
            told[2]["status"]["inhibitedBy"] = ["aaaaaaaaaaaaaaa1"]

        assert self.untils(inhibited, path=ALERTS) == [self.NINE, None]

    def test_what_is_only_acknowledged_inhibited_or_muted_has_none(self) -> None:
        with Misbehaving(compact()) as server:
            (found,) = using(polls, server.url)
        assert [alert.name for alert in found if alert.suppressed_until is not None] == ["Backup"]

    def test_of_very_many_none_is_looked_at_that_no_changed_silence_hushes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        looked: list[str] = []
        real = am_alerts.shown

        def shown(it: Seen, *more: Any, **others: Any) -> Alert:
            looked.append(it.alert.name)
            return real(it, *more, **others)

        monkeypatch.setattr(am_showing, "shown", shown)

        def alone(told: Any) -> None:
            told[1]["endsAt"] = "2026-11-23T10:00:00.000Z"

        with Misbehaving(compact()) as server:

            def extended() -> None:
                looked.clear()
                changed(server, SILENCES, alone)

            first, second = using(lambda provider: polls(provider, extended), server.url)
        assert looked == ["Backup"]
        assert [other.name for one, other in zip(first, second, strict=True) if one is not other] == ["Backup"]


def test_two_that_claim_one_fingerprint_stay_the_same_two() -> None:
    def doubled(told: Any) -> None:
        other = json.loads(json.dumps(told[0]))
        other["labels"]["instance"] = "db-2"
        told.append(other)

    with Misbehaving(compact()) as server:
        changed(server, ALERTS, doubled)
        first, second = using(lambda provider: polls(provider, lambda: changed(server, ALERTS, later)), server.url)
    assert len({alert.ref for alert in first}) == 7
    assert second is first


def test_members_that_say_the_same_share_their_alerts() -> None:
    with Misbehaving(compact()) as one, Misbehaving(compact()) as two:

        def moved() -> None:
            changed(two, ALERTS, later)

        first, second = using(lambda provider: polls(provider, moved), one.url, two.url)
    assert second is first


class TestTheGroups:
    """They carry every alert again."""

    @pytest.fixture(autouse=True)
    def _settled(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(am_groups, "SETTLES", -1.0)

    def counted(self, *between: Callable[[Misbehaving], None]) -> int:
        with Misbehaving(compact()) as server:
            using(lambda provider: polls(provider, *[lambda each=each: each(server) for each in between]), server.url)
            assert asked(server).count(ALERTS) == 1 + len(between)
            return asked(server).count(GROUPS)

    def test_they_are_not_asked_for_again_while_nothing_changes(self) -> None:
        assert self.counted(lambda _: None, lambda server: changed(server, ALERTS, later)) == 1

    def test_they_are_for_a_while_after_alerts_came_for_what_mutes_is_found_out_later(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(am_groups, "SETTLES", 60.0)
        assert self.counted(lambda _: None, lambda _: None) == 3

    def test_they_are_when_an_alert_comes_or_goes(self) -> None:
        assert self.counted(lambda server: changed(server, ALERTS, lambda told: told.pop())) == 2

    def test_they_are_when_the_configuration_changes(self) -> None:
        def routed(told: Any) -> None:
            told["config"]["original"] += "\n# another route\n"

        assert self.counted(lambda server: changed(server, STATUS, routed), lambda _: None) == 2

    def test_they_are_from_time_to_time_where_time_mutes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(am_groups, "MUTED_FOR", -1.0)

        def timed(server: Misbehaving) -> None:
            changed(server, STATUS, lambda told: told["config"].update(original="time_intervals: []"))

        assert self.counted(timed, lambda _: None, lambda _: None) == 3  # it is seen in the poll after the change

    def test_they_are_not_of_very_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(am_groups, "MOST_GROUPED", 5)
        assert self.counted(lambda _: None) == 0

    def test_what_they_said_is_still_known_when_they_are_not_asked_for(self) -> None:
        with Misbehaving(compact()) as server:
            found = using(lambda provider: polls(provider, lambda: None), server.url)
        by_id: list[Mapping[str, Alert]] = [{alert.ref.id[-1]: alert for alert in records} for records in found]
        assert by_id[0]["5"].suppressed_by == by_id[1]["5"].suppressed_by == "muted by weekends"


NOW = datetime(2026, 11, 23, 3, 12, tzinfo=UTC)


def alert(name: str) -> Alert:
    return Alert(ref=Ref("am", name), name=name, severity=Severity.INFO, state=AlertState.FIRING, started_at=NOW)


@given(
    st.lists(st.lists(st.sampled_from([*map(alert, "abcdefghWW")]), max_size=20), max_size=5),
    st.sampled_from(["W", "name=W @age>0s"]),
)
def test_the_watchdog_is_taken_out_of_whatever_comes(polls: list[list[Alert]], rule: str) -> None:
    filter = watchdog_of(rule)
    assert filter is not None
    watchdog = Watchdog(filter)
    for seconds, poll in enumerate(polls):
        now, alerts = NOW + timedelta(seconds=seconds), tuple(poll)
        rest = watchdog.without(alerts, now)
        assert rest == tuple(each for each in alerts if not filter.matches(each, now))
        if "@" not in rule:
            assert watchdog.without(alerts, now) is rest
