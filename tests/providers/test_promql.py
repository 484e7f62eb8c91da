"""Reading PromQL: what a rule cannot fire without, and where its threshold is; a real Prometheus's own parser is the witness."""

from __future__ import annotations

import json
import math
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.providers.promql import Comparison, NotRead, compared, metrics, missing
from cockpit.providers.promql_reader import Binary, Call, Expr, Number, Selector, Text, parse
from support.prometheuses import Server, newest, prometheus

THERE = {"up", "b", "disk_used_ratio"}


@pytest.mark.parametrize(
    ("query", "lacks"),
    [
        ("up == 0", ""),
        ("node_foo > 3", "node_foo"),
        ('rate(node_foo_total{job="x"}[5m] offset 1h) > 3', "node_foo_total"),
        ("sum by (job) (rate(node_foo_total[5m])) / sum by (job) (up) > 0.1", "node_foo_total"),
        ("up / node_a * node_b", "node_a node_b"),
        ("up and node_foo", "node_foo"),
        ("up unless node_foo", ""),
        ("node_foo unless up", "node_foo"),
        ("up or node_foo", ""),
        ("node_a or node_b", "node_a node_b"),
        ("sum(node_foo) or vector(0)", ""),
        ("absent(node_foo)", ""),
        ('absent(node_foo{job="x"}) == 1', ""),
        ("absent_over_time(node_foo[5m])", ""),
        ("absent(node_foo) and up", ""),
        ("absent(node_foo) and node_bar", "node_bar"),
        ("vector(1)", ""),
        ("time() - node_foo > 60", "node_foo"),
        ("time() > 5", ""),
        ("up > scalar(node_foo)", ""),
        ("count(node_foo) == 0", "node_foo"),
        ("count(node_foo) < bool 1", "node_foo"),
        ('{__name__="node_foo"} > 1', "node_foo"),
        ('{"node.foo", job="x"} > 1', "node.foo"),
        ('{__name__=~"node_.*"} > 1', ""),
        ('{job="x"} > 1', ""),
        ('ALERTS{alertstate="firing"} > 0', ""),
        ("ALERTS_FOR_STATE > 0", ""),
        ("-node_foo < 0", "node_foo"),
        ("max_over_time(rate(node_foo[1m])[5m:10s]) > 1", "node_foo"),
        ("up * on (job) group_left (version) node_build_info", "node_build_info"),
        ("up + fill(0) node_foo", ""),
        ("up > fill_right(0) node_foo", ""),
        ('label_replace(node_foo, "a", "$1", "b", "(.*)")', "node_foo"),
        ("topk(3, node_foo)", "node_foo"),
        ("histogram_quantile(0.99, sum by (le) (rate(node_foo_bucket[5m]))) > 1", "node_foo_bucket"),
        ('info(up, {__name__="target_info"})', ""),
        ("sum", "sum"),
        ("sum{a='b'} > avg", "sum avg"),
        ("job:errors:rate5m > 0.1", "job:errors:rate5m"),
        ("UP AND node_foo", "UP node_foo"),
        ("# what\nup == 0 # why", ""),
        ("day_of_week() == 6 and on () node_foo", "node_foo"),
    ],
)
def test_what_a_query_cannot_fire_without(query: str, lacks: str) -> None:
    assert missing(query, THERE) == set(lacks.split())


def test_names_that_do_not_matter_are_not_asked_for() -> None:
    assert metrics("absent(a) or (b unless c) or sum(d) / scalar(e)") == {"b", "d"}


@pytest.mark.parametrize(
    ("query", "query_of", "op", "value"),
    [
        ("disk_used_ratio > 0.9", "disk_used_ratio", ">", 0.9),
        ('sum by (job) (rate(a{x=">"}[5m])) >= 1e3', 'sum by (job) (rate(a{x=">"}[5m]))', ">=", 1000),
        ("0.1 > a", "a", "<", 0.1),
        ("10 >= a", "a", "<=", 10),
        ("(a > 5 * 60)", "a", ">", 300),
        ("a < -1", "a", "<", -1),
        ("a - b > 2 ^ -1", "a - b", ">", 0.5),
        ("a == 0", "a", "==", 0),
        ("a > 0.9 and on () b < 1", "a", ">", 0.9),
        ("(a > 0.9) unless b", "a", ">", 0.9),
        ("time() - a > 1h", "time() - a", ">", 3600),
        ("a > 1 > 2", "a > 1", ">", 2),
        ("a > Inf", "a", ">", math.inf),
        ("a > 0x1F", "a", ">", 31),
    ],
)
def test_the_threshold_is_taken_off_the_outermost_comparison(query: str, query_of: str, op: str, value: float) -> None:
    assert compared(query) == Comparison(query_of, op, value)


@pytest.mark.parametrize(
    "query",
    [
        "a",
        "a > b",
        "a > bool 1",
        "absent(a)",
        "a > 1 or b > 2",
        "a > scalar(b)",
        "1 > 2",
        "rate(a[5m])",
        "a > 1 / 0",
        "a > (-8) ^ 0.5",
    ],
)
def test_where_no_threshold_can_be_told_none_is(query: str) -> None:
    assert compared(query) is None


