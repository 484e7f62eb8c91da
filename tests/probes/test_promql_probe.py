"""``promql`` against a real Prometheus, and against one that misbehaves."""

from __future__ import annotations

import asyncio
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cockpit.core.trap_steps import step
from cockpit.core.traps import Looked, Reading, Trap, TrapState, Watch
from cockpit.core.units import Seconds, bound
from cockpit.probes.promql import Promql, PromqlConfig
from cockpit.provider import HttpAuth, ProbeError, Secret
from cockpit.testing import FAULTS, FakeHost, Misbehaving
from cockpit.testing.clock import START
from support.configs import loaded, problems
from support.prometheuses import Gateway, Server, prometheus, pushgateway
from support.rules_recorded import envelope

CANARY = "canary-6d0f-secret"
QUERY = "/api/v1/query"


def look(url: str, query: str, **settings: Any) -> Reading:
    """One look."""
    for key in ("warn", "trip"):
        if key in settings:
            settings[key] = bound(settings[key])
    settings.setdefault("trip", bound("value > 1"))
    probe = Promql(PromqlConfig(url=url, query=query, **settings), FakeHost())
    return asyncio.run(probe.look())


def vector(*samples: tuple[str, str], **more: Any) -> dict[str, bytes]:
    """An answer with these series, each an instance and its value."""
    result = [{"metric": {"__name__": "m", "job": "x", "instance": name}, "value": [1.7e9, value]} for name, value in samples]
    return {QUERY: envelope({"resultType": "vector", "result": result}, **more)}


def told(answer: dict[str, bytes], **settings: Any) -> Reading:
    """What it makes of an answer."""
    with Misbehaving(answer) as server:
        return look(server.url, "m", **settings)


class TestWhatItReads:
    def test_one_series_is_its_value(self) -> None:
        reading = told(vector(("db-1", "9.7e-01")))
        assert reading.values == {"value": 0.97, "max": 0.97, "min": 0.97, "count": 1}
        assert reading.text == "0.97, instance=db-1, job=x"
        assert set(reading.values) == set(Promql.readings)

    @pytest.mark.parametrize(
        ("bounds", "worst"),
        [
            ({"trip": "value > 5"}, "9, instance=c"),
            ({"trip": "value < 5"}, "1, instance=a"),
            ({"trip": "value <= 0", "warn": "value > 2"}, "5, instance=b"),  # of those that warn, the one nearest to where it trips
            ({"trip": "value == 5"}, "5, instance=b"),
            ({"trip": "value != 9"}, "5, instance=b"),
            ({"trip": "min < 3"}, "1, instance=a"),
            ({"warn": "value < 3", "trip": "count > 99"}, "1, instance=a"),
            ({"trip": "count > 99"}, "9, instance=c"),
        ],
    )
    def test_of_several_the_worst_by_the_bound_counts_and_is_named(self, bounds: dict[str, str], worst: str) -> None:
        reading = told(vector(("a", "1"), ("b", "5"), ("c", "9")), **bounds)
        assert reading.text == f"{worst}, worst of 3"
        assert (reading.values["max"], reading.values["min"], reading.values["count"]) == (9, 1, 3)

    def test_infinity_is_beyond_every_bound(self) -> None:
        assert told(vector(("a", "+Inf"))).values["value"] == sys.float_info.max
        assert told(vector(("a", "-Inf")), trip="value < 0").values["value"] == -sys.float_info.max
        assert told(vector(("a", "+Inf"))).text.startswith("inf")

    def test_a_number_alone_has_no_series(self) -> None:
        reading = told({QUERY: envelope({"resultType": "scalar", "result": [1.7e9, "42"]})})
        assert (reading.values["value"], reading.text) == (42, "42")

    def test_what_the_server_remarks_is_said(self) -> None:
        assert told(vector(("a", "1"), warnings=["a store\x1b is gone"])).text.endswith("it remarks: a store␛ is gone")


class TestWhatItCannotSee:
    @pytest.mark.parametrize("values", [("NaN",), ("NaN", "0.5"), ("0.5", "NaN", "NaN")])
    def test_nan_is_blind(self, values: tuple[str, ...]) -> None:
        with pytest.raises(ProbeError, match="gives NaN for instance="):
            told(vector(*((f"web-{n}", value) for n, value in enumerate(values))))

    def test_unless_another_series_trips_it(self) -> None:
        reading = told(vector(("a", "NaN"), ("b", "7")))
        assert (reading.values["value"], reading.values["count"]) == (7, 2)

    @pytest.mark.parametrize(
        ("kind", "result", "says"),
        [
            ("string", [1.7e9, "text"], "a text, not a number"),
            ("matrix", [], "a range of time"),
            ("vector", [{"metric": {}, "histogram": [1, {}]}], "native histograms"),
            ("vector", [{"metric": 7}], "cannot be read"),
            ("vector", {}, "cannot be read"),
            ("scalar", ["x"], "cannot be read"),
            ("tensor", [], "tensor"),
        ],
    )
    def test_what_is_no_number(self, kind: str, result: object, says: str) -> None:
        with pytest.raises(ProbeError, match=says):
            told({QUERY: envelope({"resultType": kind, "result": result})})

    def test_nothing_is_blind_if_nobody_says_otherwise(self) -> None:
        with pytest.raises(ProbeError, match='set empty = "ok"'):
            told(vector())

    @pytest.mark.parametrize("fault", [*FAULTS])
    def test_a_server_that_misbehaves(self, fault: str) -> None:
        # safety 13 14
        with Misbehaving(vector(("a", "1")), fault) as server, pytest.raises(ProbeError) as raised:
            look(server.url, "m", within=Seconds(0.5), auth=HttpAuth(bearer=Secret(CANARY)))
        assert CANARY not in str(raised.value)
        assert str(raised.value)

    def test_nobody_at_all(self) -> None:
        with Misbehaving({}) as server:
            pass
        with pytest.raises(ProbeError, match="cannot be reached"):
            look(server.url, "m")


