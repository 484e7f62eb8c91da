"""``calendar``: exports of the field as rosters, read gently, and what is broken costs itself."""

from __future__ import annotations

import asyncio
import os
import socket
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from cockpit import plugins
from cockpit.config.decode import decode_settings
from cockpit.config.model import ConfigError
from cockpit.core.roster import Contact, OnCall, Person, Shift
from cockpit.core.units import Seconds
from cockpit.provider import (
    Answer,
    Day,
    Holiday,
    HttpAuth,
    Leave,
    Malformed,
    NotFound,
    NotReached,
    ProviderError,
    Secret,
    Unreachable,
    capabilities,
)
from cockpit.providers.calendar import Calendar, CalendarConfig
from cockpit.testing import FakeClock, FakeHost, FakeMachine, HttpContract, Misbehaving, ProviderContract
from cockpit.testing.contract import HOSTILE
from support.calendars import GOOGLE, ONCALL, OPSGENIE, OUTLOOK, PAGERDUTY, calendar, event
from support.servers import request_of, serving

CANARY = "canary-91ac-token"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
JANE = Person(id="jane", name="Jane Doe", timezone="Europe/London", contacts=(Contact(via="email", to="jane@example.com"),))
RAJ = Person(id="raj", name="Raj Patel", timezone="Asia/Kolkata", also=("raj@example.com", "Raj"))
PEOPLE = (JANE, RAJ)
BROKEN: list[tuple[tuple[str, ...], str]] = [
    (("DTSTART;TZID=Mars/Olympus:20261125T000000", "DTEND;TZID=Mars/Olympus:20261126T000000"), "time zone 'Mars/Olympus'"),
    (("DTSTART;TZID=Europe/Berln:20261125T000000", "DTEND:20261126T000000Z"), "did you mean Europe/Berlin"),
    (("DTSTART:20261125T000000", "DTEND:20261126T000000"), "it has no time zone: say with timezone"),
    (("DTSTART;VALUE=DATE:20261125",), "it has no time zone: say with timezone"),
    (("DTSTART:2026-11-25", "DTEND:20261126T000000Z"), "its DTSTART cannot be read"),
    (("DTSTART:20261145T000000Z", "DTEND:20261126T000000Z"), "its DTSTART cannot be read"),
    (("DTEND:20261126T000000Z",), "it has no beginning"),
    (("DTSTART:20261125T000000Z",), "it has no end"),
    (("DTSTART:20261126T000000Z", "DTEND:20261125T000000Z"), "it does not end after its beginning"),
    (("DTSTART:20261125T000000Z", "DTSTART:20261124T000000Z", "DTEND:20261126T000000Z"), "its DTSTART comes twice"),
    (("DTSTART:20261125T000000Z", "DURATION:-P1D"), "it does not end after its beginning"),
    (("DTSTART:20261125T000000Z", "DURATION:12 hours"), "its DURATION cannot be read"),
    (("DTSTART:00010101T000000Z", "DTEND:20261126T000000Z", "RDATE:20261125T000000Z"), "lies in the year 1"),
    (("DTSTART:20261125T000000Z", "DTEND:20261126T000000Z", "RRULE:FREQ=SOMETIMES"), "RRULE cannot be read"),
    (("DTSTART:20261125T000000Z", "DTEND:20261126T000000Z", "RRULE:FREQ=SECONDLY"), "it recurs secondly: no shift does"),
    (("DTSTART:20261125T000000Z", "DTEND:20261126T000000Z", "RRULE:FREQ=DAILY;INTERVAL=0"), "INTERVAL below 1"),
    (("DTSTART:20261125T000000Z", "DTEND:20261126T000000Z", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), "days that no month has"),
    (("DTSTART:20261125T000000Z", "DTEND:20261126T000000Z", "RRULE:FREQ=DAILY", "EXRULE:FREQ=WEEKLY"), "EXRULE"),
]  # fmt: skip
"""Events that cannot be used, and why."""


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def host(clock: FakeClock | None = None, people: tuple[Person, ...] = PEOPLE) -> FakeHost:
    machine = FakeMachine()
    machine.people = people
    return FakeHost(clock or FakeClock(), machine)


