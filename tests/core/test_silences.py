"""Silences as people look at them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from cockpit.core.actions import EndSilence, MakeSilence, Run, RunState
from cockpit.core.alerts import Alert, AlertState, Ref, Severity, Silence, SilenceState
from cockpit.core.filters import for_alert, parse
from cockpit.core.silences import ends_soon, hushed, lasting, later, listed, standing, takes_everything, under_way

NOW = datetime(2026, 11, 25, 3, 12, 44, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def silence(id: str, begins: timedelta = -HOUR, ends: timedelta = HOUR, **more: object) -> Silence:
    """One that begins and ends so long from now, as it stands now."""
    made = Silence(ref=Ref("am", id), match="a=b", starts_at=NOW + begins, ends_at=NOW + ends, who="Ana", comment="")
    return standing(msgspec.structs.replace(made, **more), NOW)


def test_a_silence_stands_as_the_time_says() -> None:
    told = silence("s", ends=MINUTE)
    assert standing(told, NOW) is told
    assert standing(told, NOW + MINUTE).state is SilenceState.EXPIRED
    coming = silence("s", begins=MINUTE, state=SilenceState.PENDING)
    assert (coming.state, standing(coming, NOW + MINUTE).state) == (SilenceState.PENDING, SilenceState.ACTIVE)


def test_they_are_listed_by_what_they_do_now_and_the_next_to_change_comes_first() -> None:
    found = listed(
        (
            silence("ack", ack=True),
            silence("old", ends=-2 * MINUTE),
            silence("older", ends=-5 * MINUTE),
            silence("old-ack", ends=-MINUTE, ack=True),
            silence("later", begins=HOUR, ends=2 * HOUR, state=SilenceState.PENDING),
            silence("soon", begins=MINUTE, ends=9 * HOUR, state=SilenceState.PENDING),
            silence("lasts", ends=MINUTE, until_resolved=True),
            silence("long", ends=9 * HOUR),
            silence("short", ends=MINUTE),
        )
    )
    assert [each.ref.id for each in found] == ["short", "long", "lasts", "soon", "later", "old", "older", "ack"]


@pytest.mark.parametrize(
    ("more", "soon"),
    [
        ({"ends": HOUR}, True),
        ({"ends": HOUR + MINUTE}, False),
        ({"ends": MINUTE, "until_resolved": True}, False),
        ({"ends": MINUTE, "ack": True}, False),
        ({"ends": -MINUTE}, False),
        ({"begins": MINUTE, "ends": 2 * MINUTE, "state": SilenceState.PENDING}, False),
    ],
)
def test_what_ends_within_the_hour_for_good_stands_out(more: dict[str, object], soon: bool) -> None:
    assert ends_soon(silence("s", **more), NOW) is soon  # type: ignore[arg-type]  # a table of arguments


def test_one_that_is_extended_lasts_longer_than_it_would_or_than_now() -> None:
    assert later(silence("s", ends=HOUR), MINUTE, NOW) == NOW + HOUR + MINUTE
    assert later(silence("s", ends=-HOUR), MINUTE, NOW) == NOW + MINUTE


def test_a_length_counts_from_now_or_from_the_beginning_that_is_to_come() -> None:
    assert lasting(HOUR, NOW) == lasting(HOUR, NOW, silence("s")) == NOW + HOUR
    coming = silence("s", begins=HOUR, ends=2 * HOUR, state=SilenceState.PENDING)
    assert lasting(HOUR, NOW, coming) == NOW + 2 * HOUR


def test_what_each_hushes_is_counted_by_source_and_id() -> None:
    def alert(source: str, id: str, *by: str) -> Alert:
        return Alert(ref=Ref(source, id), name="A", severity=Severity.ERROR, state=AlertState.SUPPRESSED, silences=by)

    found = hushed((alert("am", "1", "s", "t"), alert("am", "2", "s"), alert("other", "1", "s"), alert("am", "3")))
    assert dict(found) == {("am", "s"): 2, ("am", "t"): 1, ("other", "s"): 1}


def test_what_is_being_done_to_one_is_said_until_it_is_settled() -> None:
    def run(id: str, action: EndSilence | MakeSilence, state: RunState = RunState.PENDING) -> Run:
        return Run(id=id, at=NOW, who="Ana", action=action, what="", target="", state=state)

    runs = (
        run("1", EndSilence(Ref("am", "s"))),
        run("2", MakeSilence("am", "a=b", NOW, "x", replaces="t"), RunState.ACCEPTED),
        run("3", EndSilence(Ref("am", "u")), RunState.FAILED),
        run("4", MakeSilence("am", "a=b", NOW, "x")),
    )
    assert under_way(runs) == {Ref("am", "s"): "ending…", Ref("am", "t"): "changing…"}


@pytest.mark.parametrize(
    "match",
    [
        "",
        "a!=b",
        '"a b"!=c',
        'alertname=~".+"',
        "a=~.*",
        "alertname=~..*",
        "!word",
        "@state=firing",
        "@severity>=unknown",
        "@age>1m",
    ],
)
def test_what_tells_no_alert_from_another_takes_everything(match: str) -> None:
    assert takes_everything(parse(match), NOW)


@pytest.mark.parametrize(
    "match", ["a=b", "a!=b c=d", "word", "@severity>=warning", "@mine", "@source=am", "trap=x", "alertname=~A.*", "@age<15m"]
)
def test_what_names_something_does_not(match: str) -> None:
    assert not takes_everything(parse(match), NOW)


def test_the_matchers_of_an_alert_never_take_everything() -> None:
    alert = Alert(ref=Ref("am", "1"), name="A", severity=Severity.ERROR, state=AlertState.FIRING, labels={"alertname": "A"})
    assert not takes_everything(parse(for_alert(alert)), NOW)
