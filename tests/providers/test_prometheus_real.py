"""``prometheus`` against real Prometheuses, every version that is here: rules, evaluated on metrics that somebody pushes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar, TypeVar

import pytest

from cockpit.core.alerts import Alert
from cockpit.core.traps import TrapState, TrapView
from cockpit.engine.clock import SystemClock
from cockpit.provider import Answer, AuthFailed, Clock, HttpAuth, NotFound, Secret
from cockpit.providers import prom_api
from cockpit.providers.prometheus import Prometheus, PrometheusConfig
from cockpit.testing import FakeClock, FakeHost, ProviderContract
from support.prometheuses import Gateway, Server, installed, newest, prometheus, pushgateway
from support.real import need, wait_until

pytestmark = pytest.mark.real
T = TypeVar("T")
RULES = """
groups:
- name: disk
  interval: 1s
  rules:
  - alert: DiskFull
    expr: disk_used_ratio{job="shop"} > 0.9
    for: 3s
    labels: {severity: critical, service: db}
    annotations: {summary: 'used {{ $value }}', runbook_url: https://runbooks.example/disk}
  - alert: NeverSeen
    expr: rate(node_foo_total[5m]) > 3
  - alert: Late
    expr: node_late > 3
  - alert: Absent
    expr: absent(node_bar)
  - record: job:up:sum
    expr: sum(up)
- name: wrong
  interval: 1s
  rules:
  - alert: Clashes
    expr: label_replace(up, "instance", "x", "", "") > 0 or sum by (job) (up) > 0
    labels: {instance: x, job: y}
- name: seldom
  interval: 1h
  rules:
  - alert: Later
    expr: up == 0
"""


def versions() -> list[str]:
    """Those that are here; one that is always asked for, so that what is missing is said."""
    return sorted({*installed(), "2.42"})


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with pushgateway() as running:
        yield running


@pytest.fixture(scope="module", params=versions())
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, gateway: Gateway) -> Iterator[Server]:
    gateway.drop("shop")
    binary = installed().get(str(request.param)) or need("prometheus")[0]
    with prometheus(tmp_path_factory.mktemp("prom"), binary, rules=RULES, scrapes=(gateway.port,)) as running:
        running.until("Absent", state="firing")
        yield running


def using(server: Server, work: Callable[[Prometheus], Awaitable[T]], clock: Clock | None = None, **settings: object) -> T:
    """Something done with a provider that asks this server."""

    async def done() -> T:
        config = PrometheusConfig(**{"url": server.url} | settings)  # type: ignore[arg-type]  # keys of the config
        provider = Prometheus("prom", config, FakeHost(clock or SystemClock()))
        try:
            return await work(provider)
        finally:
            await provider.close()

    return asyncio.run(done())


def traps(server: Server, clock: Clock | None = None) -> dict[str, TrapView]:
    return {each.trap.name: each for each in using(server, lambda provider: provider.traps(), clock).records}


class TestItKeepsTheContract(ProviderContract):
    running: ClassVar[Server]

    @pytest.fixture(autouse=True)
    def _served(self, server: Server) -> None:
        type(self).running = server

    def provider(self) -> object:
        config = PrometheusConfig(url=self.running.url, alerts=True)
        return Prometheus(self.name, config, FakeHost(SystemClock()))

    def test_polls_of_the_same_facts_compare_equal(self) -> None:
        pytest.skip("it evaluates each second")


def test_a_metric_rises_and_falls_and_the_trap_with_it(server: Server, gateway: Gateway) -> None:
    gateway.push("shop", disk_used_ratio=0.5)
    server.until_seen("disk_used_ratio")
    assert traps(server)["DiskFull"].state is TrapState.ARMED
    gateway.push("shop", disk_used_ratio=0.97)
    server.until("DiskFull", state="pending")
    warns = traps(server)["DiskFull"]
    if warns.state is TrapState.WARNING:  # three seconds may be over on a busy machine
        assert warns.watch.trips_in is not None
        assert 0 <= warns.watch.trips_in <= 3
    server.until("DiskFull", state="firing")
    tripped = traps(server)["DiskFull"]
    assert (tripped.state, tripped.says) == (TrapState.TRIPPED, "0.97, db")
    assert tripped.watch.tripped_at is not None
    assert datetime.now(UTC) - tripped.watch.tripped_at < timedelta(minutes=1)
    (alert,) = [each for each in fired(server).records if each.name == "DiskFull"]
    assert (alert.trap, alert.summary) == ("DiskFull", "used 0.97")
    assert {link.name for link in alert.links} == {"runbook", "generator"}
    gateway.push("shop", disk_used_ratio=0.5)
    server.until("DiskFull", state="inactive")
    assert traps(server)["DiskFull"].state is TrapState.ARMED
    assert "DiskFull" not in {each.name for each in fired(server).records}


def fired(server: Server) -> Answer[Alert]:
    return using(server, lambda provider: provider.alerts(), alerts=True)


def test_what_cannot_see_is_blind_and_says_why(server: Server) -> None:
    server.until("Clashes", health="err")
    found = traps(server)
    assert found["NeverSeen"].says == "blind: cannot fire: no series for node_foo_total"
    assert found["Later"].says == "blind: not evaluated yet"
    assert found["Clashes"].says.startswith("blind: its evaluation fails: ")
    assert found["Absent"].state is TrapState.TRIPPED, "absent() fires because there is nothing"


def test_a_rule_can_fire_once_its_metric_comes(server: Server, gateway: Gateway) -> None:
    clock = FakeClock(datetime.now(UTC))

    async def work(provider: Prometheus) -> list[TrapState]:
        async def state() -> TrapState:
            return next(each.state for each in (await provider.traps()).records if each.trap.name == "Late")

        before = await state()
        gateway.push("late", node_late=1)
        await asyncio.to_thread(server.until_seen, "node_late")
        clock.advance(61)
        return [before, await state()]

    try:
        assert using(server, work, clock) == [TrapState.BLIND, TrapState.ARMED]
    finally:
        gateway.drop("late")


def test_a_clock_that_is_wrong_is_said_and_harms_no_judgement(server: Server) -> None:
    # safety 20
    for minutes in (-10, 10):
        clock = FakeClock(datetime.now(UTC) + timedelta(minutes=minutes))
        answer = using(server, lambda provider: provider.traps(), clock)
        found = {each.trap.name: each for each in answer.records}
        assert found["Absent"].state is TrapState.TRIPPED
        assert found["Absent"].watch.checked_at is not None
        assert abs(found["Absent"].watch.checked_at - clock.now()) < timedelta(seconds=30)
        assert f"its clock is 10 m {'ahead of' if minutes < 0 else 'behind'} ours" in answer.remarks[0]


def test_a_rule_that_should_have_been_evaluated_a_minute_ago_is_overdue(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    late = FakeClock(datetime.now(UTC))
    told = using(server, lambda provider: provider.traps(), late)
    assert {each.state for each in told.records if each.trap.name == "Absent"} == {TrapState.TRIPPED}
    monkeypatch.setattr("cockpit.providers.prometheus.ahead", lambda *_: timedelta(seconds=60))
    told = using(server, lambda provider: provider.traps(), late)
    (absent,) = [each for each in told.records if each.trap.name == "Absent"]
    assert absent.state is TrapState.BLIND
    assert "its evaluation is overdue: it should come every 1 s" in absent.says
    assert absent.watch.tripped_at is not None


def test_the_pages_of_one_that_can_page_are_all_read(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = set(traps(server))
    monkeypatch.setattr(prom_api, "PAGE", 1)
    assert set(traps(server)) == whole
    assert len(whole) == 6


def test_rules_that_change_between_two_pages_are_read_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def groups(*names: str) -> str:
        return "groups:\n" + "".join(f"- name: {name}\n  rules: [{{alert: {name.upper()}, expr: up == 0}}]\n" for name in names)

    with prometheus(tmp_path / "prom", newest("3.1"), rules=groups("a", "b", "c")) as server:
        monkeypatch.setattr(prom_api, "PAGE", 1)
        asked = 0
        ask = prom_api.Api.ask

        async def meddled(api: prom_api.Api, path: str, query: object = ()) -> prom_api.Told:
            nonlocal asked
            asked += path == "/rules"
            if asked == 2:
                await asyncio.to_thread(server.rules, groups("a", "x", "y"))
                await asyncio.to_thread(wait_until, lambda: server.rule("X"), 20, "the new rules")
            return await ask(api, path, query)  # type: ignore[arg-type]  # handed on

        monkeypatch.setattr(prom_api.Api, "ask", meddled)
        assert set(traps(server)) == {"A", "X", "Y"}


def test_prefix_and_password(tmp_path: Path) -> None:
    web = tmp_path / "web.yml"
    # bcrypt of canary-basic
    web.write_text("basic_auth_users: {ana: $2b$04$abcdefghijklmnopqrstuuot/xpUeIZlohhnSPoCn9Y7doTnWCwjm}\n")
    options = (f"--web.config.file={web}",)
    with prometheus(tmp_path / "prom", rules=RULES, prefix="/prom", options=options) as server:
        with pytest.raises(AuthFailed, match="wants credentials"):
            traps(server)
        known = HttpAuth(user="ana", password=Secret("canary-basic"))
        assert len(using(server, lambda provider: provider.traps(), auth=known).records) == 6
        wrong = HttpAuth(user="ana", password=Secret("wrong"))
        with pytest.raises(AuthFailed, match="does not accept the credentials"):
            using(server, lambda provider: provider.traps(), auth=wrong)
    with prometheus(tmp_path / "open", rules=RULES, prefix="/prom") as server:
        assert "DiskFull" in traps(server)
        with pytest.raises(NotFound, match="is the path in the url right"):
            using(server, lambda provider: provider.traps(), url=server.url.removesuffix("/prom"))