class TestItKeepsTheContractOverHttp(HttpContract):
    # safety 13 14 15
    secrets = (CANARY,)
    answers: ClassVar[Mapping[str, bytes]] = {f"/private/{CANARY}/feed.ics": PAGERDUTY}

    def connected(self, url: str) -> object:
        where = Secret(f"{url}/private/{CANARY}/feed.ics?token={CANARY}")
        return Calendar("contract", CalendarConfig(secret_url=where, within=Seconds(1.0), strangers=True), host())

    def hostile(self) -> object:
        poisoned = {path: body.replace(b"Jane Doe", HOSTILE.encode()) for path, body in self.answers.items()}
        poisoned = {path: body.replace(b"jane@example.com", HOSTILE.encode()) for path, body in poisoned.items()}
        return self.connected(self._served(poisoned).url)

    def malformed(self) -> tuple[object, int]:
        good = [event(f"DTSTART:202611{day}T000000Z", f"DTEND:202611{day}T080000Z", uid=f"good-{day}") for day in (24, 25, 26)]
        bad = [event(*lines, uid=f"bad-{number}", summary=f"Bad {number}") for number, (lines, _) in enumerate(BROKEN)]
        body = calendar(good[0], *bad[:9], good[1], *bad[9:], good[2])
        return self.connected(self._served(dict.fromkeys(self.answers, body)).url), len(good) + len(bad)


class Reader:
    """A calendar in a file, asked around the time at which the tests play."""

    def __init__(self, path: Path, body: bytes, people: tuple[Person, ...] = PEOPLE, **settings: Any) -> None:
        self.path, self.clock = path / "rota.ics", FakeClock()
        self.path.write_bytes(body)
        config = CalendarConfig(file=str(self.path), **{"strangers": True, **settings})
        self.provider = Calendar("cal", config, host(self.clock, people))

    def on_call(self, at: datetime = NOW) -> Answer[OnCall]:
        return asyncio.run(self.provider.on_call(at))

    def shifts(self, since: str = "2026-11-20", until: str = "2026-12-10") -> Answer[Shift]:
        return asyncio.run(self.provider.shifts(utc(since), utc(until)))

    def said(self, since: str = "2026-11-20", until: str = "2026-12-10") -> list[tuple[str, str, str, str]]:
        """Who, where, from, until."""
        return [
            (each.person, each.roster, f"{each.start:%m-%d %H:%M}", f"{each.end:%m-%d %H:%M}")
            for each in self.shifts(since, until).records
        ]


def test_it_comes_by_entry_point_and_tells_rosters() -> None:
    assert plugins.load(plugins.PROVIDERS, "calendar") is Calendar
    provider = Calendar("cal", CalendarConfig(file="/nowhere.ics"), host())
    assert capabilities(provider) == {"Rosters", "Shifts"}


class TestExports:
    def test_of_pagerduty(self, tmp_path: Path) -> None:
        reader = Reader(tmp_path, PAGERDUTY)
        roster = "On Call Schedule for Web team rota"
        assert reader.said() == [
            ("jane", roster, "11-23 08:00", "11-30 08:00"),
            ("raj", roster, "11-30 08:00", "12-07 08:00"),
        ]
        (told,) = reader.on_call().records
        assert (told.now and told.now.name, told.now and told.now.timezone, told.next and told.next.person) == (
            "Jane Doe", "Europe/London", "raj",
        )  # fmt: skip
        assert told.gap is not None
        assert (told.gap.start, told.gap.end) == (utc("2026-12-07T08:00"), None)

    def test_of_pagerduty_by_the_attendee_where_nobody_is_known(self, tmp_path: Path) -> None:
        assert [each[0] for each in Reader(tmp_path, PAGERDUTY, people=()).said()] == ["jane@example.com", "raj@example.com"]

    def test_of_opsgenie(self, tmp_path: Path) -> None:
        assert Reader(tmp_path, OPSGENIE, roster="ops").said() == [
            ("jane", "ops", "11-23 06:00", "11-30 06:00"),
            ("raj", "ops", "11-30 06:00", "12-07 06:00"),
        ]

    def test_of_grafana_oncall(self, tmp_path: Path) -> None:
        reader = Reader(tmp_path, ONCALL, roster="web", person=r"\[L(?P<level>\d)\] (?P<person>.+)")
        levels = {(each.roster, each.level): each.now and each.now.person for each in reader.on_call().records}
        assert levels == {("web", 1): "jane", ("web", 2): "raj"}

    def test_of_google(self, tmp_path: Path) -> None:
        people = (Person(id="jane", name="Jane", timezone="Europe/London"), RAJ)
        assert Reader(tmp_path, GOOGLE, people=people).said("2026-11-23", "2026-12-03") == [
            ("jane", "Web on call", "11-23 19:00", "11-24 07:00"),
            # the 25th is an exception
            ("raj", "Web on call", "11-27 23:00", "11-29 23:00"),  # days as a whole, by the calendar's own clock
            ("raj", "Web on call", "11-30 20:00", "12-01 07:00"),  # moved
            ("jane", "Web on call", "12-02 19:00", "12-03 07:00"),
        ]

    def test_of_outlook(self, tmp_path: Path) -> None:
        assert Reader(tmp_path, OUTLOOK, roster="days").said() == [
            ("jane", "days", f"11-{day} 07:00", f"11-{day} 19:00") for day in range(23, 28)
        ]


