"""The filter language ↔ matchers, and silences that hit exactly what was acknowledged."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.core.alerts import SEVERITY_WORDS, Alert, AlertState, Ref, Severity
from cockpit.core.bunches import quoted
from cockpit.core.filters import parse
from cockpit.provider import Malformed, ProviderError
from cockpit.providers.am_acks import ack_comment, exact, lasting_comment, mark_of
from cockpit.providers.am_alerts import SEVERITIES
from cockpit.providers.am_matchers import expression, hits, matchers, written
from cockpit.providers.am_wire import WireAlert, WireMatcher, WireSilence
from cockpit.providers.records import Records, when

NOW = datetime(2026, 11, 23, 3, 12, 44, tzinfo=UTC)
LABELS = ("team", "instance", "env")
VALUES = ("", "web", "web-1", "db", "a|b", "x.y", 'q"q', "back\\slash", "line\nbreak", "ü")


def alert(labels: dict[str, str]) -> Alert:
    severity = SEVERITIES.get(labels.get("severity", "").lower(), Severity.UNKNOWN)
    return Alert(ref=Ref("am", "1"), name=labels.get("alertname", ""), severity=severity, state=AlertState.FIRING, labels=labels)


labelled = st.dictionaries(st.sampled_from(LABELS), st.sampled_from(VALUES[1:]))
found = st.builds(
    lambda name, value, regex, equal: WireMatcher(name, quoted(value) if regex else value, regex, equal),
    st.sampled_from((*LABELS, "with space", "dotted.name")),
    st.sampled_from(VALUES),
    st.booleans(),
    st.booleans(),
)


@given(st.lists(found, min_size=1, max_size=4), labelled)
def test_what_a_silence_says_in_the_filter_language_means_the_same(made: list[WireMatcher], labels: dict[str, str]) -> None:
    text = " ".join(map(written, made))
    assert parse(text).matches(alert(labels), NOW) == hits(made, labels)


@given(st.lists(found, min_size=1, max_size=4))
def test_it_becomes_the_same_matchers_again(made: list[WireMatcher]) -> None:
    anchor = WireMatcher("alertname", "HighErrorRate")  # without it, it might select nothing and be refused
    again = matchers(" ".join(map(written, (anchor, *made))), source="am")
    assert again == tuple(dict.fromkeys((anchor, *made)))


@given(
    st.sampled_from(("=", "!=", "<", "<=", ">", ">=")),
    st.sampled_from(list(SEVERITY_WORDS)),
    st.sampled_from([*SEVERITIES, "odd", "", "Critical"]),
)
def test_a_bound_on_the_severity_means_the_same_for_every_word(op: str, word: str, label: str) -> None:
    text = f"alertname=A @severity{op}{word}"
    labels = {"alertname": "A"} | ({"severity": label} if label else {})
    if f"{op}{word}" in ("<unknown", ">critical", ">=unknown", "<=critical"):
        with pytest.raises(ProviderError, match=r"takes (every alert|none)"):
            matchers(text, source="am", words=SEVERITIES)
        return
    made = matchers(text, source="am", words=SEVERITIES)
    assert parse(text).matches(alert(labels), NOW) == hits(made, labels)


def test_a_column_that_is_a_label_here_is_one() -> None:
    assert matchers("where=rack-1", source="am", known={"where"}) == (WireMatcher("where", "rack-1"),)
    with pytest.raises(ProviderError, match="where is a column of the cockpit and no label here"):
        matchers("where=rack-1", source="am")


def test_this_source_s_own_name_needs_no_matcher() -> None:
    assert matchers("@source=am alertname=A", source="am") == (WireMatcher("alertname", "A"),)


def test_an_expression_is_what_alertmanager_reads() -> None:
    assert expression(WireMatcher("a", 'x"y\\z\n', True, False)) == 'a!~"x\\"y\\\\z\\n"'
    assert expression(WireMatcher("dotted.name", "v")) == '"dotted.name"="v"'


@given(st.lists(labelled.filter(bool), min_size=1, max_size=12, unique_by=lambda each: tuple(sorted(each.items()))), st.data())
def test_exact_matchers_hit_what_they_are_for_and_nothing_else(every: list[dict[str, str]], data: st.DataObject) -> None:
    picked = data.draw(st.sets(st.integers(0, len(every) - 1), min_size=1))
    wanted = {str(n): every[n] for n in picked}
    others = [labels for n, labels in enumerate(every) if n not in picked]
    made = exact(wanted, others)
    assert sorted(each for _, ids in made for each in ids) == sorted(wanted)
    for found, ids in made:
        for each, labels in wanted.items():
            if each in ids:
                assert hits(found, labels)
        for labels in others:
            assert not hits(found, labels)


def test_a_storm_that_differs_in_one_label_is_one_silence_in_parts_of_a_hundred() -> None:
    storm = {str(n): {"alertname": "Down", "instance": f"web-{n}"} for n in range(250)}
    made = exact(storm, [])
    assert [len(ids) for _, ids in made] == [100, 100, 50]
    assert made[0][0][1].value.startswith("web-0|web-1|")


def silence(comment: str, who: str = "Ana") -> WireSilence:
    return WireSilence(id="1", matchers=[], ends_at="", starts_at="2026-11-23T03:00:00.000Z", created_by=who, comment=comment)


class TestMarks:
    @pytest.mark.parametrize("note", ["", "looking", "ACK! again", "[cockpit ack x]", "Ana: me", "line\nbreak"])
    def test_who_and_why_come_back(self, note: str) -> None:
        mark = mark_of(silence(ack_comment("Ana", note, [NOW])))
        assert mark is not None
        assert (mark.ack, mark.ours, mark.who, mark.why) == (True, True, "Ana", note.replace("\n", " "))

    @pytest.mark.parametrize(
        ("comment", "why"),
        [
            ("ACK! This alert was acknowledged using karma on Mon", "This alert was acknowledged using karma on Mon"),
            ("ACK!", ""),
            (" ACK! spaced", "spaced"),
        ],
    )
    def test_karma_s_are_acknowledgements_and_not_ours(self, comment: str, why: str) -> None:
        mark = mark_of(silence(comment, "karma"))
        assert mark is not None
        assert (mark.ack, mark.ours, mark.who, mark.why) == (True, False, "karma", why)

    def test_a_silence_like_any_other_is_none(self) -> None:
        assert mark_of(silence("deploying; not an ACK!")) is None
        lasting = mark_of(silence(lasting_comment("deploying")))
        assert lasting is not None
        assert (lasting.ack, lasting.ours, lasting.why) == (False, True, "deploying")

    @pytest.mark.parametrize("space", [" ", "\n", "\t"])
    def test_a_comment_of_a_megabyte_of_spaces_holds_nobody_up(self, space: str) -> None:
        # safety 15: a search that begins at each of them takes half an hour, and no other thread has its turn meanwhile
        began = time.process_time()
        assert mark_of(silence(space * 1_000_000 + "x")) is None
        mark = mark_of(silence(f"ACK!{space * 1_000_000}x"))
        assert mark is not None
        assert mark.ack
        assert time.process_time() - began < 2

    def test_ours_covers_the_firing_that_it_was_made_for_whatever_the_clocks_say(self) -> None:
        made = silence(ack_comment("Ana", "", [NOW]))
        mark = mark_of(made)
        assert mark is not None
        assert mark.covers(NOW, made, NOW)
        assert mark.covers(None, made, NOW)
        assert not mark.covers(NOW + timedelta(seconds=30), made, NOW)


class TestTheWire:
    def test_a_time_is_read_leniently(self) -> None:
        assert when("2026-11-23T04:12:44.000000123+01:00") == NOW
        assert [when(each) for each in ("", "soon", "0001-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "2026-11-23T03:12:44")] == [
            None
        ] * 5

    @given(st.binary(max_size=200))
    def test_whatever_stands_among_good_records_costs_itself_alone_or_the_answer(self, junk: bytes) -> None:
        body = b'[{"labels": {"a": "b"}}, ' + junk + b', {"labels": {"c": "d"}}]'
        try:
            good, bad = Records(WireAlert).read(body)
        except Malformed:
            return
        assert len(good) + bad >= 1
        assert not re.fullmatch(rb"[\w\s.]*", junk) or {"a": "b"} in [each.labels for each in good]

    def test_what_came_the_same_is_the_same_object_again(self) -> None:
        records = Records(WireAlert)
        one, other = b'{"labels": {"a": "b"}}', b'{"labels": {"c": "d"}}'
        (first, _), _ = records.read(b"[" + one + b"," + other + b"]")
        (again, _), _ = records.read(b"[ " + one + b', {"labels": {"c": "changed"}}]')
        assert again is first
