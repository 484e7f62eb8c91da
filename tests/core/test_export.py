"""Traps in a Prometheus's words: nothing that a person wrote becomes syntax, and what cannot be told is said."""

from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cockpit.core.export import words
from cockpit.core.export.laid import Laid
from cockpit.core.export.rules import Out, rule_file, translate
from cockpit.core.traps import Trap
from cockpit.core.units import Seconds, bound

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
VALUES = st.recursive(
    st.booleans() | st.integers() | TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
)


@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4))
def test_what_is_written_as_yaml_is_read_as_what_it_was(table: dict[str, object]) -> None:
    assert yaml.safe_load(words.yaml(table)) == table


@given(TEXTS)
def test_a_literal_pattern_matches_its_text_alone(text: str) -> None:
    assert re.fullmatch(words.literally(text), text)
    assert not re.fullmatch(words.literally(text), text + "x")


@pytest.mark.parametrize(
    ("seconds", "written"), [(0, "0s"), (0.5, "500ms"), (90, "1m30s"), (93600, "1d2h"), (0.0001, "1ms"), (604800, "7d")]
)
def test_durations_are_whole_milliseconds(seconds: float, written: str) -> None:
    assert words.duration(seconds) == written


@pytest.mark.parametrize(
    ("pattern", "lacks"),
    [
        ("(?=x)", "lookaround"),
        (r"(a)\1", "back reference"),
        ("a++", "possessive"),
        (r"x\Z", "end"),
        ("a{,3}", "count"),
        ("a{2000}", "long"),
    ],
)
def test_patterns_that_go_does_not_know_are_told(pattern: str, lacks: str) -> None:
    assert words.re2_problem(pattern), lacks


@pytest.mark.parametrize("pattern", ['"queue": [0-9]{1,3}\\b', r"\\1", "(?P<n>x)", "(?i)x|y", r"a\+\+", "a{1000}"])
def test_patterns_that_both_know_are_taken(pattern: str) -> None:
    assert words.re2_problem(pattern) == ""


def test_a_shell_pattern_is_a_regular_expression() -> None:
    assert [words.glob(each) for each in ("apt-*.service", "a?[!b]", "[x")] == [r"apt-.*\.service", "a.[^b]", r"\[x"]


def out(probe: str, warn: str = "", trip: str = "", **settings: object) -> Out:
    trap = Trap(name="t", probe=probe, warn=bound(warn) if warn else None, trip=bound(trip) if trip else None, hold=Seconds(90))
    return translate(Laid(trap=trap, settings={"within": "5s", **settings}, host="h", mount="/"))


def test_the_bounds_the_time_and_the_severity_are_the_traps() -> None:
    trips, warns, blind = out("memory", "used_percent >= 85", "available_bytes < 1GiB").rules
    assert str(trips["expr"]) == 'node_memory_MemAvailable_bytes{job="node",instance="h"} < 1073741824'
    assert (trips["for"], warns.get("for"), blind["for"]) == ("1m30s", None, "10m")
    assert str(warns["expr"]).endswith(">= 85")


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (out("log", trip="matches > 1"), "reads no logs"),
        (out("memory", trip="pressure_some_10 > 1"), "10 s"),
        (out("http", url="http://x/", status=(200,), secret_headers={"X": "env:X"}), "a secret is not written"),
        (out("http", url="http://x/", status=(200,), matches="(?!x)"), "Go's regular expressions"),
        (out("tls", file="/x.pem"), "certificate files"),
        (out("tls", host="x", port=5432, starttls="postgres"), "cannot speak postgres"),
        (out("dns", name="x", type="A"), "own resolver"),
        (out("dns", name="x", type="A", server="192.0.2.1", expect=("a", "b")), "not each of them"),
        (out("tcp", host="x", port=1, expect="a\r\nb"), "line by line"),
        (out("systemd", user=True), "a user's"),
        (out("somebody-elses"), "nothing is known"),
    ],
)
def test_what_cannot_be_told_is_not_told_half_and_its_reason_heads_the_file(found: Out, why: str) -> None:
    assert found.rules == ()
    assert why in found.lost[0]
    written = rule_file([found])
    assert written.startswith("# t: not exported: ")
    assert yaml.safe_load(written) == {"groups": []}


def test_a_bound_that_cannot_be_told_leaves_the_rest() -> None:
    found = out("tls", trip="name_matches < 1", host="x", port=1)
    assert [rule["labels"]["stage"] for rule in found.rules if isinstance(rule["labels"], dict)] == ["trip", "blind"]
    assert "name_matches < 1" in found.lost[0]


def test_a_secret_is_a_file_there_and_never_its_reference() -> None:
    found = out("http", url="http://x/", status=("200-204",), bearer="keyring:shop", redirects=0)
    assert found.module is not None
    assert found.module["http"] == {
        "preferred_ip_protocol": "ip4", "ip_protocol_fallback": True, "method": "", "valid_status_codes": [200, 201, 202, 203, 204],
        "follow_redirects": False, "authorization": {"type": "Bearer", "credentials_file": "/etc/prometheus/cockpit/t.bearer"},
    }  # fmt: skip
    assert "keyring" not in repr(found.module)