class TestWhose:
    def said(self, tmp_path: Path, *lines: str, summary: str, people: tuple[Person, ...] = PEOPLE, **settings: Any) -> Any:
        body = calendar(event("DTSTART:20261125T000000Z", "DTEND:20261126T000000Z", *lines, summary=summary))
        reader = Reader(tmp_path, body, people, **settings)
        answer = reader.shifts()
        return [each.person for each in answer.records] or answer.remarks

    def test_a_name_within_the_summary(self, tmp_path: Path) -> None:
        assert self.said(tmp_path, summary="Primary: jane doe (EU)") == ["jane"]

    def test_a_longer_name_is_not_the_shorter_one_too(self, tmp_path: Path) -> None:
        people = (Person(id="a", name="Ana"), Person(id="aa", name="Ana Alves"))
        assert self.said(tmp_path, summary="Ana Alves is on", people=people) == ["aa"]
        assert self.said(tmp_path, summary="Anatole is on", people=people) == ["Anatole is on"]

    def test_who_is_none_of_the_people_is_on_call_only_where_strangers_may_be(self, tmp_path: Path) -> None:
        told = self.said(tmp_path, summary="Team lunch", strangers=False)
        assert told == ("Team lunch: it names nobody of [people]: add them, or set strangers = true",)
        assert Reader(tmp_path, calendar(event(summary="Team lunch")), strangers=False).shifts().rejected == 1
        attendee = "ATTENDEE;CN=Raj Patel;ROLE=REQ-PARTICIPANT:mailto:raj@example.com"
        assert self.said(tmp_path, attendee, summary="Team lunch", strangers=False) == ["raj"]
        assert self.said(tmp_path, summary="Zoe", strangers=True) == ["Zoe"]
        assert self.said(tmp_path, summary="Zoe", strangers=False, people=()) == ["Zoe"], "nobody is known: everybody may be"
        assert self.said(tmp_path, summary="Zoe is on", strangers=False, person=r"^(\w+) is on") == ["Zoe"], "the pattern says so"

    def test_two_names_say_what_to_do(self, tmp_path: Path) -> None:
        told = self.said(tmp_path, summary="Raj for Jane Doe")
        assert told == ("Raj for Jane Doe: it names Jane Doe and Raj Patel: say with person who is meant",)
        assert self.said(tmp_path, summary="Raj for Jane Doe", person=r"^(?P<person>\w+) for") == ["raj"]

    def test_a_name_that_two_have_says_so_and_an_address_beside_it_tells_who_is_meant(self, tmp_path: Path) -> None:
        people = (
            Person(id="alex1", name="Alex"),
            Person(id="alex2", name="Alex", contacts=(Contact(via="email", to="two@example.com"),)),
        )
        told = "it names Alex (alex1) and Alex (alex2): say with person who is meant"
        for summary in ("Alex", "On call: Alex"):
            assert self.said(tmp_path, summary=summary, people=people) == (f"{summary}: {told}",)
        assert self.said(tmp_path, summary="Alex is on", people=people, person=r"^(\w+) is on") == (f"Alex is on: {told}",)
        attendee = "ATTENDEE;CN=Alex:mailto:{}@example.com"
        assert self.said(tmp_path, attendee.format("two"), summary="Shift", people=people) == ["alex2"]
        assert self.said(tmp_path, attendee.format("who"), summary="Shift", people=people) == (f"Shift: {told}",)

    def test_the_names_of_its_attendees(self, tmp_path: Path) -> None:
        attendee = "ATTENDEE;CN=Somebody;ROLE=REQ-PARTICIPANT:mailto:jane@example.com"
        assert self.said(tmp_path, attendee, summary="Shift") == ["jane"]
        assert self.said(tmp_path, attendee, summary="Shift", people=()) == ["Somebody"]

    def test_a_pattern_on_another_field(self, tmp_path: Path) -> None:
        line = r"DESCRIPTION:On: Raj\, Jane Doe\nnext: x"
        told = self.said(tmp_path, line, summary="x", person=r"Raj|Jane Doe", of="description")
        assert told == ["jane", "raj"]

    def test_what_does_not_match_is_no_shift(self, tmp_path: Path) -> None:
        body = calendar(
            event("DTSTART:20261125T000000Z", "DTEND:20261126T000000Z", summary="on call: Raj"),
            event("DTSTART:20261125T000000Z", "DTEND:20261126T000000Z", uid="2", summary="Jane Doe's birthday"),
        )
        answer = Reader(tmp_path, body, person="on call: (.+)").shifts()
        assert [each.person for each in answer.records] == ["raj"]
        assert (answer.rejected, answer.remarks) == (0, ())

    def test_a_pattern_that_matches_nothing_says_so(self, tmp_path: Path) -> None:
        assert self.said(tmp_path, summary="Raj", person="oncall: (.+)") == ("none of its 1 events matches person: oncall: (.+)",)

    def test_a_pattern_may_name_the_roster(self, tmp_path: Path) -> None:
        body = calendar(
            event("DTSTART:20261125T000000Z", "DTEND:20261126T000000Z", summary="db: Raj"),
            event("DTSTART:20261125T000000Z", "DTEND:20261126T000000Z", uid="2", summary="web: Jane Doe"),
        )
        told = Reader(tmp_path, body, person="(?P<roster>.+): (?P<person>.+)", roster="rest").on_call().records
        assert [(each.roster, each.now and each.now.person) for each in told] == [("db", "raj"), ("rest", None), ("web", "jane")]


