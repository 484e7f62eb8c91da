"""How a rule's query went over time: which series, with which threshold, for whose alert, asked how."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from cockpit.core.alerts import Alert, AlertState, Link, Ref, Severity
from cockpit.core.curves import Curve
from cockpit.core.traps import TrapView
from cockpit.engine.clock import SystemClock
from cockpit.provider import ProviderError
from cockpit.providers.prometheus import Prometheus, PrometheusConfig
from cockpit.testing import FakeClock, FakeHost, Misbehaving
from cockpit.testing.clock import START
from support.prometheuses import Gateway, Server, prometheus, pushgateway
from support.real import wait_until
from support.rules_recorded import QUERY, RANGE, active, answers, envelope, group, matrix, rule, vector

T = TypeVar("T")
SINCE = START - timedelta(hours=6)
ONE, TWO = {"instance": "db-1"}, {"instance": "db-2"}


class Source:
    """A Prometheus with one rule, and the queries that came."""

    def __init__(self, *alerts: Any, query: str = "disk_used_ratio > 0.9", now: bytes, over: bytes, **settings: Any) -> None:
        self.bodies = {**answers(group(rule("DiskFull", query, *alerts))), QUERY: now, RANGE: over}
        self.settings = settings
        self.asked: list[tuple[str, dict[str, str]]] = []

    def using(self, work: Callable[[Prometheus, str], Awaitable[T]]) -> T:
        async def done() -> T:
            with Misbehaving(self.bodies) as server:
                provider = Prometheus("prom", PrometheusConfig(url=server.url, **self.settings), FakeHost(FakeClock()))
                try:
                    return await work(provider, server.url)
                finally:
                    await provider.close()
                    for method, target, _, body in server.heard:
                        query = parse_qs(urlsplit(target).query if method == "GET" else body.decode())
                        self.asked.append((urlsplit(target).path, {name: value[0] for name, value in query.items()}))

        return asyncio.run(done())

    def of_trap(self, points: int = 36) -> Curve:
        async def work(provider: Prometheus, _: str) -> Curve | None:
            (found,) = (await provider.traps()).records
            return await provider.series(found, SINCE, START, points)

        curve = self.using(work)
        assert curve is not None
        return curve

    def of_alert(self, make: Callable[[str], Alert]) -> Curve | None:
        async def work(provider: Prometheus, url: str) -> Curve | None:
            await provider.traps()
            return await provider.series(make(url), SINCE, START, 36)

        return self.using(work)

    def queries(self, path: str) -> list[dict[str, str]]:
        return [query for asked, query in self.asked if asked == path]


def alert(url: str, query: str = "disk_used_ratio > 0.9", **labels: str) -> Alert:
    """As an Alertmanager tells it."""
    link = Link("generator", f"{url}/graph?g0.expr={quote(query)}&g0.tab=1")
    everything = {"alertname": "DiskFull", "instance": "db-1", "severity": "critical"} | labels
    ref = Ref("am", "1")
    return Alert(ref=ref, name="DiskFull", severity=Severity.CRITICAL, state=AlertState.FIRING, labels=everything, links=(link,))


LINES = matrix((ONE, [(7200, "0.5"), (3600, "0.7"), (600, "0.96")]))


class TestOfATrap:
    def test_the_worst_series_is_drawn_with_the_threshold(self) -> None:
        source = Source(now=vector((ONE, "0.97"), (TWO, "0.2")), over=LINES)
        curve = source.of_trap()
        assert [round(value, 2) for _, value in curve.points] == [0.5, 0.7, 0.96, 0.97]
        assert curve.points[-1][0] == START.timestamp()
        assert curve.bound is not None
        assert (curve.bound.op, curve.bound.value) == (">", 0.9)
        assert (curve.what, curve.source, curve.certain) == ("instance=db-1, worst of 2", "prom", True)
        (instant,), (over,) = source.queries(QUERY), source.queries(RANGE)
        assert instant["query"] == "disk_used_ratio"
        assert over["query"] == ('(disk_used_ratio\n) and on (instance) label_replace(vector(1), "instance", "db-1", "", "")')
        assert float(over["step"]) == 600

    def test_where_less_is_worse_the_lowest_is(self) -> None:
        curve = Source(query="free < 5", now=vector((ONE, "3"), (TWO, "9")), over=LINES).of_trap()
        assert curve.what == "instance=db-1, worst of 2"

    def test_one_series_alone_is_asked_for_as_it_is(self) -> None:
        source = Source(now=vector((ONE, "0.97")), over=LINES)
        source.of_trap()
        assert source.queries(RANGE)[0]["query"] == "disk_used_ratio"

    def test_a_query_without_a_threshold_is_drawn_itself(self) -> None:
        source = Source(query="absent(node_foo)", now=vector(({}, "1")), over=matrix(({}, [(120, "1"), (60, "1")])))
        curve = source.of_trap()
        assert (curve.bound, curve.what) == (None, "absent(node_foo)")

    def test_what_has_no_value_now_is_drawn_by_the_extreme_of_all(self) -> None:
        source = Source(now=vector(), over=matrix(({}, [(7200, "0.5"), (3600, "0.7")])))
        assert len(source.of_trap().points) == 2
        assert source.queries(RANGE)[0]["query"] == "max(disk_used_ratio\n)"

    def test_names_and_values_that_would_end_a_string_do_not(self) -> None:
        odd = {"a.b": 'x"y\\z\n$1'}
        source = Source(now=vector((odd, "0.97"), (TWO, "0.2")), over=LINES)
        source.of_trap()
        assert source.queries(RANGE)[0]["query"].endswith(r'and on ("a.b") label_replace(vector(1), "a.b", "x\"y\\z\n$$1", "", "")')

    def test_no_more_points_are_asked_for_than_prometheus_gives(self) -> None:
        source = Source(now=vector((ONE, "1")), over=LINES)
        source.of_trap(points=1_000_000)
        over = source.queries(RANGE)[0]
        assert (float(over["end"]) - float(over["start"])) / float(over["step"]) < 11_000

    def test_what_is_young_is_asked_for_again_in_finer_steps(self) -> None:
        source = Source(now=vector((ONE, "1")), over=matrix((ONE, [(600, "1"), (0, "1")])))
        source.of_trap()
        first, second, *_ = source.queries(RANGE)
        assert float(second["step"]) < float(first["step"]) / 10
        assert START.timestamp() - 1300 < float(second["start"]) < START.timestamp() - 600
        assert len(source.queries(RANGE)) <= 3

    def test_nothing_at_all_is_said(self) -> None:
        assert Source(now=vector(), over=matrix()).of_trap().problem == "there was nothing in this time"

    @pytest.mark.parametrize("body", [envelope({"resultType": "vector"}), envelope({"resultType": "matrix", "result": [7]})])
    def test_an_answer_that_is_none_is_an_error(self, body: bytes) -> None:
        with pytest.raises(ProviderError):
            Source(now=vector((ONE, "1")), over=body).of_trap()


class TestOfAnAlert:
    def test_its_own_series_is_drawn_though_another_is_worse(self) -> None:
        source = Source(now=vector((ONE, "0.97"), (TWO, "0.99")), over=LINES)
        curve = source.of_alert(lambda url: alert(url))
        assert curve is not None
        assert (curve.points[-1][1], curve.certain, curve.what) == (0.97, True, "disk_used_ratio")

    def test_a_link_to_elsewhere_is_followed_only_where_the_alert_is_known_here_too(self) -> None:
        # behind another address, as Prometheus calls itself
        source = Source(active(), now=vector((ONE, "0.97")), over=LINES)
        curve = source.of_alert(lambda _: alert("http://prom-0:9090"))
        assert curve is not None
        assert not curve.certain
        assert source.of_alert(lambda _: alert("http://prom-0:9090", instance="db-9")) is None

    @pytest.mark.parametrize(
        "change",
        [{"query": "up"}, {"alertname": "Other"}],
    )
    def test_a_query_that_is_none_of_its_rules_is_never_run(self, change: dict[str, str]) -> None:
        source = Source(now=vector((ONE, "1")), over=LINES)
        assert source.of_alert(lambda url: alert(url, **change)) is None
        assert source.queries(QUERY) == []

    def test_rules_that_are_no_traps_here_have_series_all_the_same(self) -> None:
        source = Source(now=vector((ONE, "0.97")), over=LINES, rules="group=other")
        assert source.of_alert(lambda url: alert(url)) is not None

    def test_one_of_its_own(self) -> None:
        async def work(provider: Prometheus, _: str) -> Curve | None:
            (found,) = (await provider.alerts()).records
            return await provider.series(found, SINCE, START, 36)

        source = Source(active(), now=vector((ONE, "0.97"), (TWO, "0.99")), over=LINES, alerts=True)
        curve = source.using(work)
        assert curve is not None
        assert curve.points[-1][1] == 0.97

    def test_what_is_of_another_source_and_has_no_link_is_not_its_own(self) -> None:
        source = Source(now=vector((ONE, "1")), over=LINES)
        bare = Alert(ref=Ref("am", "1"), name="x", severity=Severity.INFO, state=AlertState.FIRING)
        assert source.of_alert(lambda _: bare) is None


RULES = """
groups:
- name: disk
  interval: 1s
  rules:
  - alert: DiskFull
    expr: disk_used_ratio > 0.9
  - alert: Odd
    expr: odd_ratio{path="C:\\\\x"} < 5