class TestNothingFound:
    def after(self, **settings: Any) -> Watch:
        trap = Trap(name="t", probe="promql", trip=bound(settings.get("trip", "value > 1")))
        return step(trap, Watch(), Looked(START, told(vector(), **settings)))

    def test_may_be_right(self) -> None:
        watch = self.after(empty="ok")
        assert (watch.state, watch.reading and watch.reading.text) == (TrapState.ARMED, "the query finds nothing")

    def test_and_is_counted(self) -> None:
        assert self.after(empty="ok", trip="count < 1").state is TrapState.TRIPPED

    def test_may_be_what_trips_it(self) -> None:
        assert self.after(empty="trip").state is TrapState.TRIPPED


class TestTheConfig:
    TRAP = '[traps.t]\nprobe = "promql"\nurl = "http://prom.example"\nquery = "up"\ntrip = "value < 1"\n'

    def test_a_whole_one_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "config.toml").write_text(self.TRAP + 'empty = "trip"\nauth.bearer = "env:TOKEN"\nfor = "1m"\n')
        (tmp_path / "config.toml").chmod(0o600)
        trap = loaded(tmp_path / "config.toml").traps["t"]
        assert trap.trip == bound("value < 1")

    @pytest.mark.parametrize(
        ("change", "key", "says"),
        [
            (('query = "up"', ""), "traps.t.query", "query"),
            (('query = "up"', 'query = " "'), "traps.t", "query cannot be read: it is empty"),
            (('query = "up"', 'query = "sum(rate(up[5m])"'), "traps.t", "'(' at 3 is not closed"),
            (('query = "up"', 'query = "up)"'), "traps.t", "')' at 2 closes nothing"),
            (("http://prom.example", "prom.example"), "traps.t", "url must begin with http"),
            (('trip = "value < 1"', ""), "traps.t", "it can never warn or trip"),
            (("value < 1", "vale < 1"), "traps.t.trip", "gives no reading 'vale'"),
            (('query = "up"', 'query = "up"\nempty = "fine"'), "traps.t.empty", "blind"),
            (('query = "up"', 'query = "up"\nquerry = "up"'), "traps.t.querry", "unknown key"),
        ],
    )
    def test_what_is_wrong_is_said(self, tmp_path: Path, change: tuple[str, str], key: str, says: str) -> None:
        found = problems(tmp_path, self.TRAP.replace(*change))
        assert key in found
        assert says in found[key].what + found[key].hint

    def test_a_query_that_finds_nothing_may_be_all_that_trips(self) -> None:
        assert PromqlConfig(url="http://a", query="up", empty="trip").trip is None

    def test_secrets_are_references(self) -> None:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({"url": "http://a", "query": "up", "auth": {"bearer": 7}}, PromqlConfig)


TWO = 'label_replace(vector(1), "a", "x", "", "") or label_replace(vector(2), "a", "y", "", "")'
"""Two series, whatever is scraped."""


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with pushgateway() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, gateway: Gateway) -> Iterator[Server]:
    gateway.push("shop", disk_used_ratio=0.5)
    with prometheus(tmp_path_factory.mktemp("prom"), scrapes=(gateway.port,)) as running:
        running.until_seen("disk_used_ratio")
        yield running


@pytest.mark.real
class TestARealOne:
    def test_a_pushed_metric_is_read(self, server: Server) -> None:
        reading = look(server.url, "disk_used_ratio * 100")
        assert (reading.values["value"], reading.text) == (50, "50, job=shop")

    def test_several_series_are_told_apart(self, server: Server) -> None:
        reading = look(server.url, TWO)
        assert reading.text == "2, a=y, worst of 2"

    @pytest.mark.parametrize(
        ("query", "says"),
        [
            ("nothing_at_all", "finds nothing"),
            ("vector(0) / 0", "NaN"),
            ('"text"', "a text, not a number"),
            ("up[1m]", "a range of time"),
            ("sum(up, up)", "it refused"),
            (f"({TWO}) * on () ({TWO})", "it refused"),
        ],
    )
    def test_what_it_cannot_see_it_says(self, server: Server, query: str, says: str) -> None:
        with pytest.raises(ProbeError, match=says):
            look(server.url, query)

    def test_a_query_of_many_lines_and_characters_is_sent_whole(self, server: Server) -> None:
        query = "vector(7) # " + "é" * 3000 + "\n+ 1"
        assert look(server.url, query).values["value"] == 8

    def test_infinity(self, server: Server) -> None:
        assert math.isfinite(look(server.url, "vector(1) / 0").values["value"])
