"""A request as a step: values are components of an address and strings of JSON, and nothing more."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
import msgspec
import pytest

from cockpit.core.plans import Plan, plan
from cockpit.core.runbooks import Param, Runbook
from cockpit.core.steps.http import HttpStep
from cockpit.core.steps.open import OpenStep, links
from cockpit.core.steps.step import Step
from support.hostile_values import hostile_values

FREE = Param(allow_dash=True, allow_control=True)


def planned(do: HttpStep | OpenStep, **values: str) -> Plan:
    book = Runbook(name="m", title="", steps=(Step(do),), params=dict.fromkeys(values, FREE), changes="x")
    return plan(book, None, values)


def done(made: Plan) -> HttpStep:
    assert not made.refused, made.refused
    assert isinstance(made.steps[0].do, HttpStep)
    return made.steps[0].do


def whole(value: str) -> bool:
    """Whether it is text: half a character has no place in JSON."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


STEP = HttpStep(
    "https://api.example/v1/hosts/{x}/restart", "POST", query={"why": "{x}"}, json={"a": ["{x}", 1, None], "b": {"c": "is {x}"}}
)


def test_every_hostile_value_is_one_component_and_one_string() -> None:  # safety 6, 9
    taken = 0
    for value in hostile_values(5000, "/canary"):
        made = planned(STEP, x=value)
        if made.refused:
            assert value in ("", ".", "..") or not whole(value)
            continue
        taken += 1
        do = done(made)
        parts = urlsplit(str(httpx.URL(do.url + do.asked)))
        assert parts.netloc == "api.example"
        assert [unquote(each) for each in parts.path.split("/")] == ["", "v1", "hosts", value, "restart"]
        assert parse_qsl(parts.query, keep_blank_values=True) == [("why", value)]
        assert msgspec.json.decode(do.body) == {"a": [value, 1, None], "b": {"c": f"is {value}"}}
    assert taken > 4000


@pytest.mark.parametrize("value", [".", "..", "%2e%2e"])
def test_no_value_leaves_its_place_in_the_path(value: str) -> None:
    made = planned(STEP, x=value)
    if value.startswith("%"):
        assert done(made).parts[1] == "/v1/hosts/%252e%252e/restart"
    else:
        assert "would leave its place" in made.refused


@pytest.mark.parametrize("host", ["web-3:9100", "10.0.0.1", "[::1]:80", "web-3.example"])
def test_the_host_may_come_from_a_value_that_is_a_host(host: str) -> None:
    assert done(planned(HttpStep("http://{x}/-/reload", "POST"), x=host)).parts[0] == f"http://{host}"


@pytest.mark.parametrize("host", ["a@b", "a/b", "a?b", "a#b", "a b", "$(id)", "", "a:b", "a\n", "a:99999", "é"])
def test_what_is_no_host_is_refused(host: str) -> None:  # safety 7
    made = planned(HttpStep("http://{x}/-/reload"), x=host)
    assert made.refused
    assert made.steps == ()


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "169.254.169.254:80",
        "[fd00:ec2::254]",
        "[fd00:ec2::254]:80",
        "[fd00:EC2:0:0::254]",
        "[::ffff:169.254.169.254]",
        "[0:0:0:0:0:ffff:a9fe:a9fe]:80",
        "[64:ff9b::a9fe:a9fe]",
    ],
)
def test_no_value_leads_to_where_a_cloud_keeps_credentials(host: str) -> None:  # safety 13
    assert "a cloud keeps credentials there" in planned(HttpStep("http://{x}/latest"), x=host).refused


def test_a_header_cannot_be_split() -> None:
    assert "cannot send the header X-Why" in planned(HttpStep("http://a/", headers={"X-Why": "{x}"}), x="a\r\nX-Evil: 1").refused
    assert done(planned(HttpStep("http://a/", headers={"X-Why": "{x}"}), x="a: b; {y}")).headers == {"X-Why": "a: b; {y}"}


def test_its_preview_shows_all_that_is_sent_and_no_secret() -> None:
    do = msgspec.structs.replace(STEP, bearer="env:TOKEN", secret_headers={"X-Key": "file:/k"}, headers={"X-Why": "{x}"})
    made = done(planned(do, x="a b"))
    lines = [" ".join(each.words) for each in made.shown()]
    assert lines[0] == "POST https://api.example/v1/hosts/a%20b/restart?why=a%20b"
    assert "X-Why: a b" in lines
    assert "X-Key: the secret file:/k" in lines
    assert "Authorization: Bearer, the secret env:TOKEN" in lines
    assert '{"a":["a b",1,null],"b":{"c":"is a b"}}' in lines
    assert made.exact() != done(planned(do, x="a c")).exact()


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (HttpStep("ftp://a/"), "begins with http"),
        (HttpStep("http://a/?b=c"), "without ?"),
        (HttpStep("http://a@b/"), "passwords"),
        (HttpStep("http://{h}/", bearer="env:T"), "a secret would go to whoever that names"),
        (HttpStep("http://a/", "SEND"), "method must be one of"),
        (HttpStep("http://a/", json={}), "GET has no body"),
        (HttpStep("http://a/", headers={"a b": "c"}), "no header that can be set"),
        (HttpStep("http://a/", headers={"Host": "c"}), "no header that can be set"),
        (HttpStep("http://a/", bearer="hunter2"), "no reference"),
        (HttpStep("http://a/", secret_headers={"X": "hunter2"}), "no reference"),
        (HttpStep("http://a/", expect=(20,)), "no status"),
        (OpenStep("javascript:alert(1)"), "begins with http"),
    ],
)
def test_what_cannot_be_is_said_in_the_config(step: Any, words: str) -> None:
    (fault,) = step.faults(())
    assert words in fault.what
    assert "hunter2" not in f"{fault.what} {fault.hint}"


class TestOpen:
    def test_a_value_is_a_component_of_the_link(self) -> None:
        made = planned(OpenStep("https://wiki/{x}?q={x}"), x="a/b&c=$(id) é")
        assert made.deeds == (("", "open", "https://wiki/a%2Fb%26c%3D%24%28id%29%20%C3%A9?q=a%2Fb%26c%3D%24%28id%29%20%C3%A9"),)
        assert links(made.exact) == (made.exact[0][2],)

    @pytest.mark.parametrize("host", ["a@b", "a b", "a\x1b]52;c;x\x07", "\u202ea", "-"])
    def test_what_is_no_host_is_refused(self, host: str) -> None:
        assert planned(OpenStep("https://{x}/"), x=host).refused or host == "-"