"""


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with pushgateway() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, gateway: Gateway) -> Iterator[Server]:
    gateway.push("db-1", disk_used_ratio=0.97)
    gateway.push("db-2", disk_used_ratio=0.2)
    gateway.put("odd", 'odd_ratio{path="C:\\\\x",dollar="$1"} 3\nodd_ratio{path="C:\\\\x",dollar="b"} 9\n')
    with prometheus(tmp_path_factory.mktemp("prom"), rules=RULES, scrapes=(gateway.port,)) as running:
        running.until("Odd", state="firing")
        wait_until(lambda: len(running.call("/query", query="disk_used_ratio")["result"]) == 2, 30, "both series")
        yield running


@pytest.mark.real
class TestARealOne:
    def curve(self, server: Server, name: str, hours: float = 1) -> Curve:
        async def work() -> Curve | None:
            provider = Prometheus("prom", PrometheusConfig(url=server.url), FakeHost(SystemClock()))
            try:
                found: TrapView = next(each for each in (await provider.traps()).records if each.trap.name == name)
                now = datetime.now(UTC)
                return await provider.series(found, now - timedelta(hours=hours), now, 60)
            finally:
                await provider.close()

        curve = asyncio.run(work())
        assert curve is not None
        return curve

    def test_the_worst_of_its_series(self, server: Server) -> None:
        curve = self.curve(server, "DiskFull")
        assert curve.what == "job=db-1, worst of 2"
        assert {value for _, value in curve.points} == {0.97}

    def test_labels_that_must_be_escaped(self, server: Server) -> None:
        curve = self.curve(server, "Odd")
        assert curve.what == "dollar=$1, worst of 2"
        assert {value for _, value in curve.points} == {3}
