"""The filter language: what it means, where it says no, and that nothing hostile can stall it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.filters import FilterError, for_alert, haystack, parse
from cockpit.core.patterns import PatternError, compiled

NOW = datetime(2026, 11, 23, 3, 12, tzinfo=UTC)
WEB = Alert(
    ref=Ref("am-prod", "f00d"),
    name="HighErrorRate",
    severity=Severity.ERROR,
    state=AlertState.FIRING,
    summary="5xx 12 % for 5 m",
    where="web-3",
    labels={"alertname": "HighErrorRate", "team": "web", "instance": "web-3", "path": "C:\\srv", "app.kubernetes.io/name": "shop"},
    started_at=NOW - timedelta(minutes=20),
    assignees=("Ana", "Bo"),
    receivers=("web", "mail"),
)
DISK = Alert(
    ref=Ref("local", "root-disk"),
    name="root-disk",
    severity=Severity.CRITICAL,
    state=AlertState.ACKNOWLEDGED,
    where="/",
    acknowledged_by="ana@example.com",
    trap="root-disk",
)


def hits(text: str, alert: Alert = WEB, me: tuple[str, ...] = ()) -> bool:
    return parse(text).matches(alert, NOW, me)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "alertname=HighErrorRate",
        "name=HighErrorRate where=web-3",
        'summary="5xx 12 % for 5 m"',
        "summary='5xx 12 % for 5 m'",
        "team!=db nothere!=x",
        'nothere="" nothere!~.+',
        r'instance=~"web-\d+"',
        r"instance=~web-\d+",
        "instance=~web.*",
        r'path="C:\\srv"',
        r'path="C:\srv"',
        r'path=~"C:\\\\srv"',
        "app.kubernetes.io/name=shop",
        '"app.kubernetes.io/name"="shop"',
        "severity=error",
        "source=am-prod",
        "@state=firing @state!=resolved",
        "@severity>=warning @severity<critical @severity!=info @severity=error",
        "severity>=warning age>15m",
        "@age>15m @age<1h30m @age>=1200s @age<=20m",
        "@source=am-prod @source=~am-.* @source!=pd",
        '@receiver=web @receiver=mail @receiver=~we.* @receiver!=db @receiver!~d.* @receiver!=""',
        "@who=ana @who=Bo @who!=cy @who=~a.*",
        "higherror 5XX WEB am-PROD shop",
        '"12 % FOR"',
        '!db !"13 %" !@mine',
        'trap="" @trap=""',
        "!don't",
    ],
)
def test_it_matches(text: str) -> None:
    assert hits(text)


@pytest.mark.parametrize(
    "text",
    [
        "alertname=higherrorrate",
        "instance=~eb-3",  # the whole value, as in Prometheus
        "instance=~web",
        "instance!~web.*",
        "team!=web",
        "nothere=~.+",
        "@state=acked",
        "@severity>error",
        "@age>20m1s",
        "@source!~am.*",
        "@receiver=we",
        "@receiver=Web",  # as it is written there
        "@receiver!=mail",
        "@receiver!~.*il",
        '@receiver=""',
        "receiver=web",  # a label, and there is none
        "@who=cy",
        '@who=""',
        "@mine",
        "5xx !web",
        "team=web team=db",
        '"% 12"',
    ],
)
def test_it_does_not_match(text: str) -> None:
    assert not hits(text)


def test_trap_and_name_mean_the_alerts_own_where_it_has_no_such_label() -> None:
    assert hits("trap=root-disk name=root-disk severity=critical @trap=root-disk @state=acked", DISK)
    labelled = msgspec.structs.replace(DISK, labels={"trap": "other"})
    assert hits("trap=other @trap=root-disk", labelled)


def test_what_no_receiver_is_told_of_has_the_empty_one() -> None:
    assert hits('@receiver="" @receiver!=web', DISK)
    assert not hits("@receiver=~.+", DISK)


def test_mine_is_what_i_acknowledged_or_was_given() -> None:
    assert hits("@mine", DISK, ("ana", "ANA@example.com"))
    assert hits("@mine", WEB, ("bo",))
    assert not hits("!@mine", WEB, ("bo",))
    assert not hits("@mine", WEB, ("an",))


def test_resolved_alerts_match_too_unless_excluded() -> None:
    gone = msgspec.structs.replace(WEB, state=AlertState.RESOLVED)
    assert hits("team=web", gone)
    assert not hits("@state!=resolved", gone)


def test_of_an_alert_that_does_not_say_when_it_began_no_age_holds() -> None:
    assert not hits("@age>1m", DISK)
    assert not hits("@age<1m", DISK)


def test_the_haystack_at_hand_is_used() -> None:
    assert parse("needle").matches(WEB, NOW, text="a needle")
    assert parse("5xx").matches(WEB, NOW, text=haystack(WEB))


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("@foo", 1, "@foo is not known"),
        ("team=web @stat=firing", 10, "did you mean @state?"),
        ("@state=fring", 7, "did you mean firing?"),
        ("@state>firing", 6, "write = or !="),
        ("@severity=~warn", 9, "@severity has no =~"),
        ("@severity>=wraning", 11, "did you mean warning?"),
        ("@age=3m", 4, "@age has no ="),
        ("@age>soon", 5, "is not a duration"),
        ("@source>x", 7, "@source has no >"),
        ("@receiver>x", 9, "@receiver has no >"),
        ("@reciever=x", 1, "did you mean @receiver?"),
        ("@state", 6, "expected an operator"),
        ("@mine=ana", 5, "expected a space"),
        ("team=", 5, "expected a value"),
        ("team= web", 5, "expected a value"),
        ("team==web", 5, "one = is enough"),
        ("x =web", 2, "expected a label before ="),
        ("!=web", 1, "expected a word"),
        ("!", 1, "expected a word"),
        ("load>3", 4, "only severity and age"),
        ('a "b', 4, 'expected a closing "'),
        ('a="b"c', 5, "expected a space before 'c'"),
        ("a=~x(", 4, "a ( without its )"),
        ('a=~"x("', 5, "a ( without its )"),
        ("a=~(a+)+", 3, "inside a repeat"),
        ("a=~(?=x)", 3, "as in Prometheus"),
        (f"a=~{'x' * 1001}", 1003, "at most 1000 characters"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_column(text: str, column: int, says: str) -> None:
    with pytest.raises(FilterError, match=re.escape(says)) as caught:
        parse(text)
    assert caught.value.column == column


PARTS = st.sampled_from(
    [
        "@",
        "state",
        "severity",
        "age",
        "mine",
        "who",
        "=",
        "!=",
        "=~",
        "!~",
        ">",
        ">=",
        "!",
        '"',
        "'",
        "\\",
        " ",
        "team",
        "web",
        "(",
        ")",
        "[",
        "]",
        "*",
        "{",
        "}",
        "3",
        ",",
        "|",
        "^",
        "-",
        ".",
        "\x00",
        "\ud800",
        "日",
        "firing",
        "15m",
        "?",
        ":",
    ]
)


@given(st.lists(PARTS, max_size=14).map("".join) | st.text(max_size=20))
def test_reading_raises_nothing_but_a_filter_error_and_points_into_the_text(text: str) -> None:
    column = 0
    try:
        parse(text).matches(WEB, NOW, ("ana",))
    except FilterError as error:
        column = error.column
    assert 0 <= column <= len(text)


HOSTILE = st.text(alphabet=st.characters(exclude_categories=()), max_size=12) | st.lists(PARTS, max_size=6).map("".join)


@given(
    st.dictionaries(HOSTILE | st.sampled_from(["trap", "alertname", "where", "severity"]), HOSTILE, max_size=4),
    HOSTILE,
    HOSTILE,
    st.sampled_from(["", "root-disk"]) | HOSTILE,
)
def test_the_matchers_made_for_an_alert_hit_it_whatever_its_labels_hold(
    labels: dict[str, str], name: str, where: str, trap: str
) -> None:
    alert = msgspec.structs.replace(WEB, labels=labels, name=name, where=where, trap=trap)
    assert hits(for_alert(alert), alert)


def test_the_matchers_made_for_an_alert_are_exact() -> None:
    assert for_alert(DISK) == 'trap="root-disk"'
    assert not hits(for_alert(DISK), WEB)
    blind = msgspec.structs.replace(DISK, labels={"alertname": "TrapBlind", "trap": "root-disk"})
    assert for_alert(blind) == 'alertname="TrapBlind" trap="root-disk"'
    assert for_alert(msgspec.structs.replace(WEB, labels={})) == 'alertname="HighErrorRate" where="web-3"'
    assert for_alert(WEB).startswith('alertname="HighErrorRate" app.kubernetes.io/name="shop" instance="web-3" ')
    for label in WEB.labels:
        other = msgspec.structs.replace(WEB, labels={**WEB.labels, label: "other"})
        assert not hits(for_alert(WEB), other)


# --- regular expressions ---

ATOMS = st.sampled_from(["a", "b", "-", r"\-", "A", ".", "[ab]", "[^a]", r"\w", r"\d", r"[a-b\-]", "[^-]", "^", "$", r"\b", "|"])
QUANTIFIERS = st.sampled_from(["", "", "", "*", "+", "?", "*?", "{2}", "{1,2}", "{1,}"])


def _grouped(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pieces = st.lists(st.tuples(inner, QUANTIFIERS).map("".join), max_size=3).map("".join)
    return st.tuples(st.sampled_from(["(", "(?:", "(?i:"]), pieces, st.just(")")).map("".join)


REGEXES = st.tuples(
    st.sampled_from(["", "(?i)"]),
    st.lists(st.tuples(st.recursive(ATOMS, _grouped, max_leaves=6), QUANTIFIERS).map("".join), max_size=5).map("".join),
).map("".join)


@settings(max_examples=600, deadline=None)
@given(REGEXES, st.lists(st.text(alphabet="ab-A1\n", max_size=7), min_size=5, max_size=15))
def test_a_pattern_made_safe_matches_exactly_what_it_did(pattern: str, values: list[str]) -> None:
    try:
        made = compiled(pattern)
    except PatternError:
        return
    plain = re.compile(pattern, re.DOTALL)
    for value in values:
        assert (made.fullmatch(value) is None) == (plain.fullmatch(value) is None), (pattern, made.pattern, value)


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        (".*a.*b.*c.*d.*e", "abcd" * 500),
        (r"\d+\.\d+\.\d+\.\d+", "1." * 1000),
        (r"(\d+\.){3}\d+", "1" * 1999 + "x"),
        (".*(timeout|timed out).*(db|postgres).*", "timeoutdx" * 220),
        ("([a-z]+-)*x", "ab-" * 660),
        (r"(.*-)?web-\d+", "-web-" * 400),
    ],
)
@pytest.mark.timeout(20)
def test_a_hostile_value_cannot_stall_an_ordinary_pattern(pattern: str, value: str) -> None:
    assert compiled(pattern).fullmatch(value) is None


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "(a|a)*",
        "(a|aa)+",
        "(.*a){9}",
        "a*b*c*d*e*f*",
        "a?" * 40,
        ".*x.*[a-z]+.*[0-9]+.*x.*",
        r"(a)\1",
        "(?<=a)b",
        "[[:alpha:]]",
        "a**",
        "a*+",
        "*a",
        "a)",
        "(a",
        "[a",
        "[z-a]",
        r"\pL",
        "a{1001}",
        "(a{100}){100}",
        "(" * 30 + ")" * 30,
        "a\\",
        "(?x)a b",
    ],
)
def test_a_pattern_that_could_stall_or_is_none_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        compiled(pattern)


@given(
    st.lists(st.sampled_from([*"()[]{}*+?|\\^$.-,:P<=!>aA09&~", "(?", "\\x4", "\\d", "{1,", "日", "\x00"]), max_size=12).map(
        "".join
    )
)
def test_reading_a_pattern_raises_nothing_but_a_pattern_error(pattern: str) -> None:
    column = 0
    try:
        compiled(pattern)
    except PatternError as error:
        column = error.column
    assert 0 <= column <= len(pattern)