class TestRosters:
    def test_two_at_once_sit_beside_each_other(self, tmp_path: Path) -> None:
        body = calendar(
            event("DTSTART:20261124T000000Z", "DTEND:20261126T000000Z", uid="1", summary="Raj"),
            event("DTSTART:20261125T000000Z", "DTEND:20261127T000000Z", uid="2", summary="Jane Doe"),
            event("DTSTART:20261126T000000Z", "DTEND:20261128T000000Z", uid="3", summary="Zoe"),
        )
        reader = Reader(tmp_path, body, roster="ops")
        assert reader.said() == [
            ("raj", "ops", "11-24 00:00", "11-26 00:00"),
            ("jane", "ops 2", "11-25 00:00", "11-27 00:00"),
            ("Zoe", "ops", "11-26 00:00", "11-28 00:00"),
        ]
        (first, second) = reader.on_call().records
        assert (first.always, second.always, second.gap) == (True, False, None)  # that nobody sits beside is no gap

    def test_the_first_seat_that_is_free_is_taken(self, tmp_path: Path) -> None:
        body = calendar(
            event("DTSTART:20261124T000000Z", "DTEND:20261125T000000Z", uid="1", summary="A1"),
            event("DTSTART:20261124T000000Z", "DTEND:20261124T060000Z", uid="2", summary="B1"),
            event("DTSTART:20261124T000000Z", "DTEND:20261124T120000Z", uid="3", summary="C1"),
            event("DTSTART:20261124T180000Z", "DTEND:20261125T000000Z", uid="4", summary="D1"),
            event("DTSTART:20261124T190000Z", "DTEND:20261125T000000Z", uid="5", summary="E1"),
        )
        seats = {who: roster for who, roster, _, _ in Reader(tmp_path, body, roster="ops").said()}
        assert seats == {"A1": "ops", "B1": "ops 2", "C1": "ops 3", "D1": "ops 2", "E1": "ops 3"}

    def test_what_one_has_without_a_break_is_one_shift(self, tmp_path: Path) -> None:
        days = [
            event(f"DTSTART;VALUE=DATE:202611{day}", f"DTEND;VALUE=DATE:202611{day + 1}", uid=str(day), summary="Raj")
            for day in (24, 25, 26)
        ]
        assert Reader(tmp_path, calendar(*days), timezone="Asia/Kolkata", roster="x").said() == [
            ("raj", "x", "11-23 18:30", "11-26 18:30")
        ]

    def test_a_gap_has_its_real_ends(self, tmp_path: Path) -> None:
        body = calendar(
            event("DTSTART:20261120T000000Z", "DTEND:20261124T000000Z", uid="1"),
            event("DTSTART:20261127T000000Z", "DTEND:20261128T000000Z", uid="2"),
        )
        (told,) = Reader(tmp_path, body).on_call().records
        assert told.now is None
        assert told.next is not None
        assert told.next.start == utc("2026-11-27")
        assert told.gap is not None
        assert (told.gap.start, told.gap.end) == (utc("2026-11-24"), utc("2026-11-27"))
        (told,) = Reader(tmp_path, body, always=False).on_call().records
        assert (told.gap, told.always) == (None, False)

    def test_a_calendar_without_events_is_a_roster_without_people(self, tmp_path: Path) -> None:
        (told,) = Reader(tmp_path, calendar(name="Quiet")).on_call().records
        assert (told.roster, told.now, told.gap is not None) == ("Quiet", None, True)

    def test_people_are_those_of_the_config_as_it_is_now(self, tmp_path: Path) -> None:
        reader = Reader(tmp_path, PAGERDUTY, people=())
        assert [each.now and each.now.person for each in reader.on_call().records] == ["jane@example.com"]
        reader.provider._machine.people = PEOPLE  # type: ignore[misc]  # the fake's
        assert [each.now and each.now.person for each in reader.on_call().records] == ["jane"]


