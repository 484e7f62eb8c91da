"""The toil ledger: what was done by hand, ranked by what to automate."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from cockpit.core.aftermath import Verdict
from cockpit.core.report_toil import Kind, Labour, Toil, ledger, shape
from cockpit.core.roster import Person

NOON = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)  # 12:00 in São Paulo
NIGHT = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)  # 03:00 there
ANA = Person(id="ana", name="Ana", timezone="America/Sao_Paulo", also=("ana@example.com",))
BO = Person(id="bo", name="Bo", timezone="Asia/Tokyo", night=(time(23), time(6)))
STRANGER = Person(id="root", name="root", timezone="UTC")


def run(what: str = "restart", at: datetime = NOON, took: float = 120.0, who: str = "ana", **more: object) -> Labour:
    made = {"ok": True, "verdict": None, "kind": Kind.RUN} | more
    return Labour(what=what, at=at, seconds=took, who=who, **made)  # type: ignore[arg-type]  # as the test wants it


def toil(*labours: Labour) -> tuple[Toil, ...]:
    return ledger(labours, (ANA, BO), STRANGER)


def test_it_is_ranked_by_hours_spent_and_times_done() -> None:
    often, long, once = [run("often", took=360)] * 10, [run("long", took=3600)] * 2, run("once", took=7200)
    found = toil(*often, *long, once)
    assert [(each.what, each.times, each.score) for each in found] == [("often", 10, 10.0), ("long", 2, 4.0), ("once", 1, 2.0)]


def test_a_night_counts_three_times_by_the_clock_of_whoever_it_was() -> None:
    (found,) = toil(run(at=NIGHT), run(at=NIGHT, who="ana@example.com"), run(at=NIGHT, who="bo"), run(at=NIGHT, who="cron"))
    assert (found.times, found.nights) == (4, 3), "it was 15:00 for Bo, and 06:00 for a stranger whose night ends at 07:00"
    assert found.people == (("Ana", 2), ("Bo", 1), ("cron", 1))
    assert [hour for hour, many in enumerate(found.hours) if many] == [3, 6, 15]
    assert found.busiest == 3
    assert found.score == pytest.approx((3 * 3 + 1) * 120 / 3600 * (3 * 3 + 1))


def test_what_takes_no_time_counts_a_minute_and_shows_none() -> None:
    (found,) = toil(*[run("db/failover: tell them", took=0.0, kind=Kind.TICK, ok=None)] * 3)
    assert (found.kind, found.seconds) == (Kind.TICK, 0.0)
    assert found.score == pytest.approx(3 * 60 / 3600 * 3)


def test_what_helped_is_a_share_of_what_is_known() -> None:
    (found,) = toil(run(verdict=Verdict.HELPED), run(verdict=Verdict.NOT), run(verdict=Verdict.UNKNOWN), run(), run(ok=False))
    assert (found.helped, found.not_helped, found.unknown, found.helped_share) == (1, 1, 1, 0.5)
    assert (found.succeeded, found.failed) == (4, 1)
    assert toil(run())[0].helped_share is None


@pytest.mark.parametrize(
    ("labours", "proven"),
    [
        ([run(verdict=Verdict.HELPED)] * 3, True),
        ([*[run(verdict=Verdict.HELPED)] * 3, run(verdict=Verdict.UNKNOWN)], True),
        ([run(verdict=Verdict.HELPED)] * 2, False),  # not often enough to know
        ([*[run(verdict=Verdict.HELPED)] * 9, run(verdict=Verdict.NOT)], False),
        ([*[run(verdict=Verdict.HELPED)] * 9, run(ok=False, verdict=Verdict.HELPED)], False),
        ([*[run(verdict=Verdict.HELPED)] * 9, run(ok=None, verdict=Verdict.HELPED)], False),  # outcome unknown, or cancelled
        ([run()] * 9, False),
        ([run(kind=Kind.COMMAND)] * 9, False),
    ],
)
def test_only_what_always_went_well_and_always_helped_is_for_a_machine(labours: list[Labour], proven: bool) -> None:
    assert toil(*labours)[0].proven is proven


def test_the_same_name_of_another_kind_is_another_thing() -> None:
    assert len(toil(run("df"), run("df", kind=Kind.COMMAND))) == 2
    assert toil() == ()


def test_a_year_over_a_change_of_clocks_counts_the_hours_people_saw() -> None:
    berlin = Person(id="ana", name="Ana", timezone="Europe/Berlin")
    summer, winter = datetime(2026, 7, 1, 7, tzinfo=UTC), datetime(2026, 12, 1, 8, tzinfo=UTC)
    (found,) = ledger([run(at=summer), run(at=winter), run(at=winter + timedelta(minutes=59))], (berlin,), STRANGER)
    assert found.hours[9] == 3


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("sudo -n systemctl restart nginx", "systemctl restart"),
        ("A=b /usr/bin/kubectl get pods", "kubectl get"),
        ("kubectl --context prod get pods", "kubectl"),
        ("tail -f /var/log/syslog", "tail"),
        ("ssh web-1 uptime", "ssh"),
        ("cd /tmp", ""),
        ("", ""),
        ("echo 'open", "echo"),
    ],
)
def test_commands_are_counted_by_what_they_do(command: str, found: str) -> None:
    assert shape(command) == found
