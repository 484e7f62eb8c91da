"""``alertmanager`` against recorded answers, and against a server that misbehaves in every way there is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

import httpx  # noqa: F401  # as in a cockpit that runs: the deadline of a second is not meant for its import
import pytest

from cockpit import plugins
from cockpit.config.decode import decode_settings
from cockpit.config.model import ConfigError
from cockpit.core.alerts import Alert, AlertState, Link, Severity, Silence, SilenceState
from cockpit.core.units import Seconds
from cockpit.provider import Answer, AuthFailed, HttpAuth, Malformed, NotFound, ProviderError, RateLimited, Secret, capabilities
from cockpit.providers.alertmanager import Alertmanager, AlertmanagerConfig
from cockpit.testing import FakeClock, FakeHost, HttpContract, Misbehaving
from support.alerts_recorded import ACK, ENDED, PENDING, SILENCE, VERSIONS, answers, groups_alone, of_version

CANARY = "canary-9b1d-secret"
PASSWORD = "canary-5c2e-password"


def made(url: str, **settings: Any) -> Alertmanager:
    return Alertmanager("contract", AlertmanagerConfig(url=url, **settings), FakeHost(FakeClock()))


class TestItKeepsTheContractOverHttp(HttpContract):
    # safety 13 14 15
    secrets = (CANARY,)
    answers: ClassVar[Mapping[str, bytes]] = answers()
    alerts_at = "/api/v2/alerts"
    mangled = (
        b'{"labels": {"alertname": 7}}',
        b'{"labels": null, "fingerprint": "1"}',
        b'{"labels": {"a": "b"}, "status": {"silencedBy": "x"}}',
        b'{"labels": {"a": "b"}, "receivers": {"name": "x"}}',
        b'{"labels": {"a": "\\ud800"}, "annotations": []}',
    )

    def connected(self, url: str) -> object:
        return made(url, auth=HttpAuth(bearer=Secret(CANARY)), within=Seconds(1.0))

    def test_acknowledging_round_trips(self) -> None:
        pytest.skip("a recording keeps no silence: see the real servers")

    test_silencing_round_trips = test_changing_a_silence_round_trips = test_acknowledging_round_trips


@pytest.fixture
def server() -> Iterator[Misbehaving]:
    with Misbehaving(answers()) as running:
        yield running


def seen(server: Misbehaving, path: str = "", **settings: Any) -> tuple[Answer[Alert], Answer[Silence]]:
    """One poll."""

    async def poll() -> tuple[Answer[Alert], Answer[Silence]]:
        provider = made(server.url + path, **settings)
        try:
            return await asyncio.gather(provider.alerts(), provider.silences())
        finally:
            await provider.close()

    return asyncio.run(poll())


def by_id(answer: Answer[Alert]) -> dict[str, Alert]:
    return {alert.ref.id[-1]: alert for alert in answer.records}


def test_it_comes_by_entry_point_and_can_do_all_that_an_alertmanager_can() -> None:
    assert plugins.load(plugins.PROVIDERS, "alertmanager") is Alertmanager
    assert capabilities(Alertmanager) == {"Alerts", "Acks", "Unacks", "Silences", "Edits", "Checks", "Upkeep", "Pages"}


def test_every_state_is_told_with_its_reason(server: Misbehaving) -> None:
    alerts = by_id(seen(server)[0])
    assert {each: (alert.state, alert.suppressed_by) for each, alert in alerts.items()} == {
        "1": (AlertState.FIRING, ""),
        "2": (AlertState.ACKNOWLEDGED, ""),
        "3": (AlertState.SUPPRESSED, "silenced by Bo: new disks (11111111)"),
        "4": (AlertState.SUPPRESSED, "inhibited by DiskFull · db-1"),
        "5": (AlertState.SUPPRESSED, "muted by weekends"),
        "6": (AlertState.FIRING, ""),
    }
    assert (alerts["2"].acknowledged_by, alerts["2"].acknowledged_why) == ("Bo", "This alert was acknowledged using karma on Mon")
    assert alerts["2"].acknowledged_at == datetime(2026, 11, 23, 3, 5, tzinfo=UTC)
    assert alerts["3"].silences == (SILENCE,)


def test_an_alert_brings_its_facts(server: Misbehaving) -> None:
    alerts = by_id(seen(server)[0])
    disk = alerts["1"]
    assert (disk.name, disk.where, disk.summary, disk.severity) == ("DiskFull", "db-1", "it burns", Severity.CRITICAL)
    assert disk.started_at == datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
    assert disk.links == (
        Link("runbook", "https://runbooks.example/fire"),
        Link("generator", "http://prometheus.example/graph?g0.expr=up"),
    )
    assert disk.receivers == ("team",)
    assert alerts["5"].groups == ("team: alertname=Weekend",)
    assert (alerts["6"].name, alerts["6"].where, alerts["6"].severity) == ("(no alertname)", "nameless", Severity.UNKNOWN)
    assert [alerts[each].severity for each in "35"] == [Severity.CRITICAL, Severity.INFO]


def test_silences_are_told_with_their_state_and_those_long_gone_are_not(server: Misbehaving) -> None:
    silences = {silence.ref.id: silence for silence in seen(server)[1].records}
    assert {each: (it.state, it.match, it.ack) for each, it in silences.items()} == {
        ACK: (SilenceState.ACTIVE, "alertname=Slow", True),
        SILENCE: (SilenceState.ACTIVE, "alertname=Backup", False),
        ENDED: (SilenceState.EXPIRED, "rack=r1", False),
        PENDING: (SilenceState.PENDING, "rack=r2", False),
    }
    assert ENDED not in {silence.ref.id for silence in seen(server, expired=Seconds(60))[1].records}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_s_alerts_and_silences_come_through(version: str) -> None:
    for bodies in (of_version(version), groups_alone(of_version(version))):
        with Misbehaving(bodies) as server:
            alerts, silences = seen(server)
        assert (len(alerts.records), alerts.rejected, alerts.complete) == (6, 0, True)
        assert (len(silences.records), silences.rejected) == (4, 0)
        states = {each: alert.state for each, alert in by_id(alerts).items()}
        assert [states[each].value for each in "123"] == ["firing", "acknowledged", "suppressed"]
        assert by_id(alerts)["1"].started_at == datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def test_an_alert_that_stands_in_several_groups_comes_once_and_is_muted_only_where_all_are() -> None:
    bodies = groups_alone(answers())
    (path,) = [each for each in bodies if each.endswith("/groups")]
    groups = json.loads(bodies[path])
    (weekend,) = [group for group in groups if group["labels"].get("alertname") == "Weekend"]
    other = {**weekend, "receiver": {"name": "night"}, "alerts": [json.loads(json.dumps(weekend["alerts"][0]))]}
    other["alerts"][0]["status"] |= {"mutedBy": [], "state": "active"}
    unreadable = {"labels": {}, "receiver": {"name": "team"}, "alerts": "none"}
    bodies[path] = json.dumps([*groups, other, unreadable]).encode()
    with Misbehaving(bodies) as server:
        alerts, _ = seen(server)
    assert (len(alerts.records), alerts.rejected) == (6, 1)
    assert by_id(alerts)["5"].state is AlertState.FIRING
    assert by_id(alerts)["5"].groups == ("team: alertname=Weekend", "night: alertname=Weekend")


def test_an_acknowledgement_that_is_old_brings_its_alert_back_before_the_eyes(server: Misbehaving) -> None:
    slow = by_id(seen(server, ack_age=Seconds(300))[0])["2"]
    assert (slow.state, slow.acknowledged_by) == (AlertState.FIRING, "Bo")


def test_a_firing_that_began_after_its_acknowledgement_is_not_covered_by_it() -> None:
    # safety 17
    def later(told: Any) -> Any:
        for each in told if isinstance(told, list) else ():
            if each.get("labels", {}).get("alertname") == "Slow":
                each["startsAt"] = "2026-11-23T03:11:00.000Z"
        return told

    with Misbehaving(answers(later)) as server:
        slow = by_id(seen(server)[0])["2"]
    assert (slow.state, slow.acknowledged_by) == (AlertState.FIRING, "")


def test_the_answers_are_asked_for_once_in_a_poll(server: Misbehaving) -> None:
    seen(server)
    assert sorted(path for _, path, _, _ in server.heard) == [
        "/api/v2/alerts",
        "/api/v2/alerts/groups",
        "/api/v2/silences",
        "/api/v2/status",
    ]


def test_a_poll_in_which_only_the_ends_moved_compares_equal(server: Misbehaving) -> None:
    async def twice() -> tuple[object, object]:
        provider = made(server.url)
        first = await provider.alerts()
        server.answers["/api/v2/alerts"] = (
            server.answers["/api/v2/alerts"].replace(b"03:16:00", b"03:17:00").replace(b"03:12:00", b"03:13:00")
        )
        second = await provider.alerts()
        await provider.close()
        return first, second

    first, second = asyncio.run(twice())
    assert first == second


def test_what_the_server_may_filter_is_sent_along(server: Misbehaving) -> None:
    seen(server, filter=('team="web"', "severity=~critical|warning"), receiver="team.*", headers={"X-Scope-OrgID": "shop"})
    asked = {path for _, path, _, _ in server.heard}
    query = "filter=team%3D%22web%22&filter=severity%3D~critical%7Cwarning&receiver=team.%2A"
    assert f"/api/v2/alerts?{query}" in asked
    assert {fields.get("x-scope-orgid") for _, _, fields, _ in server.heard} == {"shop"}


def test_a_prefix_and_a_password_are_used() -> None:
    with Misbehaving({f"/am{path}": body for path, body in answers().items()}) as server:
        alerts, _ = seen(server, "/am/", auth=HttpAuth(user="ana", password=Secret(PASSWORD)))
    assert len(alerts.records) == 6
    assert all(fields["authorization"].startswith("Basic ") for _, _, fields, _ in server.heard)


def test_a_wrong_prefix_says_what_to_look_at(server: Misbehaving) -> None:
    with pytest.raises(ProviderError, match=r"there is no Alertmanager API at http://127.0.0.1:\d+/wrong/api/v2 \(404\)"):
        seen(server, "/wrong")


def test_a_wrong_prefix_where_pages_are_served_says_that_it_is_none() -> None:
    with Misbehaving({}, "404 in HTML") as server, pytest.raises(NotFound) as raised:
        seen(server, "/grafana")
    assert "this is not an Alertmanager: it answered HTML at http://127.0.0.1:" in str(raised.value)
    assert "/grafana/api/v2 (404): is the path in the url right?" in str(raised.value)


def test_a_login_page_is_called_what_it_is() -> None:
    with (
        Misbehaving({}, "a login page with 200") as server,
        pytest.raises(Malformed, match="not an Alertmanager: it answered HTML"),
    ):
        seen(server)


def without(path: str) -> dict[str, bytes]:
    return {each: body for each, body in answers().items() if not each.endswith(path)}


def test_silences_that_cannot_be_had_cost_no_alert_and_the_last_known_explain() -> None:
    # safety 16
    async def work(server: Misbehaving) -> None:
        provider = made(server.url)
        before = await provider.alerts()
        del server.answers["/api/v2/silences"]
        server.answers["/api/v2/alerts"] = server.answers["/api/v2/alerts"].replace(b"it burns", b"it burns well")
        after, silences = await provider.alerts(), await provider.silences()
        await provider.close()
        assert [(alert.state, alert.acknowledged_by) for alert in after.records] == [
            (alert.state, alert.acknowledged_by) for alert in before.records
        ]
        assert {alert.summary for alert in after.records} == {"it burns well"}
        assert (before.complete, after.complete, silences.complete, len(silences.records)) == (True, False, False, 4)
        assert "does not tell its silences, those of the last time are shown" in after.remarks[0]

    with Misbehaving(answers()) as server:
        asyncio.run(work(server))


def test_one_that_began_anew_is_no_good_news_until_what_it_had_is_back_or_had_the_time_to_be() -> None:
    # safety 16
    async def work(server: Misbehaving) -> None:
        clock = FakeClock()
        provider = Alertmanager("contract", AlertmanagerConfig(url=server.url), FakeHost(clock))
        assert (await provider.alerts()).complete
        status, alerts = (server.answers[f"/api/v2/{path}"] for path in ("status", "alerts"))
        began = clock.now().isoformat().encode()
        server.answers["/api/v2/status"] = status.replace(b"2026-11-01T00:00:00.000Z", began)
        server.answers["/api/v2/alerts"] = json.dumps(json.loads(alerts)[3:]).encode()
        silences = server.answers["/api/v2/silences"]
        for _ in range(2):
            answer = await provider.alerts()
            assert (len(answer.records), answer.complete) == (6, False)
            assert answer.remarks[0].startswith("it began anew at 03:12:44 UTC: DiskFull · db-1 and 2 more shown as last told")
            assert [by_id(answer)[each].state.value for each in "123"] == ["firing", "acknowledged", "suppressed"]
        server.answers["/api/v2/silences"] = b"[]"
        assert [by_id(await provider.alerts())[each].state.value for each in "123"] == ["firing"] * 3, "none hushes them now"
        server.answers["/api/v2/silences"] = silences
        server.answers["/api/v2/alerts"] = alerts
        assert (await provider.alerts()).complete
        server.answers["/api/v2/alerts"] = b"[]"
        assert (await provider.alerts()).complete, "it had them all again: these have resolved"
        server.answers["/api/v2/alerts"] = alerts
        await provider.alerts()
        clock.advance(540)
        server.answers["/api/v2/status"] = status.replace(b"2026-11-01T00:00", b"2026-11-23T03:14")
        server.answers["/api/v2/alerts"] = b"[]"
        assert (await provider.alerts()).complete, "it began so long ago that all would be back"
        await provider.close()

    with Misbehaving(answers()) as server:
        asyncio.run(work(server))


@pytest.mark.parametrize("path", ["/status", "/groups"])
def test_what_can_be_done_without_costs_no_alert(path: str) -> None:
    with Misbehaving(without(path)) as server:
        alerts, silences = seen(server)
    assert (len(alerts.records), alerts.complete, len(silences.records)) == (6, True, 4)


def test_two_alerts_that_claim_one_fingerprint_are_both_kept_and_one_that_comes_twice_is_counted() -> None:
    def doubled(told: Any) -> Any:
        if isinstance(told, list) and told and "fingerprint" in told[0]:
            other = json.loads(json.dumps(told[0]))
            other["labels"]["instance"] = "db-2"
            return [*told, other, told[0]]
        return told

    with Misbehaving(answers(doubled)) as server:
        alerts, _ = seen(server)
    assert (len(alerts.records), alerts.rejected) == (7, 1)
    assert len({alert.ref for alert in alerts.records}) == 7


def test_a_label_of_a_megabyte_and_one_of_a_terminal_s_language_stay_readable() -> None:
    def huge(told: Any) -> Any:
        if isinstance(told, list) and told and "fingerprint" in told[0]:
            told[0]["labels"]["blob"] = "x" * 1_000_000
            told[1]["labels"]["title"] = "\x1b]0;gone\x07"
        return told

    with Misbehaving(answers(huge)) as server:
        alerts = by_id(seen(server)[0])
    assert len(alerts["1"].labels["blob"]) == 2000
    assert alerts["2"].labels["title"] == "␛]0;gone␇"


def test_years_that_no_calendar_has_cost_the_time_and_not_the_alert() -> None:
    def absurd(told: Any) -> Any:
        for each, year in zip(
            told if isinstance(told, list) else (), ("0001-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "soon"), strict=False
        ):
            if "fingerprint" in each:
                each["startsAt"] = year
        return told

    with Misbehaving(answers(absurd)) as server:
        alerts, _ = seen(server)
    assert (len(alerts.records), alerts.rejected) == (6, 0)
    assert [alert.started_at for alert in alerts.records[:3]] == [None, None, None]


class TestTheWatchdog:
    def test_it_is_not_shown_while_it_fires(self, server: Misbehaving) -> None:
        alerts, _ = seen(server, watchdog="Weekend")
        assert (len(alerts.records), alerts.blind) == (5, "")

    def test_its_absence_makes_the_source_blind_and_the_rest_is_still_shown(self, server: Misbehaving) -> None:
        # safety 16
        alerts, _ = seen(server, watchdog="Watchdog")
        assert len(alerts.records) == 6
        assert "the watchdog Watchdog does not fire" in alerts.blind

    def test_it_may_be_told_by_a_filter(self, server: Misbehaving) -> None:
        assert seen(server, watchdog='job="nameless"')[0].blind == ""

    def test_a_source_with_a_filter_of_its_own_asks_for_it_without(self, server: Misbehaving) -> None:
        alerts, _ = seen(server, watchdog="Elsewhere", filter=('team="web"',))
        assert alerts.blind == ""  # the recording answers everything that is asked
        assert any("filter=alertname%3D%22Elsewhere%22" in path for _, path, _, _ in server.heard)


class TestTheConfig:
    def read(self, settings: Mapping[str, object]) -> AlertmanagerConfig:
        return decode_settings(AlertmanagerConfig, settings, lambda _: Secret(CANARY), "sources.am")

    def test_a_whole_one_is_read(self) -> None:
        config = self.read(
            {
                "urls": ["https://a.example", "https://b.example"],
                "auth": {"bearer": "env:TOKEN"},
                "headers": {"X-Scope-OrgID": "shop"},
                "severities": {"Panic": "critical"},
                "ack_for": "20m",
                "where": ["vm"],
            }
        )
        assert config.severities == {"Panic": Severity.CRITICAL}
        assert config.ack_for == Seconds(1200)

    @pytest.mark.parametrize(
        ("settings", "says"),
        [
            ({}, "give the address as url"),
            ({"url": "http://a", "urls": ["http://b"]}, "give the address as url"),
            ({"url": "http://a", "ack_for": "10s"}, "ack_for must be a minute or more"),
            ({"url": "http://a", "ack_prefix": ""}, "every silence would be an acknowledgement"),
            ({"url": "http://a", "ack_prefix": " "}, "every silence would be an acknowledgement"),
            ({"url": "http://a", "watchdog": "@severity>=terrible"}, "watchdog cannot be read"),
            ({"url": "http://a", "auth": {"user": "ana"}}, "user and password go together"),
            ({"url": "http://a", "auth": {"bearer": "env:A", "user": "b"}}, "either bearer, or user and password"),
            ({"url": "http://a", "certificate_key": "/k"}, "certificate_key goes with certificate"),
            ({"url": "http://a", "within": "0s"}, "within must be more than 0 s"),
            ({"url": "http://a", "tokn": 1}, "unknown key 'tokn'"),
        ],
    )
    def test_what_is_wrong_is_said(self, settings: Mapping[str, object], says: str) -> None:
        with pytest.raises(ConfigError, match=says):
            self.read(settings)

    def test_severities_of_its_own_are_used(self, server: Misbehaving) -> None:
        alerts = by_id(seen(server, severities={"Page": Severity.ERROR}, severity_label="severity", where=("service",))[0])
        assert alerts["3"].severity is Severity.ERROR
        assert alerts["1"].where == "db"


class TestMembers:
    def poll(self, *urls: str, **settings: Any) -> Answer[Alert]:
        return self.polls(1, *urls, **settings)[0]

    def polls(self, number: int, *urls: str, **settings: Any) -> list[Answer[Alert]]:
        """So many polls, one after the other."""

        async def asked() -> list[Answer[Alert]]:
            config = AlertmanagerConfig(urls=urls, within=Seconds(3.0), **settings)
            provider = Alertmanager("contract", config, FakeHost(FakeClock()))
            try:
                return [await provider.alerts() for _ in range(number)]
            finally:
                await provider.close()

        return asyncio.run(asked())

    def test_one_that_is_gone_is_said_and_nothing_is_lost(self, server: Misbehaving) -> None:
        # safety 16
        with Misbehaving({}) as gone:
            pass
        answer = self.poll(gone.url, server.url)
        assert len(answer.records) == 6
        assert not answer.complete
        assert answer.remarks[0].startswith("1 of 2 members: 127.0.0.1:")

    def test_one_that_hangs_keeps_nobody_waiting_for_long(self, server: Misbehaving) -> None:
        with Misbehaving({}, "says nothing") as hung:
            answer = self.poll(hung.url, server.url)
        assert len(answer.records) == 6
        assert "1 of 2 members" in answer.remarks[0]

    def test_what_one_alone_knows_counts_and_is_said(self, server: Misbehaving) -> None:
        half = answers(lambda told: told[1:] if isinstance(told, list) and told and "fingerprint" in told[0] else told)
        with Misbehaving(half) as other:
            first, second, answer = self.polls(3, server.url, other.url)
        assert len(first.records) == len(answer.records) == 6
        assert answer.complete
        assert first.remarks == second.remarks == (), "what one has just been told, the others learn a moment later"
        assert any("does not know DiskFull · db-1, which others have" in remark for remark in answer.remarks)

    def test_where_they_differ_in_whether_it_is_hushed_the_louder_wins(self, server: Misbehaving) -> None:
        def louder(told: Any) -> Any:
            for each in told if isinstance(told, list) else ():
                if each.get("labels", {}).get("alertname") == "Backup":
                    each["status"] = {"silencedBy": [], "inhibitedBy": [], "mutedBy": [], "state": "active"}
            return told

        with Misbehaving(answers(louder)) as other:
            first, second, answer = self.polls(3, server.url, other.url)
        assert by_id(first)["3"].state is by_id(answer)["3"].state is AlertState.FIRING
        assert first.remarks == second.remarks == ()
        assert any("alone hushes Backup: taken as firing" in remark for remark in answer.remarks)

    @pytest.mark.parametrize(("fault", "error"), [("401", AuthFailed), ("429", RateLimited), ("a login page with 200", Malformed)])
    def test_where_none_answers_the_error_says_what_to_do(self, fault: str, error: type[ProviderError]) -> None:
        with Misbehaving({}, fault) as one, Misbehaving({}, fault) as two, pytest.raises(error, match="none of 2 members answers"):
            self.poll(one.url, two.url)