class TestWhatIsBrokenCostsItself:
    @pytest.mark.parametrize(("lines", "says"), BROKEN)
    def test_and_says_why(self, tmp_path: Path, lines: tuple[str, ...], says: str) -> None:
        body = calendar(
            event("DTSTART:20261125T000000Z", "DTEND:20261126T000000Z", uid="good"), event(*lines, uid="bad", summary="Bad")
        )
        answer = Reader(tmp_path, body).on_call()
        assert [each.now and each.now.person for each in answer.records] == ["Ana"]
        assert answer.rejected == 1
        assert answer.remarks[0].startswith("Bad: ")
        assert says in answer.remarks[0]

    def test_many_are_counted_and_three_are_named(self, tmp_path: Path) -> None:
        body = calendar(*(event("DTSTART:never", uid=str(number), summary=f"Bad {number}") for number in range(10)))
        answer = Reader(tmp_path, body).on_call()
        assert answer.rejected == 10
        assert answer.remarks[3:] == ("7 more events cannot be used",)

    def test_an_event_that_does_not_end_takes_no_other_along(self, tmp_path: Path) -> None:
        good = event("DTSTART:20261125T000000Z", "DTEND:20261126T000000Z", uid="good")
        body = calendar(good.replace("END:VEVENT\n", ""), good)
        answer = Reader(tmp_path, body).on_call()
        assert (answer.rejected, [each.now and each.now.name for each in answer.records]) == (1, ["Ana"])

    @pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"fine", b"<html>", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:2026"])
    def test_what_is_no_whole_calendar_is_no_answer(self, tmp_path: Path, body: bytes) -> None:
        with pytest.raises(Malformed):
            Reader(tmp_path, body).on_call()


