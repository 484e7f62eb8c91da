"""``prometheus`` against recorded answers, and against a server that misbehaves in every way there is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from cockpit import plugins
from cockpit.config.decode import decode_settings
from cockpit.config.model import ConfigError
from cockpit.core.alerts import Alert, AlertState, Link, Severity
from cockpit.core.traps import TrapState, TrapView, seen
from cockpit.core.units import Seconds
from cockpit.provider import Answer, HttpAuth, Malformed, NotFound, ProviderError, Secret, Unreachable, capabilities
from cockpit.providers.prometheus import Prometheus, PrometheusConfig
from cockpit.testing import FakeClock, FakeHost, HttpContract, Misbehaving
from cockpit.testing.clock import START
from cockpit.testing.http import BAD_RECORDS
from support.rules_recorded import METRICS, QUERY, RANGE, RULES, active, answers, envelope, group, matrix, rule, stamp, vector

CANARY = "canary-4b7e-secret"


def made(url: str, clock: FakeClock | None = None, **settings: Any) -> Prometheus:
    return Prometheus("contract", PrometheusConfig(url=url, **settings), FakeHost(clock or FakeClock()))


class TestItKeepsTheContractOverHttp(HttpContract):
    # safety 13 14 15
    secrets = (CANARY,)
    answers: ClassVar[Mapping[str, bytes]] = {
        **answers(
            group(rule("DiskFull", "disk_used_ratio > 0.9", active()), rule("Down", "up == 0"), rule("Odd", "node_foo > 1")),
            warnings=["a warning"],
        ),
        QUERY: vector(({"instance": "db-1"}, "0.5")),
        RANGE: matrix(({"instance": "db-1"}, [(7200, "0.1"), (3600, "NaN"), (60, "0.5")])),
    }

    def connected(self, url: str) -> object:
        return made(url, auth=HttpAuth(bearer=Secret(CANARY)), within=Seconds(1.0), alerts=True)

    def malformed(self) -> tuple[object, int]:
        """One rule with alerts that are none, among good ones."""
        mangled = (b'{"labels": {"alertname": 7}}', b'{"labels": null}', b'{"labels": {"a": "\\ud800"}, "annotations": []}')
        good = [json.dumps(active(instance=f"db-{n}")).encode() for n in range(3)]
        alerts = [*BAD_RECORDS, good[0], *mangled, *good[1:]]
        body = envelope({"groups": [group(rule(alerts="HERE"))]}).replace(b'"HERE"', b"[" + b",".join(alerts) + b"]")
        return self.connected(self._served({**self.answers, RULES: body}).url), len(alerts)


def told(
    *groups: Any, clock: FakeClock | None = None, path: str = "", answer: Mapping[str, bytes] | None = None, **settings: Any
) -> tuple[Answer[TrapView], Answer[Alert]]:
    """One poll of a Prometheus with these groups."""

    async def poll() -> tuple[Answer[TrapView], Answer[Alert]]:
        with Misbehaving(answer or answers(*groups)) as server:
            provider = made(server.url + path, clock, **settings)
            try:
                return await asyncio.gather(provider.traps(), provider.alerts())
            finally:
                await provider.close()

    return asyncio.run(poll())


def trap(*alerts: dict[str, Any], query: str = "disk_used_ratio > 0.9", interval: float = 30, **more: Any) -> TrapView:
    """The trap that a single rule becomes."""
    (found,) = told(group(rule("DiskFull", query, *alerts, **more), interval=interval))[0].records
    return found


def test_it_comes_by_entry_point_and_can_do_what_a_prometheus_can() -> None:
    assert plugins.load(plugins.PROVIDERS, "prometheus") is Prometheus
    assert capabilities(Prometheus) == {"Alerts", "Traps", "Series"}


class TestARuleIsATrap:
    def test_an_inactive_one_is_armed_and_says_what_it_looks_at(self) -> None:
        found = trap()
        assert (found.trap.name, found.state, found.says) == ("DiskFull", TrapState.ARMED, "disk_used_ratio > 0.9")
        assert (found.trap.severity, found.trap.owner, found.trap.hold, found.trap.every) == (
            Severity.CRITICAL,
            "db",
            Seconds(120),
            Seconds(30),
        )
        assert found.trap.params["group"] == "disk"
        assert found.trap.labels == {"severity": "critical", "team": "db"}
        assert found.trap.trip is not None
        assert (found.trap.trip.op, found.trap.trip.value) == (">", 0.9)
        assert found.watch.checked_at == START - timedelta(seconds=5)

    def test_a_pending_one_warns_and_says_when_it_trips(self) -> None:
        found = trap(active("pending", "9.3e-01", 80))
        assert found.state is TrapState.WARNING
        assert found.says == "0.93 · trips in 40 s · db-1"
        assert found.watch.since == START - timedelta(seconds=80)
        later = seen(found.trap, found.watch, START + timedelta(seconds=30))
        assert (later.state, later.trips_in) == (TrapState.WARNING, 10)

    def test_a_firing_one_has_tripped_since_it_fires_and_tells_the_worst(self) -> None:
        found = trap(active(value="9.1e-01"), active(value="9.7e-01", age=200, instance="db-2"), active("pending", "1"))
        assert found.state is TrapState.TRIPPED
        assert found.says == "0.97, db-2 and 2 more"
        assert found.watch.tripped_at == START - timedelta(seconds=300 - 120)
        assert found.watch.reading is not None
        assert found.watch.reading.values == {"value": 0.97, "alerts": 3}
        assert found.trap.detect == "used 9.7e-01"

    def test_where_less_is_worse_the_least_is_the_worst(self) -> None:
        found = trap(active(value="5"), active(value="2", instance="db-2"), query="disk_used_ratio < 10")
        assert found.says == "2, db-2 and 1 more"

    def test_its_runbook_and_its_query_are_links(self) -> None:
        links = {link.name: link.url for link in trap().links}
        assert links["runbook"] == "https://runbooks.example/disk"
        assert parse_qs(urlsplit(links["generator"]).query)["g0.expr"] == ["disk_used_ratio > 0.9"]

    def test_its_annotations_may_hold_the_three_answers(self) -> None:
        notes = {"went_wrong": "2026-10-02: full", "detect": "used space", "signs": "grows", "summary": "x"}
        found = trap(annotations=notes)
        assert (found.trap.went_wrong, found.trap.detect, found.trap.signs) == ("2026-10-02: full", "used space", "grows")

    def test_a_value_that_is_none_is_said_and_kept_out_of_the_readings(self) -> None:
        found = trap(active(value="NaN"))
        assert found.says == "nan, db-1"
        assert found.watch.reading is not None
        assert found.watch.reading.values == {"alerts": 1}


class TestAWatchdog:
    def test_is_armed_while_it_fires_and_has_tripped_while_it_does_not(self) -> None:
        firing, _ = told(group(rule("Watchdog", "vector(1)", active())), watchdogs=("Watchdog",), alerts=True), None
        (armed,) = firing[0].records
        assert (armed.state, armed.says, firing[1].records) == (TrapState.ARMED, "fires, as it must", ())
        (tripped,) = told(group(rule("Watchdog", "vector(1)")), watchdogs=("alertname=Watchdog",))[0].records
        assert tripped.state is TrapState.TRIPPED
        assert "does not fire" in tripped.says

    def test_one_that_cannot_be_seen_is_blind_and_others_are_as_ever(self) -> None:
        blind, other = told(
            group(rule("Watchdog", "vector(1)", health="err", lastError="x"), rule("DiskFull", "disk > 1", active())),
            watchdogs=("Watchdog",),
        )[0].records
        assert (blind.state, other.state) == (TrapState.BLIND, TrapState.TRIPPED)


class TestWhatCannotSeeIsBlind:
    def test_one_that_was_never_evaluated(self) -> None:
        found = trap(lastEvaluation="0001-01-01T00:00:00Z", health="unknown")
        assert (found.state, found.watch.checked_at) == (TrapState.BLIND, None)
        assert "not evaluated yet" in found.says

    def test_one_whose_evaluation_fails_says_why(self) -> None:
        found = trap(health="err", lastError="vector cannot contain metrics with the same labelset")
        assert found.state is TrapState.BLIND
        assert "its evaluation fails: vector cannot contain" in found.says

    def test_one_that_burnt_when_its_evaluation_began_to_fail_still_counts_as_tripped(self) -> None:
        found = trap(active(), health="err", lastError="timeout")
        assert found.state is TrapState.BLIND
        assert found.watch.tripped_at is not None

    @pytest.mark.parametrize(("ago", "state"), [(65, TrapState.ARMED), (75, TrapState.BLIND)])
    def test_one_that_was_evaluated_too_long_ago(self, ago: float, state: TrapState) -> None:
        found = trap(lastEvaluation=stamp(START - timedelta(seconds=ago)))
        assert found.state is state
        if state is TrapState.BLIND:
            assert found.says == "blind 1 m 15 s: its evaluation is overdue: it should come every 30 s"

    def test_an_evaluation_that_takes_long_is_waited_for(self) -> None:
        assert trap(lastEvaluation=stamp(START - timedelta(seconds=85)), evaluationTime=20).state is TrapState.ARMED

    def test_one_whose_metric_does_not_exist(self) -> None:
        found = trap(query='rate(node_foo_total{job="x"}[5m]) > 3 and on () up')
        assert found.state is TrapState.BLIND
        assert found.says == "blind: cannot fire: no series for node_foo_total"

    @pytest.mark.parametrize("query", ["absent(node_foo)", "vector(1)", "node_foo or up", "up unless node_foo", "!!!"])
    def test_one_that_can_fire_without_its_metric_is_not_among_them(self, query: str) -> None:
        assert trap(query=query).state is TrapState.ARMED

    def test_one_that_fires_can_fire_whatever_metrics_there_are(self) -> None:
        assert trap(active(), query="node_foo > 1").state is TrapState.TRIPPED

    def test_many_lacking_metrics_are_counted(self) -> None:
        assert trap(query="a + b + c + d + e > 1").says == "blind: cannot fire: no series for a, b, c and 2 more"

    def test_the_time_that_passes_here_blinds_none_of_them(self) -> None:
        assert seen(trap().trap, trap().watch, START + timedelta(hours=1)).state is TrapState.ARMED


class TestNames:
    def names(self, *groups: Any) -> list[str]:
        return [each.trap.name for each in told(*groups)[0].records]

    def test_rules_of_one_name_are_told_apart_by_their_labels(self) -> None:
        fast, slow = ({"severity": "critical", "long": each} for each in ("1h", "3d"))
        assert self.names(group(rule("Burn", labels=fast), rule("Burn", labels=slow), rule("Down"))) == [
            "Burn · long=1h",
            "Burn · long=3d",
            "Down",
        ]

    def test_or_by_their_group_and_file_or_at_last_by_number(self) -> None:
        assert self.names(group(rule(), name="a"), group(rule(), name="b")) == ["DiskFull · a", "DiskFull · b"]
        assert self.names(group(rule(), file="a.yml"), group(rule(), file="b.yml")) == ["DiskFull · a.yml", "DiskFull · b.yml"]
        assert self.names(group(rule(), rule(), rule("DiskFull #2"))) == ["DiskFull", "DiskFull #3", "DiskFull #2"]

    def test_names_of_two_groups_that_are_the_same_lose_no_rule(self) -> None:
        assert self.names(group(rule("A")), group(rule("B"))) == ["A", "B"]


class TestTheRulesFilter:
    def test_only_what_it_lets_through_is_a_trap(self) -> None:
        groups = (group(rule("A"), rule("B", labels={"team": "web"})), group(rule("C"), name="noise"))
        names = [each.trap.name for each in told(*groups, rules="group!=noise team!=web")[0].records]
        assert names == ["A"]

    def test_severity_counts_as_the_source_reads_it(self) -> None:
        groups = (group(rule("A", labels={"level": "page"}), rule("B", labels={"level": "meh"})),)
        found = told(*groups, rules="@severity>=error", severity_label="level", severities={"page": Severity.ERROR})[0].records
        assert [each.trap.name for each in found] == ["A"]


class TestAlerts:
    def test_there_are_none_unless_they_are_asked_for(self) -> None:
        assert told(group(rule("DiskFull", "up", active())))[1] == Answer(())

    def test_what_fires_is_told_and_what_is_pending_is_not(self) -> None:
        _, answer = told(group(rule("DiskFull", "up > 0", active(), active("pending", instance="db-2"))), alerts=True)
        (alert,) = answer.records
        assert (alert.name, alert.where, alert.severity, alert.state) == (
            "DiskFull",
            "db-1",
            Severity.CRITICAL,
            AlertState.FIRING,
        )
        assert (alert.summary, alert.trap) == ("used 9.7e-01", "DiskFull")
        assert alert.started_at == START - timedelta(seconds=180)
        assert Link("runbook", "https://runbooks.example/disk") in alert.links

    def test_one_without_a_summary_says_its_value_and_its_query(self) -> None:
        _, answer = told(group(rule("A", "up > 0", active() | {"annotations": {}})), alerts=True)
        assert answer.records[0].summary == "0.97: up > 0"

    def test_two_with_the_same_labels_are_both_kept(self) -> None:
        _, answer = told(group(rule("A", "up", active()), rule("B", "up", active())), alerts=True)
        assert [alert.trap for alert in answer.records] == ["A", "B"]
        assert len({alert.ref for alert in answer.records}) == 2


class TestOneBadRecordCostsThatRecord:
    @pytest.mark.parametrize(
        "bad",
        [
            b'{"name": 7, "query": "up"}',
            b'{"name": "no query"}',
            b'{"name": "x", "query": "up", "labels": 3}',
            b"7",
            b"NaN",
            b"[" * 50_000 + b"]" * 50_000,
            b'{"name": "x", "query": "\xff\xfe"}',
        ],
    )
    def test_a_rule(self, bad: bytes) -> None:
        body = envelope({"groups": [group(rule("A"), "HERE", rule("B"))]}).replace(b'"HERE"', bad)
        found, _ = told(answer={**answers(), RULES: body})
        assert ([each.trap.name for each in found.records], found.rejected) == (["A", "B"], 1)
        assert "1 rules could not be read" in found.remarks

    def test_a_group(self) -> None:
        found, _ = told(group(rule("A")), 7, {"file": "x"}, group(rule("B")))
        assert ([each.trap.name for each in found.records], found.rejected) == (["A", "B"], 2)

    def test_null_is_as_good_as_absent(self) -> None:
        found, _ = told(group(rule("A", labels=None, annotations=None, alerts=None)), group() | {"rules": None})
        assert (len(found.records), found.rejected) == (1, 0)

    def test_an_answer_that_was_cut_off_is_none(self) -> None:
        body = answers(group(rule("A"), rule("B")))[RULES]
        for length in (1, len(body) // 3, len(body) // 2, len(body) - 1):
            with pytest.raises(Malformed):
                told(answer={**answers(), RULES: body[:length]})

    def test_absurd_numbers_harm_nothing(self) -> None:
        found, _ = told(group(rule(duration=1e300, evaluationTime=-1e300), interval=-5), group(rule("B"), interval=1e18))
        assert len(found.records) == 2

    def test_a_label_of_a_megabyte_stays_readable(self) -> None:
        found, _ = told(group(rule(labels={"blob": "x" * 1_000_000})))
        assert len(found.records[0].trap.labels["blob"]) == 2000


class TestPages:
    """A server that gives a group a page, as 3.1 and later do when asked."""

    def poll(self, pages: Callable[[dict[str, list[str]]], bytes | None], times: int = 1) -> list[Answer[TrapView]]:
        async def polls() -> list[Answer[TrapView]]:
            with Misbehaving({METRICS: envelope(["up"])}) as server:

                class Paged(dict[str, bytes]):
                    def get(self, path: str, default: Any = None) -> Any:
                        if path != RULES:
                            return super().get(path, default)
                        return pages(parse_qs(urlsplit(server.heard[-1][1]).query))

                server.answers = Paged(server.answers)
                provider = made(server.url)
                try:
                    return [await provider.traps() for _ in range(times)]
                finally:
                    await provider.close()

        return asyncio.run(polls())

    def test_all_are_read(self) -> None:
        def pages(asked: dict[str, list[str]]) -> bytes:
            assert asked["group_limit"] == ["200"]
            at = int(asked.get("group_next_token", ["0"])[0])
            more = {"groupNextToken": str(at + 1)} if at < 2 else {}
            return envelope({"groups": [group(rule(f"R{at}"), name=f"g{at}")], **more})

        (answer,) = self.poll(pages)
        assert ([each.trap.name for each in answer.records], answer.complete) == (["R0", "R1", "R2"], True)

    def test_a_server_that_never_comes_to_an_end_is_refused(self) -> None:
        with pytest.raises(Malformed, match="more than 500 pages"):
            self.poll(lambda _: envelope({"groups": [], "groupNextToken": "again"}))

    def test_a_page_that_cannot_be_had_keeps_its_last_rules_and_the_answer_is_not_whole(self) -> None:
        # safety 16
        polls = []

        def pages(asked: dict[str, list[str]]) -> bytes | None:
            at = int(asked.get("group_next_token", ["0"])[0])
            polls.append(at)
            if at == 1 and polls.count(1) > 1:
                return None
            more = {"groupNextToken": "1"} if at == 0 else {}
            return envelope({"groups": [group(rule(f"R{at}"), name=f"g{at}")], **more})

        whole, part = self.poll(pages, 2)
        assert whole.complete
        assert not part.complete
        assert [each.trap.name for each in part.records] == ["R0", "R1"]
        assert part.remarks[0].startswith("page 2 of the rules: there is no Prometheus API")


class TestFaults:
    def test_a_wrong_prefix_says_what_to_look_at(self) -> None:
        with pytest.raises(NotFound, match=r"there is no Prometheus API at http://127.0.0.1:\d+/wrong/api/v1 \(404\)"):
            told(group(rule()), path="/wrong")

    def test_an_error_that_comes_with_200_is_one(self) -> None:
        body = json.dumps({"status": "error", "errorType": "unavailable", "error": "TSDB not ready"}).encode()
        with pytest.raises(Unreachable, match="TSDB not ready"):
            told(answer={RULES: body})
        body = json.dumps({"status": "error", "errorType": "bad_data", "error": "no"}).encode()
        with pytest.raises(ProviderError, match="no") as raised:
            told(answer={RULES: body})
        assert type(raised.value) is ProviderError

    def test_warnings_and_infos_are_passed_on(self) -> None:
        answer = answers(group(rule()), warnings=["store eu is gone\x1b[2J"], infos=["all is well"])
        assert told(answer=answer)[0].remarks == ("store eu is gone␛[2J", "all is well")


class TestWhichMetricsThereAre:
    def asked(self, many: int, turn: float, metrics: bytes) -> tuple[int, Answer[TrapView]]:
        """(how often it asked for them, the last answer) of so many polls, ``turn`` seconds apart."""

        async def polls() -> tuple[int, Answer[TrapView]]:
            ours = FakeClock()
            with Misbehaving({**answers(group(rule("A", "up"), rule("B", "node_foo > 1"))), METRICS: metrics}) as server:
                provider = made(server.url, ours)
                answer = await provider.traps()
                for _ in range(many - 1):
                    ours.advance(turn)
                    answer = await provider.traps()
                await provider.close()
                return sum(path.startswith(METRICS) for _, path, _, _ in server.heard), answer

        return asyncio.run(polls())

    def test_they_are_asked_for_seldom_and_what_lacks_a_little_more_often(self) -> None:
        assert self.asked(20, 15, envelope(["up"]))[0] == 5, "at once, then each minute for the one that lacks"
        assert self.asked(20, 15, envelope(["up", "node_foo"]))[0] == 1

    def test_that_they_cannot_be_had_costs_no_rule_and_is_said(self) -> None:
        many, answer = self.asked(5, 15, b"{}")
        assert many == 2
        assert len(answer.records) == 2
        assert answer.complete
        assert "which rules cannot fire is not known" in answer.remarks[0]
        assert answer.records[1].state is not TrapState.BLIND, "nothing is claimed that nobody knows"

    def test_without_a_time_they_are_not_asked_for(self) -> None:
        found, _ = told(group(rule("B", "node_foo > 1")), seen_within=Seconds(0))
        assert found.records[0].state is TrapState.ARMED


class TestTheConfig:
    def read(self, settings: Mapping[str, object]) -> PrometheusConfig:
        return decode_settings(PrometheusConfig, settings, lambda _: Secret(CANARY), "sources.prom")

    def test_a_whole_one_is_read(self) -> None:
        config = self.read({"url": "https://p.example/prometheus", "rules": "team=web", "alerts": True, "seen_within": "2h"})
        assert (config.alerts, config.seen_within) == (True, Seconds(7200))

    @pytest.mark.parametrize(
        ("settings", "says"),
        [
            ({}, "url"),
            ({"url": "http://a", "rules": "@severity>=terrible"}, "rules cannot be read"),
            ({"url": "http://a", "alert": True}, "unknown key 'alert'"),
            ({"url": "http://a", "auth": {"user": "ana"}}, "user and password go together"),
        ],
    )
    def test_what_is_wrong_is_said(self, settings: Mapping[str, object], says: str) -> None:
        with pytest.raises(ConfigError, match=says):
            self.read(settings)
