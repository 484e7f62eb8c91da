"""``pagerduty`` against a stateful account of our own, and against a server that misbehaves in every way there is."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, TypeVar

import pytest

from cockpit import plugins
from cockpit.config.decode import decode_settings
from cockpit.config.model import ConfigError
from cockpit.core.alerts import Alert, AlertState, Link, Severity
from cockpit.core.covers import Cover
from cockpit.core.drills import rehearses
from cockpit.core.roster import Contact, Person
from cockpit.core.units import Seconds
from cockpit.provider import (
    Answer,
    AuthFailed,
    Forbidden,
    HttpAuth,
    Malformed,
    NotFound,
    ProviderError,
    RateLimited,
    Secret,
    capabilities,
)
from cockpit.providers.pagerduty import PagerDuty, PagerDutyConfig
from cockpit.providers.pd_account import REGIONS
from cockpit.testing import FakeClock, FakeHost, FakeMachine, HttpContract, Misbehaving, ProviderContract
from support.pagerduty import ACCOUNT_TOKEN, OAUTH_TOKEN, USER_TOKEN, Server, pagerduty
from support.pagerduty_account import User
from support.pagerduty_recorded import account, answers

T = TypeVar("T")
READS = {"Alerts", "Rosters", "Shifts", "Overrides"}


def made(url: str, clock: FakeClock | None = None, machine: FakeMachine | None = None, **settings: Any) -> PagerDuty:
    settings = {"token": Secret(USER_TOKEN), "within": Seconds(20.0), **settings}
    return PagerDuty("contract", PagerDutyConfig(url=url, **settings), FakeHost(clock or FakeClock(), machine or FakeMachine()))


class TestItKeepsTheContractOverHttp(HttpContract):
    # safety 13 14 15
    secrets = (USER_TOKEN,)
    answers: ClassVar[Mapping[str, bytes]] = answers()
    alerts_at = "/incidents"

    def connected(self, url: str) -> object:
        return made(url, within=Seconds(1.0))

    def malformed(self) -> tuple[object, int]:
        good = json.loads(self.answers["/incidents"])["incidents"]
        odd: list[Any] = [None, 7, "incident", [], {}, {"id": None}, {"id": 7}, {"id": "PX", "status": "lost"}]
        odd += [{**good[0], "id": "PY", "service": "web"}, {**good[0], "id": "PZ", "assignments": {}}]
        body = json.dumps({"incidents": [*odd[:5], *good, *odd[5:]]}).encode()
        return self.connected(self._served({**self.answers, "/incidents": body}).url), len(odd) + len(good)

    def test_acknowledging_round_trips(self) -> None:
        pytest.skip("a recording keeps nothing: see the account")

    test_notes_round_trip = test_overriding_round_trips = test_a_maintenance_round_trips = test_acknowledging_round_trips
    test_resolving_takes_an_alert_away = test_snoozing_hushes_with_an_end = test_acknowledging_round_trips
    test_escalating_rings_again_at_a_level_that_was_told = test_acknowledging_round_trips
    test_reassigning_gives_an_alert_to_somebody_who_is_there = test_acknowledging_round_trips
    test_merging_leaves_one = test_a_history_is_told_in_the_order_of_time = test_acknowledging_round_trips


class TestItKeepsTheContractWithAnAccount(ProviderContract):
    @pytest.fixture(autouse=True)
    def _account(self) -> Iterator[None]:
        with pagerduty(FakeClock().now) as server:
            server.account = account()
            self.server = server
            yield

    def provider(self) -> object:
        return made(self.server.url)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server(clock: FakeClock) -> Iterator[Server]:
    with pagerduty(clock.now) as running:
        yield running


def using(provider: PagerDuty, work: Callable[[PagerDuty], Awaitable[T]]) -> T:
    async def done() -> T:
        try:
            return await work(provider)
        finally:
            await provider.close()

    return asyncio.run(done())


def alerts(server: Server, **settings: Any) -> Answer[Alert]:
    return using(made(server.url, **settings), lambda pd: pd.alerts())


def by_title(answer: Answer[Alert]) -> dict[str, Alert]:
    return {alert.summary: alert for alert in answer.records}


class TestSettings:
    def test_it_comes_by_entry_point_and_can_do_what_it_says(self, server: Server) -> None:
        assert plugins.load(plugins.PROVIDERS, "pagerduty") is PagerDuty
        assert capabilities(made(server.url)) >= READS
        assert not capabilities(made(server.url, on_call=False)) & {"Rosters", "Shifts", "Overrides"}

    @pytest.mark.parametrize(
        ("settings", "says"),
        [
            ({}, "token is missing"),
            ({"token": "env:A", "auth": {"bearer": "env:B"}}, "give either token or auth.bearer"),
            ({"token": "env:A", "region": "mars"}, "region must be one of us, eu"),
            ({"token": "env:A", "most": 20_000}, "most must be from 1 to 10000"),
            ({"token": "env:A", "urgencies": ["loud"]}, "urgencies"),
            ({"tokn": "env:A"}, "did you mean token?"),
        ],
    )
    def test_what_cannot_be_is_said(self, settings: dict[str, object], says: str) -> None:
        with pytest.raises(ConfigError, match=says):
            decode_settings(PagerDutyConfig, settings, lambda _: Secret("x" * 20))

    @pytest.mark.parametrize(
        ("settings", "sent"),
        [
            ({"token": Secret(ACCOUNT_TOKEN)}, f"Token token={ACCOUNT_TOKEN}"),
            ({"token": Secret(OAUTH_TOKEN)}, f"Bearer {OAUTH_TOKEN}"),
            ({"token": None, "auth": HttpAuth(bearer=Secret(OAUTH_TOKEN))}, f"Bearer {OAUTH_TOKEN}"),
        ],
        ids=["API key", "OAuth", "auth.bearer"],
    )
    def test_each_kind_of_token_is_sent_as_the_api_wants_it(self, server: Server, settings: dict[str, Any], sent: str) -> None:
        alerts(server, **settings)
        assert {each.fields["Authorization"] for each in server.heard} == {sent}

    def test_a_wrong_token_parks_the_source_and_is_not_told(self, server: Server) -> None:
        with pytest.raises(AuthFailed, match=r"does not accept the credentials \(401\)") as refused:
            alerts(server, token=Secret("wrong-token-of-20-ch"))
        assert "wrong-token" not in str(refused.value)

    def test_each_region_has_addresses_of_its_own(self) -> None:
        provider = PagerDuty("pd", PagerDutyConfig(token=Secret(USER_TOKEN), region="eu"), FakeHost())
        assert provider._account._http.address == REGIONS["eu"][0] == "https://api.eu.pagerduty.com"


class TestIncidents:
    def test_every_state_is_told(self, server: Server) -> None:
        server.account = account()
        seen = by_title(alerts(server))
        assert {title: (alert.state, alert.acknowledged_by) for title, alert in seen.items()} == {
            "5xx over 12 %": (AlertState.FIRING, ""),
            "Latency p99 over 2 s": (AlertState.ACKNOWLEDGED, "Ana Souza"),
            "Replica lag": (AlertState.SUPPRESSED, "Bo"),
            "Disk is filling up": (AlertState.FIRING, ""),
            "Certificate ends in a week": (AlertState.FIRING, ""),
        }
        assert seen["Replica lag"].suppressed_by == "snoozed"
        assert seen["Replica lag"].suppressed_until == server.account.now() + timedelta(hours=1)
        assert seen["Latency p99 over 2 s"].acknowledged_at == server.account.now()

    def test_an_incident_brings_its_facts(self, server: Server) -> None:
        server.account = account()
        fire = by_title(alerts(server))["5xx over 12 %"]
        assert (fire.name, fire.where, fire.started_at) == ("Shop API", "#1001", server.account.now() - timedelta(minutes=7))
        assert fire.labels == {
            "service": "Shop API", "urgency": "high", "priority": "P1", "policy": "Web", "assigned_via": "escalation_policy",
            "alerts": "1", "key": "web/5xx",
        }  # fmt: skip
        assert fire.assignees == ("Bo",)
        assert fire.links == (Link("incident", "https://team.pagerduty.example/incidents/PINC00001"),)

    @pytest.mark.parametrize(
        ("key", "drill"), [("web-1/disk:drill/1790000000", True), ("web-1/disk/1790000000", False), ("", False)]
    )
    def test_an_incident_whose_key_is_that_of_a_drills_page_is_that_drill(self, server: Server, key: str, drill: bool) -> None:
        server.account = account()
        server.account.incidents["PINC00001"].key = key
        told = by_title(alerts(server))
        assert rehearses(told["5xx over 12 %"]) is drill

    def test_a_priority_says_how_bad_it_is_and_else_the_urgency(self, server: Server) -> None:
        server.account = account()
        assert {title: alert.severity for title, alert in by_title(alerts(server)).items()} == {
            "5xx over 12 %": Severity.CRITICAL,
            "Latency p99 over 2 s": Severity.CRITICAL,
            "Replica lag": Severity.CRITICAL,
            "Disk is filling up": Severity.WARNING,
            "Certificate ends in a week": Severity.INFO,
        }
        ours = by_title(alerts(server, severities={"Sev 4": Severity.ERROR, "low": Severity.INFO}))
        assert ours["Certificate ends in a week"].severity is Severity.ERROR
        assert ours["Disk is filling up"].severity is Severity.INFO

    def test_a_plain_acknowledgement_that_will_time_out_is_no_snooze(self, server: Server) -> None:
        acked = server.account.fire("slow")
        server.account.change(acked, {"status": "acknowledged"}, "PANA")
        assert acked.unack_at is not None
        assert by_title(alerts(server))["slow"].state is AlertState.ACKNOWLEDGED

    def test_what_is_resolved_is_gone(self, server: Server) -> None:
        over = server.account.fire("over")

        async def twice(pd: PagerDuty) -> tuple[int, int]:
            before = len((await pd.alerts()).records)
            server.account.end(over)
            return before, len((await pd.alerts()).records)

        assert using(made(server.url), twice) == (1, 0)

    def test_it_is_narrowed_by_name_or_id(self, server: Server) -> None:
        server.account = account()
        only = alerts(server, services=("database",), urgencies=("low",), teams=("Web team",))
        assert [alert.summary for alert in only.records] == ["Disk is filling up"]
        (asked,) = server.asked("GET", "/incidents$")
        assert "team_ids%5B%5D=PTEAM" in asked.target
        assert [alert.name for alert in alerts(server, services=("PSHOP",)).records] == ["Shop API"] * 3

    def test_a_filter_for_what_is_not_there_is_said_and_never_all_clear(self, server: Server) -> None:
        with pytest.raises(ProviderError, match="none of the services called PAYMENTS"):
            alerts(server, services=("PAYMENTS",))

    def test_a_cap_makes_it_incomplete(self, server: Server) -> None:
        # safety 16
        for number in range(130):
            server.account.fire(f"fire {number}", minutes=number)
        capped = alerts(server, most=120)
        assert not capped.complete
        assert capped.remarks == ("more are open than the newest 120, which are all that is read (most)",)
        assert "fire 0" in by_title(capped)
        assert alerts(server).complete

    def test_too_many_questions_are_told_with_how_long_to_wait(self, server: Server) -> None:
        # safety 14
        server.per_minute = 0
        with pytest.raises(RateLimited) as limited:
            alerts(server)
        assert limited.value.retry_after == 60
        assert "(429): Invalid Input Provided: Rate Limit Exceeded" in str(limited.value)


class TestALongList:
    """More than a page of open incidents: the whole is read now and then, and what changed in between is asked for."""

    @pytest.fixture(autouse=True)
    def _many(self, server: Server) -> None:
        for number in range(250):
            server.account.fire(f"fire {number}", "PDB", minutes=250 - number)
        server.account.log.clear()  # they did not begin just now

    def test_changes_are_asked_for_since_the_last_look(self, server: Server, clock: FakeClock) -> None:
        async def storm(pd: PagerDuty) -> None:
            first = await pd.alerts()
            assert len(first.records) == 250
            clock.advance(120)
            known = list(server.account.incidents.values())
            server.account.change(known[3], {"status": "acknowledged"}, "PANA")
            server.account.end(known[5])
            server.account.fire("a new one")
            server.heard.clear()
            seen = by_title(await pd.alerts())
            assert seen["fire 3"].state is AlertState.ACKNOWLEDGED
            assert "fire 5" not in seen
            assert "a new one" in seen
            assert len(seen) == 250
            assert [each.path for each in server.heard] == ["/log_entries"]

        using(made(server.url, clock), storm)

    def test_the_whole_is_read_again_every_few_minutes(self, server: Server, clock: FakeClock) -> None:
        async def storm(pd: PagerDuty) -> None:
            await pd.alerts()
            gone = next(iter(server.account.incidents))
            del server.account.incidents[gone]  # the log does not tell that
            server.account.log.clear()
            clock.advance(120)
            assert len((await pd.alerts()).records) == 250
            clock.advance(200)
            server.heard.clear()
            assert len((await pd.alerts()).records) == 249
            assert [each.path for each in server.heard] == ["/incidents"] * 3

        using(made(server.url, clock), storm)

    def test_more_changes_than_can_be_told_mean_the_whole(self, server: Server, clock: FakeClock) -> None:
        async def storm(pd: PagerDuty) -> None:
            await pd.alerts()
            clock.advance(120)
            for each in list(server.account.incidents.values()):
                server.account.change(each, {"status": "acknowledged"}, "PANA")
                server.account.note(each, "on it", "PANA")
            seen = await pd.alerts()
            assert {alert.state for alert in seen.records} == {AlertState.ACKNOWLEDGED}

        using(made(server.url, clock), storm)

    def test_what_is_resolved_while_the_pages_are_read_hides_no_other(self, server: Server) -> None:
        fifth = list(server.account.incidents.values())[-5:-1]
        answered = server.answer
        asked: list[int] = []

        def answer(*words: Any) -> Any:
            if "offset=95" in words[1]:
                asked.append(1)
                for each in fifth:  # among the newest, which the first page told
                    server.account.end(each)
            return answered(*words)

        server.answer = answer  # type: ignore[method-assign,assignment]  # a fault is put in
        seen = alerts(server)
        assert asked
        open_ones = {each.title for each in server.account.incidents.values() if each.status != "resolved"}
        assert open_ones <= set(by_title(seen))


class TestOnCall:
    def test_every_level_has_who_is_on_until_when_and_who_is_next(self, server: Server, clock: FakeClock) -> None:
        answer = using(made(server.url, clock), lambda pd: pd.on_call(clock.now()))
        first, second = answer.records
        assert (first.roster, first.level, first.policy) == ("Primary rotation", 1, "Web")
        assert first.now is not None
        assert first.next is not None
        assert (first.now.name, first.now.timezone, first.now.end) == ("Bo", "Europe/Berlin", clock.now() + timedelta(days=1))
        assert (first.next.name, first.next.timezone) == ("Ana Souza", "America/Sao_Paulo")
        assert second.now is not None
        assert (second.roster, second.level, second.now.name, second.now.end) == ("Web level 2", 2, "Bo", None)

    def test_people_of_the_config_are_known_by_their_address(self, server: Server, clock: FakeClock) -> None:
        machine = FakeMachine()
        bo = Person(id="bo", name="Bo B.", timezone="Asia/Tokyo", contacts=(Contact(via="email", to="BO@example.com"),))
        machine.people = (bo,)
        first = using(made(server.url, clock, machine), lambda pd: pd.on_call(clock.now())).records[0]
        assert first.now is not None
        assert (first.now.person, first.now.name, first.now.timezone) == ("bo", "Bo B.", "Asia/Tokyo")

    def test_an_address_is_more_than_a_name_that_somebody_else_has_as_id(self, server: Server, clock: FakeClock) -> None:
        machine = FakeMachine()
        mine = Person(id="bertil", name="Bertil", contacts=(Contact(via="email", to="bo@example.com"),))
        machine.people = (Person(id="bo", name="Bo Smith"), mine)
        first = using(made(server.url, clock, machine), lambda pd: pd.on_call(clock.now())).records[0]
        assert first.now is not None
        assert (first.now.person, first.now.name) == ("bertil", "Bertil")

    def test_a_name_that_two_of_the_config_have_is_neither_of_them(self, server: Server, clock: FakeClock) -> None:
        machine = FakeMachine()
        machine.people = (Person(id="one", name="Bo"), Person(id="two", name="bo"))
        first = using(made(server.url, clock, machine), lambda pd: pd.on_call(clock.now())).records[0]
        assert first.now is not None
        assert (first.now.person, first.now.name) == ("PBO", "Bo")

    def test_a_gap_is_told(self, server: Server, clock: FakeClock) -> None:
        schedule = server.account.schedules[0]
        start = clock.now() + timedelta(hours=2)
        schedule.shifts = [("PBO", start, start + timedelta(hours=8))]
        first = using(made(server.url, clock), lambda pd: pd.on_call(clock.now())).records[0]
        assert first.now is None
        assert first.next is not None
        assert first.next.start == start

    def test_shifts_that_follow_on_each_other_are_one(self, server: Server, clock: FakeClock) -> None:
        now = clock.now()
        hours = [now + timedelta(hours=n, minutes=30) for n in range(-2, 4)]
        server.account.schedules[0].shifts = [("PBO", a, b) for a, b in itertools.pairwise(hours)]
        first = using(made(server.url, clock), lambda pd: pd.on_call(now)).records[0]
        assert first.now is not None
        assert (first.now.start, first.now.end, first.next) == (hours[1], hours[-1], None)

    def test_two_who_stand_on_one_level_in_person_are_both_there(self, server: Server, clock: FakeClock) -> None:
        server.account.policies["PPOLICY"] = ("Web", [[("schedule", "PSCHED")], [("user", "PBO"), ("user", "PANA")]])
        told = using(made(server.url, clock), lambda pd: pd.on_call(clock.now())).records
        assert [(each.roster, each.level, each.now and each.now.name) for each in told[1:]] == [
            ("Web level 2 · Bo", 2, "Bo"), ("Web level 2 · Ana Souza", 2, "Ana Souza"),
        ]  # fmt: skip
        later = clock.now() + timedelta(hours=1)
        laid = using(made(server.url, clock), lambda pd: pd.shifts(clock.now(), later)).records
        assert {each.name for each in laid if each.level == 2} == {"Bo", "Ana Souza"}

    def test_another_moment_is_asked_for_itself(self, server: Server, clock: FakeClock) -> None:
        then = clock.now() + timedelta(days=40)
        server.account.schedules[0].shifts = [("PANA", then - timedelta(hours=1), then + timedelta(hours=1))]
        first = using(made(server.url, clock), lambda pd: pd.on_call(then)).records[0]
        assert first.now is not None
        assert first.now.name == "Ana Souza"

    def test_policies_are_chosen_by_name(self, server: Server, clock: FakeClock) -> None:
        server.account.policies["POTHER"] = ("Other", [[("user", "PANA")]])
        answer = using(made(server.url, clock, policies=("other",)), lambda pd: pd.on_call(clock.now()))
        assert [(each.roster, each.policy) for each in answer.records] == [("Other level 1", "Other")]

    def test_rosters_of_one_name_are_told_apart(self, server: Server, clock: FakeClock) -> None:
        server.account.policies["POTHER"] = ("Other", [[("user", "PANA")], [("schedule", "PSCHED")]])
        answer = using(made(server.url, clock), lambda pd: pd.on_call(clock.now()))
        assert {(each.roster, each.level) for each in answer.records} == {
            ("Web · Primary rotation", 1), ("Other · Primary rotation", 2), ("Web level 2", 2), ("Other level 1", 1),
        }  # fmt: skip

    def test_a_handover_between_two_questions_is_no_question(self, server: Server, clock: FakeClock) -> None:
        schedule, at = server.account.schedules[0], clock.now()
        schedule.shifts = [
            ("PANA", at - timedelta(hours=1), at + timedelta(seconds=30)),
            ("PBO", at + timedelta(seconds=30), at + timedelta(days=1)),
        ]

        async def over(pd: PagerDuty) -> list[str]:
            names = []
            for _ in range(3):
                first = (await pd.on_call(clock.now())).records[0]
                assert first.now is not None
                names.append(first.now.name)
                clock.advance(20)
            return names

        assert using(made(server.url, clock), over) == ["Ana Souza", "Ana Souza", "Bo"]
        assert len(server.asked("GET", "/oncalls")) == 1


class TestOverrides:
    def test_a_person_is_put_on_call_by_the_configs_name(self, server: Server, clock: FakeClock) -> None:
        machine = FakeMachine(me=Person(id="ana", name="Ana S.", contacts=(Contact(via="email", to="ana@example.com"),)))
        cover = Cover("ana", clock.now(), clock.now() + timedelta(hours=2))

        async def covered(pd: PagerDuty) -> str | None:
            await pd.on_call(clock.now())
            (made_one,) = await pd.override("Primary rotation", [cover], "ana", "")
            assert [each.ref.id for each in (await pd.overrides()).records] == [made_one]
            now = (await pd.on_call(clock.now())).records[0].now
            await pd.end_override(made_one, "ana")
            assert (await pd.overrides()).records == ()
            return now.person if now is not None else None

        assert using(made(server.url, clock, machine), covered) == "ana"

    def test_what_was_made_of_several_is_said(self, server: Server, clock: FakeClock) -> None:
        now = clock.now()
        covers = [Cover("PBO", now, now + timedelta(hours=1)), Cover("PBO", now + timedelta(hours=1), now + timedelta(hours=1))]
        with pytest.raises(ProviderError, match="1 of 2 overrides were made: Override must end after its start"):
            using(made(server.url, clock), lambda pd: pd.override("Primary rotation", covers, "ana", ""))

    @pytest.mark.parametrize(
        ("config", "users"),
        [
            ((Person(id="bo", name="Bo Smith"), Person(id="bertil", name="Bo")), ("Bo",)),
            ((Person(id="bertil", name="Bo"),), ("Bo", "Bo")),
        ],
        ids=["a name that is somebody else's id", "a name that two have there"],
    )
    def test_an_override_is_given_to_nobody_by_a_name_that_is_somebody_elses(
        self, server: Server, clock: FakeClock, config: tuple[Person, ...], users: tuple[str, ...]
    ) -> None:
        server.account.users = [User(f"PBO{n}", name, f"bo{n}@example.com") for n, name in enumerate(users)]
        machine = FakeMachine()
        machine.people = config
        cover = Cover("bertil", clock.now(), clock.now() + timedelta(hours=1))
        with pytest.raises(NotFound, match="nobody at PagerDuty is bertil: give the e-mail address"):
            using(made(server.url, clock, machine), lambda pd: pd.override("Primary rotation", [cover], "ana", ""))
        assert not server.account.schedules[0].overrides

    @pytest.mark.parametrize(
        ("roster", "person", "error", "says"),
        [
            ("No such", "PBO", NotFound, "no roster No such"),
            ("Web level 2", "PBO", Forbidden, "Bo stands on Web level 2 in person"),
            ("Primary rotation", "nobody", NotFound, "nobody at PagerDuty is nobody: give the e-mail address"),
        ],
    )
    def test_what_cannot_be_is_said(
        self, server: Server, clock: FakeClock, roster: str, person: str, error: type[ProviderError], says: str
    ) -> None:
        cover = Cover(person, clock.now(), clock.now() + timedelta(hours=1))
        with pytest.raises(error, match=says):
            using(made(server.url, clock), lambda pd: pd.override(roster, [cover], "ana", ""))
        assert not server.account.schedules[0].overrides


def test_an_answer_that_is_none_is_malformed() -> None:
    with Misbehaving({**answers(), "/oncalls": b'{"oncalls": {}}'}) as odd, pytest.raises(Malformed, match="oncalls in its answer"):
        using(made(odd.url), lambda pd: pd.on_call(datetime(2026, 11, 25, tzinfo=UTC)))