class TestFiles:
    def test_one_that_is_not_there_says_which(self, tmp_path: Path) -> None:
        provider = Calendar("cal", CalendarConfig(file=str(tmp_path / "no.ics")), host())
        with pytest.raises(NotFound, match=r"there is no .*/no\.ics"):
            asyncio.run(provider.on_call(NOW))

    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        provider = Calendar("cal", CalendarConfig(file=str(tmp_path / "pipe")), host())
        with pytest.raises(NotFound, match="is no file"):
            asyncio.run(provider.on_call(NOW))

    def test_it_is_read_again_when_it_has_changed(self, tmp_path: Path) -> None:
        reader = Reader(tmp_path, calendar(event("DTSTART:20261125T000000Z", "DTEND:20261126T000000Z")))
        assert [each.now and each.now.person for each in reader.on_call().records] == ["Ana"]
        changed = tmp_path / "new.ics"
        changed.write_bytes(calendar(event("DTSTART:20261125T000000Z", "DTEND:20261126T000000Z", summary="Raj")))
        changed.replace(reader.path)
        assert [each.now and each.now.person for each in reader.on_call().records] == ["raj"]

    def test_half_a_file_leaves_what_was_read_before(self, tmp_path: Path) -> None:
        reader = Reader(tmp_path, PAGERDUTY)
        before = reader.on_call()
        reader.path.write_bytes(PAGERDUTY[:300])
        after = reader.on_call()
        assert (after.records, after.complete) == (before.records, False)
        assert after.remarks == ("the calendar ends in the middle: there is no END:VCALENDAR; this is what it said at 03:12 UTC",)
        reader.path.write_bytes(PAGERDUTY)
        assert reader.on_call() == before


class Tagged:
    """A server that tells its answers apart by a tag. ``sent`` are the statuses it gave."""

    def __init__(self, body: bytes) -> None:
        self.body, self.tag = body, '"v1"'
        self.sent: list[int] = []

    def talk(self, connection: socket.socket) -> None:
        while heard := request_of(connection):
            had = f"if-none-match: {self.tag}".lower() in heard.lower()
            self.sent.append(304 if had else 200)
            head = f"HTTP/1.1 304 Not Modified\r\nETag: {self.tag}\r\n\r\n"
            if not had:
                kind = f"Content-Type: text/calendar\r\nContent-Length: {len(self.body)}"
                head = f"HTTP/1.1 200 OK\r\nETag: {self.tag}\r\n{kind}\r\n\r\n"
            connection.sendall(head.encode() + (b"" if had else self.body))


def ask(provider: Calendar) -> Answer[OnCall] | ProviderError:
    """What it says, and close it."""

    async def asked() -> Answer[OnCall] | ProviderError:
        try:
            return await provider.on_call(NOW)
        except ProviderError as error:
            return error
        finally:
            await provider.close()

    return asyncio.run(asked())


