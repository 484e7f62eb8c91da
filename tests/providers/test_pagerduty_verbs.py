"""What people do to incidents of PagerDuty, and what they are told of one: against a stateful account of our own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from cockpit.core.alerts import AlertState
from cockpit.core.responses import Level, Play
from cockpit.core.roster import Contact, Person
from cockpit.core.units import Seconds
from cockpit.provider import Malformed, Nameless, NotFound, Partly, ProviderError, RateLimited, Secret, Unreachable, capabilities
from cockpit.providers.pagerduty import PagerDuty, PagerDutyConfig
from cockpit.testing import FakeClock, FakeHost, FakeMachine
from support.pagerduty import ACCOUNT_TOKEN, USER_TOKEN, Server, pagerduty

T = TypeVar("T")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server(clock: FakeClock) -> Iterator[Server]:
    with pagerduty(clock.now) as running:
        yield running


def made(server: Server, clock: FakeClock, machine: FakeMachine | None = None, **settings: Any) -> PagerDuty:
    settings = {"token": Secret(USER_TOKEN), "within": Seconds(2.0), **settings}
    return PagerDuty("pd", PagerDutyConfig(url=server.url, **settings), FakeHost(clock, machine or FakeMachine()))


def using(pd: PagerDuty, work: Callable[[PagerDuty], Awaitable[T]]) -> T:
    async def done() -> T:
        try:
            return await work(pd)
        finally:
            await pd.close()

    return asyncio.run(done())


class TestInWhoseName:
    def test_a_persons_token_knows_them(self, server: Server, clock: FakeClock) -> None:
        fire = server.account.fire("fire")
        using(made(server, clock), lambda pd: pd.ack([fire.id], "ana", ""))
        (put,) = server.asked("PUT")
        assert put.fields["From"] == "ana@example.com"
        assert fire.acks[0][0] == "PANA"

    def test_an_accounts_token_needs_an_address_and_says_how_to_give_it(self, server: Server, clock: FakeClock) -> None:
        fire = server.account.fire("fire")
        with pytest.raises(Nameless, match="this token belongs to no person; say it once, with cockpit address") as no:
            using(made(server, clock, token=Secret(ACCOUNT_TOKEN)), lambda pd: pd.ack([fire.id], "ana", ""))
        assert no.value.wants == "the e-mail address that you log in to PagerDuty with"
        assert fire.status == "triggered"
        given = made(server, clock, token=Secret(ACCOUNT_TOKEN), email="bo@example.com")
        using(given, lambda pd: pd.ack([fire.id], "bo", ""))
        assert fire.acks[0][0] == "PBO"

    def test_an_address_that_was_said_is_used_at_once_and_one_that_is_none_is_asked_for_again(
        self, server: Server, clock: FakeClock
    ) -> None:
        fire, machine = server.account.fire("fire"), FakeMachine()

        async def again(pd: PagerDuty) -> None:
            for address, why in (("", "belongs to no person"), ("ana", "ana is no e-mail address")):
                machine.addresses["pd"] = address
                with pytest.raises(Nameless, match=why):
                    await pd.ack([fire.id], "ana", "")
            assert server.asked("PUT") == []
            machine.addresses["pd"] = "bo@example.com"
            await pd.ack([fire.id], "ana", "")

        using(made(server, clock, machine, token=Secret(ACCOUNT_TOKEN)), again)
        assert server.asked("PUT")[0].fields["From"] == "bo@example.com"

    @pytest.mark.parametrize(
        "me",
        [
            Person(id="ana", name="Ana", contacts=(Contact(via="email", to="ana@example.com"),)),
            Person(id="ana", name="Ana", also=("ana@example.com",)),
        ],
        ids=["contact", "also"],
    )
    def test_the_person_at_the_keyboard_is_taken_where_the_config_knows_their_address(
        self, server: Server, clock: FakeClock, me: Person
    ) -> None:
        fire = server.account.fire("fire")
        pd = made(server, clock, FakeMachine(me=me), token=Secret(ACCOUNT_TOKEN))
        using(pd, lambda pd: pd.resolve([fire.id], "ana", ""))
        assert server.asked("PUT")[0].fields["From"] == "ana@example.com"

    def test_whose_token_it_is_is_asked_once(self, server: Server, clock: FakeClock) -> None:
        async def both(pd: PagerDuty) -> None:
            await pd.ack([server.account.fire("one").id], "ana", "")
            await pd.ack([server.account.fire("two").id], "ana", "")

        using(made(server, clock), both)
        assert len(server.asked("GET", "/users/me")) == 1


class TestVerbs:
    def test_several_are_taken_in_one_request(self, server: Server, clock: FakeClock) -> None:
        fires = [server.account.fire(f"fire {number}") for number in range(30)]
        using(made(server, clock), lambda pd: pd.ack([fire.id for fire in fires], "ana", ""))
        assert {fire.status for fire in fires} == {"acknowledged"}
        assert len(server.asked("PUT")) == 1

    def test_more_than_one_request_may_hold_go_in_several(self, server: Server, clock: FakeClock) -> None:
        fires = [server.account.fire(f"fire {number}") for number in range(260)]
        using(made(server, clock), lambda pd: pd.resolve([fire.id for fire in fires], "ana", "mended"))
        assert {fire.status for fire in fires} == {"resolved"}
        assert [len(json.loads(each.body)["incidents"]) for each in server.asked("PUT")] == [250, 10]
        assert json.loads(server.asked("PUT")[0].body)["incidents"][0]["resolution"] == "mended"

    def test_one_that_is_over_already_leaves_no_other_ringing(self, server: Server, clock: FakeClock) -> None:
        fires = [server.account.fire(f"fire {number}") for number in range(3)]
        server.account.end(fires[0])
        with pytest.raises(ProviderError, match=r"2 of 3 were acknowledged: .*Incident Already Resolved"):
            using(made(server, clock), lambda pd: pd.ack([fire.id for fire in fires], "ana", ""))
        assert [fire.status for fire in fires] == ["resolved", "acknowledged", "acknowledged"]

    def test_an_answer_that_cannot_be_read_is_no_refusal_and_nothing_is_sent_again(
        self, server: Server, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fires = [server.account.fire(f"fire {number}") for number in range(3)]
        answer = server.answer

        def garbled(method: str, *asked: Any) -> tuple[int, bytes, dict[str, str]]:
            status, body, fields = answer(method, *asked)
            return status, body, fields | ({"Content-Encoding": "br"} if method == "PUT" else {})

        monkeypatch.setattr(server, "answer", garbled)
        with pytest.raises(Malformed):
            using(made(server, clock), lambda pd: pd.escalate([fire.id for fire in fires], 2, "ana"))
        assert len(server.asked("PUT")) == 1
        assert {fire.level for fire in fires} == {2}

    def test_a_note_that_comes_along_is_left(self, server: Server, clock: FakeClock) -> None:
        fire = server.account.fire("fire")
        using(made(server, clock), lambda pd: pd.ack([fire.id], "ana", "on it"))
        assert [(who, text) for who, _, text in fire.notes] == [("PANA", "on it")]

    @pytest.mark.parametrize("status", [400, 403, 500])
    def test_a_note_that_cannot_be_left_takes_no_acknowledgement_back(self, server: Server, clock: FakeClock, status: int) -> None:
        fires = [server.account.fire("fire") for _ in range(3)]
        answered = server.answer

        def answer(method: str, target: str, *more: Any) -> Any:
            return (status, b"{}", {}) if f"{fires[1].id}/notes" in target else answered(method, target, *more)

        server.answer = answer  # type: ignore[method-assign,assignment]  # a fault is put in
        with pytest.raises(Partly, match=r"^the note was not left on [12] of 3: "):
            using(made(server, clock), lambda pd: pd.ack([fire.id for fire in fires], "ana", "on it"))
        assert all(fire.acks for fire in fires)
        assert [text for _, _, text in fires[0].notes] == ["on it"]
        assert len(server.asked("PUT")) == 1, "nothing is taken twice"

    def test_a_snooze_ends_when_it_was_told_to(self, server: Server, clock: FakeClock) -> None:
        fire = server.account.fire("fire", "PDB")

        async def snoozed(pd: PagerDuty) -> list[AlertState]:
            await pd.snooze([fire.id], clock.now() + timedelta(hours=2), "ana")
            states = [(await pd.alerts()).records[0].state]
            clock.advance(7201)
            return [*states, (await pd.alerts()).records[0].state]

        assert using(made(server, clock), snoozed) == [AlertState.SUPPRESSED, AlertState.FIRING]
        assert json.loads(server.asked("POST")[0].body) == {"duration": 7200}

    def test_levels_say_who_would_be_told(self, server: Server, clock: FakeClock) -> None:
        fire = server.account.fire("fire")
        levels = using(made(server, clock), lambda pd: pd.levels(fire.id))
        assert levels == (Level(1, ("Bo",), 1800.0, "Web"), Level(2, ("Bo",), 1800.0, "Web"))

    def test_escalating_and_reassigning_ring_again(self, server: Server, clock: FakeClock) -> None:
        fire = server.account.fire("fire")

        async def passed_on(pd: PagerDuty) -> None:
            await pd.ack([fire.id], "ana", "")
            await pd.escalate([fire.id], 2, "ana")
            assert (fire.status, fire.level, fire.assigned) == ("triggered", 2, ["PBO"])
            await pd.ack([fire.id], "ana", "")
            await pd.reassign([fire.id], ["ana@example.com"], "bo")
            assert (fire.status, fire.via, fire.assigned) == ("triggered", "direct_assignment", ["PANA"])

        using(made(server, clock), passed_on)

    def test_nobody_is_given_anything_where_one_is_not_there(self, server: Server, clock: FakeClock) -> None:
        fire = server.account.fire("fire")
        before = list(fire.assigned)
        with pytest.raises(NotFound, match="nobody at PagerDuty is cy"):
            using(made(server, clock), lambda pd: pd.reassign([fire.id], ["PANA", "cy"], "ana"))
        assert fire.assigned == before

    def test_merging_leaves_one_with_all_alerts(self, server: Server, clock: FakeClock) -> None:
        into, one, two = (server.account.fire(f"fire {number}") for number in range(3))
        using(made(server, clock), lambda pd: pd.merge(into.id, [one.id, two.id], "ana"))
        assert (into.alerts, one.status, two.status) == (3, "resolved", "resolved")

    def test_workflows_and_actions_are_offered_and_started(self, server: Server, clock: FakeClock) -> None:
        fire = server.account.fire("fire")
        server.account.workflows["PFLOW"] = "Page the managers"
        server.account.actions["01ACTION"] = "Restart apache"

        async def played(pd: PagerDuty) -> list[Play]:
            plays = list(await pd.plays(fire.id))
            for each in plays:
                await pd.play(fire.id, each.id, "ana")
            return plays

        plays = using(made(server, clock), played)
        assert [(each.id, each.name) for each in plays] == [
            ("workflow:PFLOW", "Page the managers"),
            ("action:01ACTION", "Restart apache"),
        ]
        assert server.account.started == [("PFLOW", fire.id), ("01ACTION", fire.id)]

    def test_an_account_without_plays_offers_none(self, server: Server, clock: FakeClock) -> None:
        fire = server.account.fire("fire")
        answered = server.answer

        def answer(method: str, target: str, *more: Any) -> Any:
            none = target.startswith(("/automation_actions", "/incident_workflows"))
            return (402, b'{"error": {"message": "not in your plan"}}', {}) if none else answered(method, target, *more)

        server.answer = answer  # type: ignore[method-assign,assignment]  # a fault is put in
        assert using(made(server, clock), lambda pd: pd.plays(fire.id)) == ()

    def test_a_maintenance_is_of_services_by_name(self, server: Server, clock: FakeClock) -> None:
        async def there_and_back(pd: PagerDuty) -> None:
            assert [each.name for each in await pd.services()] == ["Shop API", "Database"]
            window = await pd.maintain(["PSHOP"], clock.now(), clock.now() + timedelta(hours=1), "ana", "new disks")
            (stands,) = (await pd.maintenances()).records
            assert (stands.ref.id, stands.services, stands.who, stands.comment) == (window, ("Shop API",), "Ana Souza", "new disks")
            await pd.end_maintenance(window, "ana")
            assert (await pd.maintenances()).records == ()

        using(made(server, clock), there_and_back)

    def test_a_limit_in_the_middle_says_how_many_were_done(self, server: Server, clock: FakeClock) -> None:
        fires = [server.account.fire(f"fire {number}", "PDB") for number in range(3)]
        server.per_minute = 3  # whose token it is, and two snoozes
        with pytest.raises(Unreachable, match="2 of 3 were snoozed, then: too many questions"):
            using(made(server, clock), lambda pd: pd.snooze([fire.id for fire in fires], clock.now() + timedelta(hours=1), "ana"))
        server.per_minute = 0
        with pytest.raises(RateLimited):
            using(made(server, clock), lambda pd: pd.resolve([fires[0].id], "ana", ""))

    def test_with_a_routing_key_alone_nothing_of_this_is_there(self) -> None:
        pd = PagerDuty("pd", PagerDutyConfig(routing_key=Secret("x" * 32)), FakeHost())
        assert capabilities(pd) == {"Pages"}
        assert "Unacks" not in capabilities(PagerDuty)


class TestStories:
    def test_a_story_has_all_that_happened_in_order(self, server: Server, clock: FakeClock) -> None:
        account = server.account
        fire = account.fire("fire")

        async def told(pd: PagerDuty) -> Any:
            clock.advance(60)
            await pd.ack([fire.id], "ana", "")
            clock.advance(60)
            await pd.note(fire.id, "ana", "looks like the deploy\nrolling back")
            clock.advance(60)
            await pd.escalate([fire.id], 2, "ana")
            return await pd.history(fire.id)

        story = using(made(server, clock), told)
        assert [(each.kind, each.text) for each in story.entries] == [
            ("fired", "triggered through the API (Shop API)"),
            ("acknowledged", "acknowledged by Ana Souza"),
            ("note", "Ana Souza: looks like the deploy\nrolling back"),
            ("moved", "assigned to Bo by Ana Souza"),
        ]
        assert story.facts == {"host": "web-3", "load": "17", "tags": '["a","b"]', "severity": "critical"}
        assert (story.past, story.remarks) == ((), ())

    def test_past_incidents_are_told_where_the_account_has_them(self, server: Server, clock: FakeClock) -> None:
        fire = server.account.fire("fire")
        server.account.past = ["It burnt before", "And before that"]
        past = using(made(server, clock), lambda pd: pd.history(fire.id)).past
        assert [(each.title, each.url) for each in past] == [
            ("It burnt before", "https://team.pagerduty.example/incidents/PPAST0"),
            ("And before that", "https://team.pagerduty.example/incidents/PPAST1"),
        ]

    def test_where_it_has_them_not_they_are_asked_for_once(self, server: Server, clock: FakeClock) -> None:
        fire = server.account.fire("fire")

        async def twice(pd: PagerDuty) -> None:
            for _ in range(2):
                assert (await pd.history(fire.id)).remarks == ()

        using(made(server, clock), twice)
        assert len(server.asked("GET", r"/incidents/\w+/past_incidents")) == 1

    def test_a_part_that_cannot_be_had_is_said_and_hides_no_other(self, server: Server, clock: FakeClock) -> None:
        fire = server.account.fire("fire")
        answered = server.answer

        def answer(method: str, target: str, *more: Any) -> Any:
            return (500, b"", {}) if "/notes" in target else answered(method, target, *more)

        server.answer = answer  # type: ignore[method-assign,assignment]  # a fault is put in
        story = using(made(server, clock), lambda pd: pd.history(fire.id))
        assert story.remarks == ("notes could not be read: it answered 500",)
        assert story.entries

    def test_what_is_resolved_meanwhile_can_still_be_told_of(self, server: Server, clock: FakeClock) -> None:
        fire = server.account.fire("fire")
        server.account.end(fire, "PANA")
        assert using(made(server, clock), lambda pd: pd.history(fire.id)).entries[-1].kind == "resolved"
