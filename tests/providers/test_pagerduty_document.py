"""``pagerduty`` held against the vendor's own API document: every request that it makes is valid there, and every answer that the
document allows, with whatever is null or away, is read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from cockpit.core.covers import Cover
from cockpit.core.units import Seconds
from cockpit.provider import Answer, Secret
from cockpit.providers.pagerduty import PagerDuty, PagerDutyConfig
from cockpit.testing import FakeClock, FakeHost, Misbehaving
from support.pagerduty import USER_TOKEN, Server, pagerduty
from support.pagerduty_recorded import account, answers
from support.vendor_api import Document, document


@pytest.fixture(scope="module")
def api() -> Document:
    return document("pagerduty-rest.json")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server(clock: FakeClock) -> Iterator[Server]:
    with pagerduty(clock.now) as running:
        running.account = account()
        running.account.now = clock.now
        yield running


def made(url: str, clock: FakeClock, **settings: Any) -> PagerDuty:
    config = PagerDutyConfig(url=url, token=Secret(USER_TOKEN), within=Seconds(2.0), **settings)
    return PagerDuty("pd", config, FakeHost(clock))


def wrong_requests(api: Document, server: Server) -> list[str]:
    """What is wrong with all that was asked, and with what our own account answered to what was well asked."""
    heard = server.heard
    wrong = [said for each in heard for said in api.problems(each.method, each.target, each.fields, each.body)]
    good = (each for each in heard if each.status < 300)
    return wrong + [said for each in good for said in api.answers(each.method, each.path, each.status, each.answer)]


async def everything_read(pd: PagerDuty, clock: FakeClock) -> list[Answer[Any]]:
    now = clock.now()
    return [
        await pd.alerts(),
        await pd.on_call(now),
        await pd.shifts(now, now + timedelta(days=30)),
        await pd.overrides(),
        await pd.maintenances(),
    ]


async def everything_told(pd: PagerDuty) -> None:
    """What is asked when somebody looks, of an incident that is not among those that are open."""
    await pd.levels("PX")
    await pd.plays("PX")
    await pd.assignees()
    await pd.services()
    await pd.history("PX")


class TestRequests:
    def test_all_that_a_poll_asks_is_valid(self, api: Document, server: Server, clock: FakeClock) -> None:
        async def polled() -> None:
            pd = made(
                server.url, clock, teams=("Web team",), services=("PSHOP", "Database"), urgencies=("high",), policies=("Web",)
            )
            await everything_read(pd, clock)
            await pd.close()

        asyncio.run(polled())
        assert {each.path for each in server.heard} >= {
            "/incidents",
            "/oncalls",
            "/escalation_policies",
            "/teams",
            "/services/PSHOP",
        }
        assert wrong_requests(api, server) == []

    def test_all_that_a_long_list_asks_is_valid(self, api: Document, server: Server, clock: FakeClock) -> None:
        for number in range(150):
            server.account.fire(f"fire {number}")

        async def polled() -> None:
            pd = made(server.url, clock)
            await pd.alerts()
            clock.advance(60)
            await pd.alerts()
            await pd.close()

        asyncio.run(polled())
        assert server.asked("GET", "/log_entries")
        assert wrong_requests(api, server) == []

    def test_all_that_overrides_ask_is_valid(self, api: Document, server: Server, clock: FakeClock) -> None:
        async def overridden() -> None:
            pd = made(server.url, clock)
            cover = Cover("bo@example.com", clock.now() + timedelta(hours=1), clock.now() + timedelta(hours=2))
            (made_one,) = await pd.override("Primary rotation", [cover], "ana", "")
            await pd.end_override(made_one, "ana")
            await pd.close()

        asyncio.run(overridden())
        assert [each.status for each in server.asked(path="/schedules") if each.method != "GET"] == [201, 204]
        assert wrong_requests(api, server) == []

    def test_all_that_verbs_and_stories_ask_is_valid(self, api: Document, server: Server, clock: FakeClock) -> None:
        server.account.workflows["PFLOW"], server.account.actions["01ACTION"] = "Page the managers", "Restart apache"
        server.account.past = ["It burnt before"]
        fire, other, third = (server.account.fire(f"fire {number}", "PDB") for number in range(3))

        async def done() -> None:
            pd, now = made(server.url, clock), clock.now()
            await pd.ack([fire.id, other.id], "ana", "on it")
            await pd.snooze([fire.id], now + timedelta(hours=2), "ana")
            for level in await pd.levels(fire.id):
                await pd.escalate([fire.id], level.number, "ana")
            await pd.reassign([fire.id], [each.id for each in await pd.assignees()], "ana")
            await pd.merge(fire.id, [other.id], "ana")
            await pd.note(fire.id, "ana", "looks like the deploy")
            for play in await pd.plays(fire.id):
                await pd.play(fire.id, play.id, "ana")
            await pd.history(fire.id)
            await pd.resolve([fire.id, third.id], "ana", "mended")
            window = await pd.maintain([each.id for each in await pd.services()], now, now + timedelta(hours=1), "ana", "disks")
            await pd.maintenances()
            await pd.end_maintenance(window, "ana")
            await pd.close()

        asyncio.run(done())
        assert {each.status for each in server.heard} <= {200, 201, 204}
        assert len({(each.method, each.path) for each in server.heard}) >= 20
        assert wrong_requests(api, server) == []

    def test_a_wrong_request_would_be_found(self, api: Document) -> None:
        fields = {"Accept": "application/vnd.pagerduty+json;version=2", "Content-Type": "application/json"}
        assert api.problems("GET", "/incidents?limit=1", fields, b"") == []
        assert api.problems("GET", "/incidents?limits=1", fields, b"") == ["GET /incidents: unknown query key limits"]
        assert api.problems("GET", "/incidents?statuses[]=gone", fields, b"")
        assert api.problems("GET", "/incidents?limit=1", {}, b"")
        assert api.problems("GET", "/incident", fields, b"") == ["GET /incident is not in the document"]
        assert api.problems("POST", "/incidents/P1/snooze", {**fields, "From": "a@b.example"}, b'{"duration": "long"}')
        assert api.problems("POST", "/incidents/P1/snooze", {**fields, "From": "a@b.example"}, b'{"duration": 60}') == []


LISTS = {
    "/incidents": "incidents",
    "/escalation_policies": "escalation_policies",
    "/oncalls": "oncalls",
    "/schedules/PSCHED/overrides": "overrides",
    "/maintenance_windows": "maintenance_windows",
}


TOLD = {
    "/incidents/PX": "",
    "/incidents/PX/log_entries": "log_entries",
    "/incidents/PX/notes": "notes",
    "/incidents/PX/alerts": "alerts",
    "/incidents/PX/past_incidents": "past_incidents",
    "/escalation_policies/PPOLICY": "",
    "/oncalls": "oncalls",
    "/users": "users",
    "/services": "services",
    "/incident_workflows/triggers": "triggers",
    "/automation_actions/actions": "actions",
}


class TestAnswers:
    @pytest.mark.parametrize("path", [*LISTS, "/services/PDB", "/services/PSHOP"])
    def test_every_shape_that_the_document_allows_is_read(self, api: Document, clock: FakeClock, path: str) -> None:
        async def polled(url: str) -> list[Answer[Any]]:
            pd = made(url, clock)
            try:
                return await everything_read(pd, clock)
            finally:
                await pd.close()

        for mode, body in api.samples("GET", path, LISTS.get(path, "")):
            body.pop("more", None)  # a page that always has another has no end
            for each in body.get("maintenance_windows", ()):
                each["end_time"] = each["end_time"] and "2026-12-24T00:00:00Z"  # later than the beginning
            with Misbehaving({**answers(), path: json.dumps(body).encode()}) as server:
                found = asyncio.run(polled(server.url))
            if path == "/incidents":
                assert len(found[0].records) + found[0].rejected == len(body["incidents"]), mode
            if mode == "full":
                assert not any(answer.rejected for answer in found), (path, mode)
                assert all(answer.records for answer in found[:1]), (path, mode)

    @pytest.mark.parametrize("path", sorted(TOLD))
    def test_every_shape_of_what_is_told_of_one_incident_is_read(self, api: Document, clock: FakeClock, path: str) -> None:
        whole = {each: json.dumps(dict(api.samples("GET", each))["full"] | {"more": False}).encode() for each in TOLD}
        policy = json.loads(whole["/incidents/PX"])["incident"]["escalation_policy"]["id"]
        whole[f"/escalation_policies/{policy}"] = whole["/escalation_policies/PPOLICY"]

        async def told(url: str) -> None:
            pd = made(url, clock)
            try:
                await everything_told(pd)
            finally:
                await pd.close()

        for _, body in api.samples("GET", path, TOLD[path]):
            if path == "/incidents/PX":
                body["incident"] |= {"id": "PX"}
            if path == "/escalation_policies/PPOLICY":
                body["escalation_policy"] |= {"id": policy}
            body.pop("more", None)
            with Misbehaving({**answers(), **whole, path: json.dumps(body).encode()}) as server:
                asyncio.run(told(server.url))

    def test_an_incident_with_every_member_null_is_still_an_alert(self, api: Document, clock: FakeClock) -> None:
        null = dict(api.samples("GET", "/incidents"))["nulls"]["incidents"][0]
        null |= {"id": "PNULL01", "status": "triggered"}

        async def polled(url: str) -> Answer[Any]:
            pd = made(url, clock)
            try:
                return await pd.alerts()
            finally:
                await pd.close()

        with Misbehaving({**answers(), "/incidents": json.dumps({"incidents": [null]}).encode()}) as server:
            (alert,) = asyncio.run(polled(server.url)).records
        assert (alert.name, alert.summary, alert.where, alert.started_at) == ("(no service)", "(no title)", "", None)