class TestAddresses:
    def test_it_is_asked_no_more_often_than_refresh(self) -> None:
        clock = FakeClock()
        with Misbehaving({"/rota.ics": PAGERDUTY}) as server:
            provider = Calendar("cal", CalendarConfig(url=f"{server.url}/rota.ics", refresh=Seconds(300)), host(clock))
            for _ in range(20):
                assert isinstance(ask(provider), Answer)
                clock.advance(30)
        assert len(server.heard) == 2
        assert server.heard[0][2]["accept"].startswith("text/calendar")

    def test_what_has_not_changed_is_not_sent_again(self) -> None:
        clock = FakeClock()
        server = Tagged(PAGERDUTY)
        with serving(server.talk) as port:
            provider = Calendar("cal", CalendarConfig(url=f"http://127.0.0.1:{port}/rota.ics"), host(clock))
            first = ask(provider)
            clock.advance(301)
            assert ask(provider) == first
            server.body, server.tag = GOOGLE, '"v2"'
            clock.advance(301)
            changed = ask(provider)
        assert isinstance(changed, Answer)
        assert [each.roster for each in changed.records] == ["Web on call"]
        assert server.sent == [200, 304, 200]

    def test_a_token_in_the_query_is_sent_as_it_is(self) -> None:
        with Misbehaving({"/export": PAGERDUTY}) as server:
            provider = Calendar("cal", CalendarConfig(secret_url=Secret(f"{server.url}/export?token=a%2Fb%3D&x=")), host())
            assert isinstance(ask(provider), Answer)
        assert server.heard[0][1] == "/export?token=a%2Fb%3D&x="

    def test_webcal_is_http(self) -> None:
        provider = Calendar("cal", CalendarConfig(url="webcal://127.0.0.1:1/rota.ics"), host())
        error = ask(provider)
        assert isinstance(error, NotReached)
        assert provider._source.name == "https://127.0.0.1:1"

    def test_one_that_fails_is_believed_for_a_day(self) -> None:
        clock = FakeClock()
        with Misbehaving({"/rota.ics": PAGERDUTY}) as server:
            provider = Calendar("cal", CalendarConfig(url=f"{server.url}/rota.ics", within=Seconds(1.0)), host(clock))
            first = ask(provider)
            server.fault = "500"
            clock.advance(301)
            later = ask(provider)
            assert isinstance(first, Answer)
            assert isinstance(later, Answer)
            assert (later.records, later.complete) == (first.records, False)
            assert later.remarks == ("it answered 500: the disk is full; this is what it said at 03:12 UTC",)
            asked = len(server.heard)
            clock.advance(30)
            assert ask(provider) == later
            assert len(server.heard) == asked  # not asked again and again meanwhile
            clock.advance(24 * 3600)
            assert isinstance(ask(provider), Unreachable)
            server.fault = ""
            clock.advance(61)
            assert isinstance(ask(provider), Answer)

    def test_a_server_that_wants_to_be_left_alone_is(self) -> None:
        clock = FakeClock()
        with Misbehaving({"/rota.ics": PAGERDUTY}) as server:
            provider = Calendar("cal", CalendarConfig(url=f"{server.url}/rota.ics"), host(clock))
            ask(provider)
            server.fault = "429"
            clock.advance(301)
            ask(provider)
            clock.advance(16)
            ask(provider)
            assert len(server.heard) == 2
            server.fault = ""
            clock.advance(2)
            answer = ask(provider)
            assert len(server.heard) == 3
        assert isinstance(answer, Answer)
        assert answer.complete

    def test_an_address_that_is_revoked_is_no_answer(self) -> None:
        clock = FakeClock()
        with Misbehaving({"/rota.ics": PAGERDUTY}) as server:
            provider = Calendar("cal", CalendarConfig(url=f"{server.url}/rota.ics"), host(clock))
            ask(provider)
            server.answers.clear()
            clock.advance(301)
            assert isinstance(ask(provider), NotFound)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "give one of file, url and secret_url"),
        ({"file": "a", "url": "https://x"}, "give one of file, url and secret_url"),
        ({"url": "cal.example/rota.ics"}, "write http://cal.example/rota.ics"),
        ({"file": "a", "level": 0}, "level must be 1"),
        ({"file": "a", "refresh": "1s"}, "refresh must be"),
        ({"file": "a", "person": "("}, "person is no pattern"),
        ({"file": "a", "person": "(a+)+$"}, "person is no pattern that can be used, at character"),
        ({"url": "https://x", "headers": {"X-Tenant": "a\r\nX-Admin: 1"}}, "headers holds what cannot be a header: 'X-Tenant'"),
        ({"url": "https://x", "headers": {"X Tenant": "a"}}, "headers holds what cannot be a header: 'X Tenant'"),
        ({"file": "a", "timezone": "Europe/Berln"}, "did you mean Europe/Berlin"),
        ({"file": "a", "of": "colour"}, "of"),
    ],
)
def test_a_config_that_cannot_be_says_why(settings: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        decode_settings(CalendarConfig, settings, lambda _: Secret("x"))


def test_it_may_be_asked_with_credentials() -> None:
    with Misbehaving({"/rota.ics": PAGERDUTY}) as server:
        auth = HttpAuth(user="jane", password=Secret(CANARY))
        provider = Calendar("cal", CalendarConfig(url=f"{server.url}/rota.ics", auth=auth), host())
        ask(provider)
    assert server.heard[0][2]["authorization"].startswith("Basic ")


class TestDays:
    def told(self, tmp_path: Path, *events: str, **settings: Any) -> Answer[Day]:
        reader = Reader(tmp_path, calendar(*events), **settings)
        return asyncio.run(reader.provider.days())

    def test_what_it_holds_is_what_it_can_tell(self) -> None:
        for holds, can in (("shifts", {"Rosters", "Shifts"}), ("absences", {"Days"}), ("holidays", {"Days"})):
            assert capabilities(Calendar("cal", CalendarConfig(file="x", holds=holds), host())) == can  # type: ignore[arg-type]  # one of three

    def test_absences_of_whole_days_are_on_the_clock_of_who_is_away(self, tmp_path: Path) -> None:
        dentist = ("DTSTART:20261201T100000Z", "DTEND:20261201T120000Z", "RRULE:FREQ=WEEKLY;COUNT=2")
        answer = self.told(
            tmp_path,
            event("DTSTART;VALUE=DATE:20261124", "DTEND;VALUE=DATE:20261126", uid="1", summary="Raj - PTO"),
            event(*dentist, uid="2", summary="Jane Doe: dentist"),
            event("DTSTART;VALUE=DATE:20261124", uid="3", summary="Zoe"),
            event("DTSTART:20261126T090000", "DTEND:20261126T100000", uid="4", summary="Raj: dentist"),
            holds="absences",
            timezone="America/New_York",
        )
        assert [(each.person, each.start, each.end, each.why) for each in answer.records if isinstance(each, Leave)] == [
            ("raj", utc("2026-11-23T18:30"), utc("2026-11-25T18:30"), "Raj - PTO"),
            ("raj", utc("2026-11-26T14:00"), utc("2026-11-26T15:00"), "Raj: dentist"),  # by the calendar's clock
            ("jane", utc("2026-12-01T10:00"), utc("2026-12-01T12:00"), "Jane Doe: dentist"),
            ("jane", utc("2026-12-08T10:00"), utc("2026-12-08T12:00"), "Jane Doe: dentist"),
        ]
        assert (answer.rejected, answer.remarks) == (0, ())

    def test_absences_of_nobody_who_is_known_say_so(self, tmp_path: Path) -> None:
        answer = self.told(tmp_path, event("DTSTART;VALUE=DATE:20261124", summary="Zoe"), holds="absences")
        assert answer.remarks == ("none of its 1 events names anybody of [people]",)

    def test_holidays_are_days_as_a_whole(self, tmp_path: Path) -> None:
        answer = self.told(
            tmp_path,
            event("DTSTART;VALUE=DATE:20201225", "RRULE:FREQ=YEARLY", uid="1", summary="Christmas"),
            event("DTSTART;VALUE=DATE:20261230", "DTEND;VALUE=DATE:20270102", uid="2", summary="Turn of the year"),
            event("DTSTART:20261224T120000Z", "DTEND:20261224T180000Z", uid="3", summary="Half a day"),
            event("DTSTART;VALUE=DATE:20260101", "DTEND;VALUE=DATE:20290101", uid="4", summary="A slip"),
            holds="holidays",
        )
        assert [(f"{each.day:%y-%m-%d}", each.name) for each in answer.records if isinstance(each, Holiday)] == [
            ("26-12-25", "Christmas"), ("26-12-30", "Turn of the year"), ("26-12-31", "Turn of the year"),
            ("27-01-01", "Turn of the year"), ("27-12-25", "Christmas"),
        ]  # fmt: skip
        assert answer.rejected == 2
        assert set(answer.remarks) == {"Half a day: it is no day as a whole", "A slip: it has more than 400 days"}

    def test_a_file_that_is_broken_off_leaves_what_was_known(self, tmp_path: Path) -> None:
        reader = Reader(tmp_path, calendar(event("DTSTART;VALUE=DATE:20261124", summary="Raj")), holds="absences")
        before = asyncio.run(reader.provider.days())
        reader.path.write_bytes(b"BEGIN:VCALENDAR")
        after = asyncio.run(reader.provider.days())
        assert (after.records, after.complete) == (before.records, False)
        assert "ends in the middle" in after.remarks[0]


class TestDaysKeepTheContract(ProviderContract):
    def provider(self) -> object:
        return self.of("Raj")

    def hostile(self) -> object:
        return self.of(f"Raj {HOSTILE}")

    def of(self, summary: str) -> Calendar:
        folder = Path(self._folder())
        (folder / "days.ics").write_bytes(calendar(event("DTSTART;VALUE=DATE:20261124", summary=summary)))
        return Calendar("contract", CalendarConfig(file=str(folder / "days.ics"), holds="absences"), host())

    def _folder(self) -> str:
        self._kept.append(tempfile.TemporaryDirectory())
        return self._kept[-1].name

    def setup_method(self) -> None:
        self._kept: list[tempfile.TemporaryDirectory[str]] = []

    def teardown_method(self) -> None:
        for each in self._kept:
            each.cleanup()