@pytest.mark.parametrize(
    "query",
    [
        "",
        "up{",
        "up)",
        "(" * 5000,
        "up == == 0",
        "up{job}",
        "up[5m",
        "'open",
        "sum by (job",
        "up ! 0",
        "a b",
        "-" * 5000,
        "up offset",
    ],
)
def test_what_is_not_understood_is_said(query: str) -> None:
    with pytest.raises(NotRead):
        missing(query, ())


@given(st.text(alphabet="ab(){}[],=~!<>+-*/^@:.'\"`0123456789 \nmsonby", max_size=60))
def test_whatever_comes_it_is_read_or_refused(query: str) -> None:
    try:
        missing(query, ())
        compared(query)
    except NotRead:
        pass


# --- the witness ---

QUERIES = (
    "up",
    "up == 0",
    "-up ^ 2 * 3",
    "2 ^ -1 * up",
    "2 ^ 3 ^ 2 - up",
    "up + up * up - up / up % 3",
    "up > 1 and up < 5 or up == 3 unless up != 1",
    "up == up > 0.9 + 1",
    "sum(up) by (job) / ignoring (job) group_left () sum(up)",
    "sum without (instance) (up) * on (job) group_left (a, b) (up)",
    "up * on (job) group_left () (up)",
    "up * on (job) group_left up",
    "up * on (job) group_right (instance) up > bool 1",
    'topk(3, rate(http_requests_total{code=~"5..", job!="x"}[5m] offset 1h))',
    "quantile_over_time(0.9, sum(rate(a:b:c[1m]))[30m:1m] @ end() offset -5m)",
    "histogram_quantile(0.99, sum by (le, job) (rate(x_bucket[5m]))) > 1.5e3 and on (job) up == 1",
    'label_replace(up, "a", "$1", "instance", "(.*):.*")',
    'absent(up{job="nope"}) or vector(1) > 0',
    'count_values("version", build_info) > 1',
    "(((up)))",
    "clamp_max(up, 1) >= -0.5",
    "time() - process_start_time_seconds < 5 * 60",
    '{__name__=~"a.*", job="x"} > 1',
    "predict_linear(disk_free[6h], 4 * 3600) < 0 and disk_free / disk_size < 0.15",
    "sum(rate(errors[5m])) / sum(rate(total[5m])) > (14.4 * (1 - 0.999))",
    "avg + sum{a='b'} + by",
    "avg_over_time(up[5m]) atan2 up",
    'up{instance="a\\"b\\\\", job=`x\\y`} == 1 # comment',
    "month() == 12 and day_of_month() > 24",
    '{"up", job="x"} unless on (job) {"other.metric"}',
    "max by (a) (up @ 1700000000.5) - min(up @ start())",
    "5 > up",
    "NaN != up",
    "+up - -up",
    "up > 1h30m",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with prometheus(tmp_path_factory.mktemp("witness"), newest("3.0")) as running:
        yield running


@pytest.mark.real
@pytest.mark.parametrize("query", QUERIES)
def test_it_is_read_as_prometheus_reads_it(query: str, server: Server) -> None:
    asked = f"{server.url}/api/v1/parse_query?{urllib.parse.urlencode({'query': query})}"
    with urllib.request.urlopen(asked, timeout=10) as answer:
        theirs = json.loads(answer.read())["data"]
    assert ours(parse(query)) == shape(theirs)


def ours(expr: Expr) -> Any:
    """The tree as nested lists, without places."""
    match expr:
        case Number(value=value):
            return str(value) if math.isnan(value) else value
        case Text():
            return "text"
        case Selector(name=name):
            return ["metric", name]
        case Call(function="[]" | "", args=(inner,)):
            return ours(inner)
        case Call(function="-", args=(Number(value=value),)):
            return -value
        case Call(function=function, args=args):
            return [function, *map(ours, args)]
        case Binary(op=op, left=left, right=right, flag=flag):
            return [op, flag, ours(left), ours(right)]


def shape(node: Any) -> Any:
    """Prometheus's tree in the same form."""
    match node["type"]:
        case "numberLiteral":
            value = float(node["val"].replace("Inf", "inf"))
            return str(value) if math.isnan(value) else value
        case "stringLiteral":
            return "text"
        case "vectorSelector" | "matrixSelector":
            named = [each["value"] for each in node["matchers"] if each["name"] == "__name__" and each["type"] == "="]
            return ["metric", named[0] if named else ""]
        case "subquery" | "parenExpr":
            return shape(node["expr"])
        case "unaryExpr":
            return [node["op"], shape(node["expr"])]
        case "call":
            return [node["func"]["name"], *map(shape, node["args"])]
        case "aggregation":
            return [node["op"], *([shape(node["param"])] if node["param"] else []), shape(node["expr"])]
        case "binaryExpr":
            return [node["op"], node["bool"], shape(node["lhs"]), shape(node["rhs"])]
    raise AssertionError(node["type"])
