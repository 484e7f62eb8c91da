"""Reading calendars: their text, their zones, what recurs, and what somebody might write to keep this machine busy."""

from __future__ import annotations

import re
import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import available_timezones

import pytest
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from cockpit.provider import Malformed
from cockpit.providers.ics_book import Book, Found
from cockpit.providers.ics_text import MOST_EVENTS, parts, written
from cockpit.providers.ics_zones import UnknownZone, Zones
from support.calendars import calendar, event

TODAY = date(2026, 11, 25)
SINCE, UNTIL = datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
DAY = ("DTSTART:20261125T080000Z", "DTEND:20261125T200000Z")


def found(*events: str, since: datetime = SINCE, until: datetime = UNTIL) -> Found:
    return Book(parts(calendar(*events)), TODAY).between(since, until)


def said(*events: str) -> list[str]:
    """When and what, in order."""
    read = found(*events)
    assert read.broken == ()
    return sorted(f"{each.start:%m-%d %H:%M}-{each.end:%d %H:%M} {' '.join(each.texts('SUMMARY'))}" for each in read.happenings)


class TestText:
    def test_lines_are_unfolded_and_escapes_are_read(self) -> None:
        folded = "SUMMARY:On call\\, all\n  day\\; yes\\nsecond \\\\ line"
        (one,) = found(event(*DAY, folded, summary="")).happenings
        assert one.texts("SUMMARY") == ("On call, all day; yes second \\ line",)

    @pytest.mark.parametrize("ending", ["\r\n", "\n", "\r"])
    def test_any_line_break_will_do_and_a_mark_of_byte_order_too(self, ending: str) -> None:
        body = b"\xef\xbb\xbf" + calendar(event(*DAY)).replace(b"\r\n", ending.encode())
        assert len(Book(parts(body), TODAY).between(SINCE, UNTIL).happenings) == 1

    def test_names_in_small_letters_and_characters_that_break_lines_elsewhere(self) -> None:
        text = calendar(event(*DAY, summary="Ana\u2028Bo\x0bCy")).decode()
        small = re.sub(r"^[A-Z-]+:", lambda name: name[0].lower(), text, flags=re.MULTILINE)
        (one,) = Book(parts(small.encode()), TODAY).between(SINCE, UNTIL).happenings
        assert one.texts("SUMMARY") == ("Ana⟨U+2028⟩Bo␋Cy",)

    def test_what_hangs_on_an_event_is_left_out(self) -> None:
        alarm = ("BEGIN:VALARM", "SUMMARY:no", "DTSTART:19700101T000000Z", "TRIGGER:nonsense", "END:VALARM")
        assert said(event(*alarm, *DAY)) == ["11-25 08:00-25 20:00 Ana"]

    def test_other_components_and_calendars_behind_each_other(self) -> None:
        todo = "BEGIN:VTODO\nUID:t\nDTSTART:20261125T080000Z\nDUE:20261126T080000Z\nEND:VTODO\n"
        body = calendar(todo, event(*DAY)) + calendar(event(*DAY, uid="2", summary="Bo"))
        assert len(Book(parts(body), TODAY).between(SINCE, UNTIL).happenings) == 2

    def test_an_event_without_a_uid_is_one_of_its_own(self) -> None:
        events = [event(*DAY, summary=name).replace("UID:1@example.com\n", "") for name in ("Ana", "Bo", "Ana")]
        assert said(*events) == ["11-25 08:00-25 20:00 Ana", "11-25 08:00-25 20:00 Bo"]

    def test_more_events_than_are_read_are_counted(self) -> None:
        body = calendar(*([event(*DAY)] * (MOST_EVENTS + 2)))
        assert (len(parts(body).events), parts(body).more) == (MOST_EVENTS, 2)

    @pytest.mark.parametrize("body", [b"", b"\0" * 1000, b"BEGIN:VEVENT\r\nEND:VEVENT", b"BEGIN:VCALENDAR", b"[1, 2]"])
    def test_what_is_no_calendar_says_so(self, body: bytes) -> None:
        with pytest.raises(Malformed, match=r"no calendar|ends in the middle"):
            parts(body)

    def test_the_days_of_single_events_are_known_without_reading_them(self) -> None:
        assert written(["DTSTART;TZID=X:20261125T080000", "DTEND:20261126T200000Z"]).last == "20261126"
        assert written(["DTSTART;VALUE=DATE:20261125"]).first == "20261125"
        assert written(["DTSTART:20261125T080000Z", "RRULE:FREQ=DAILY"]).last == ""


class TestZones:
    def test_every_name_of_windows_means_a_zone_of_the_database(self) -> None:
        zones = Zones({})
        assert {zones.name(name) for name in WINDOWS_TO_OLSON} <= available_timezones()
        assert zones.name("W. Europe Standard Time") == "Europe/Berlin"

    @pytest.mark.parametrize(
        ("tzid", "name"),
        [
            ("Europe/Berlin", "Europe/Berlin"),
            (" europe/berlin ", "Europe/Berlin"),
            ("/mozilla.org/20050126_1/Europe/Berlin", "Europe/Berlin"),
            ("/freeassociation.sourceforge.net/Tzfile/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
            ("tzone://Microsoft/Utc", "UTC"),
            ("Z", "UTC"),
        ],
    )
    def test_what_a_tzid_means(self, tzid: str, name: str) -> None:
        assert Zones({}).name(tzid) == name

    def test_a_place_behind_the_rules_goes_before_them(self) -> None:
        assert Zones({"Home": "TZID:Home\r\nX-LIC-LOCATION:Asia/Tokyo"}).name("Home") == "Asia/Tokyo"

    @pytest.mark.parametrize(
        "tzid", ["Mars/Olympus", "localtime", "posixrules", "Customized Time Zone", "../../etc/passwd", "", "A" * 5000]
    )
    def test_what_nobody_knows_is_named(self, tzid: str) -> None:
        with pytest.raises(UnknownZone, match="time zone"):
            Zones({}).name(tzid)

    @pytest.mark.parametrize(
        "rules",
        [
            "BEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nEND:STANDARD",
            "BEGIN:STANDARD\r\nDTSTART:x\r\nTZOFFSETFROM:+9900\r\nTZOFFSETTO:y\r\nEND:STANDARD",
            "BEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nRRULE:FREQ=SECONDLY\r\nEND:STANDARD",
            "",
        ],
    )
    def test_rules_that_are_none_are_named_too(self, rules: str) -> None:
        with pytest.raises(UnknownZone, match="'Odd'"):
            Zones({"Odd": f"TZID:Odd\r\n{rules}"}).name("Odd")


class TestWhatRecurs:
    WEEKLY = ("DTSTART;TZID=Europe/Berlin:20261102T080000", "DTEND;TZID=Europe/Berlin:20261102T200000")

    def test_with_exceptions_and_additions(self) -> None:
        assert said(
            event(
                *self.WEEKLY, "RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE;TZID=Europe/Berlin:20261109T080000,20261123T080000",
                "RDATE;TZID=Europe/Berlin:20261111T100000", "RDATE;VALUE=PERIOD:20261112T070000Z/PT2H",
            )
        ) == [
            "11-02 07:00-02 19:00 Ana", "11-11 09:00-11 21:00 Ana", "11-12 07:00-12 09:00 Ana", "11-16 07:00-16 19:00 Ana",
        ]  # fmt: skip

    def test_one_occurrence_that_was_moved_and_one_that_was_called_off(self) -> None:
        series = event(*self.WEEKLY, "RRULE:FREQ=WEEKLY;COUNT=3")
        moved = event(
            "RECURRENCE-ID:20261109T070000Z", "DTSTART:20261210T070000Z", "DTEND:20261210T080000Z",
            summary="Bo",
        )  # fmt: skip
        off = event("RECURRENCE-ID;TZID=Europe/Berlin:20261116T080000", *self.WEEKLY, "STATUS:CANCELLED")
        assert said(off, moved, series) == ["11-02 07:00-02 19:00 Ana", "12-10 07:00-10 08:00 Bo"]

    def test_from_one_occurrence_on_all_are_moved(self) -> None:
        series = event(*self.WEEKLY, "RRULE:FREQ=WEEKLY;COUNT=4")
        later = event(
            "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20261116T080000",
            "DTSTART;TZID=Europe/Berlin:20261116T100000", "DTEND;TZID=Europe/Berlin:20261116T200000", summary="Bo",
        )  # fmt: skip
        assert said(series, later) == [
            "11-02 07:00-02 19:00 Ana", "11-09 07:00-09 19:00 Ana", "11-16 09:00-16 19:00 Bo", "11-23 09:00-23 19:00 Bo",
        ]  # fmt: skip

    def test_an_occurrence_whose_series_is_not_there_is_one_event(self) -> None:
        assert said(event("RECURRENCE-ID:20261125T070000Z", *DAY)) == ["11-25 08:00-25 20:00 Ana"]

    def test_days_as_a_whole(self) -> None:
        series = event(
            "DTSTART;VALUE=DATE:20261128",
            "DTEND;VALUE=DATE:20261130",
            "RRULE:FREQ=WEEKLY;UNTIL=20261212",
            "EXDATE;VALUE=DATE:20261205",
        )
        read = found(series)
        assert [(each.start, each.end, each.days) for each in sorted(read.happenings, key=lambda each: each.start)] == [
            (datetime(2026, 11, 28), datetime(2026, 11, 30), True),
            (datetime(2026, 12, 12), datetime(2026, 12, 14), True),
        ]

    def test_a_day_that_ends_on_the_day_it_begins_is_one_day(self) -> None:
        (one,) = found(event("DTSTART;VALUE=DATE:20261128", "DTEND;VALUE=DATE:20261128")).happenings
        assert one.end - one.start == timedelta(days=1)

    def test_one_uid_for_all_events_loses_none(self) -> None:
        other = event("DTSTART:20261126T080000Z", "DTEND:20261126T200000Z", summary="Bo")
        newer = event(*DAY, "SEQUENCE:2", summary="Cy")
        assert said(newer, event(*DAY), other) == ["11-25 08:00-25 20:00 Cy", "11-26 08:00-26 20:00 Bo"]

    def test_a_series_that_cannot_be_reckoned_costs_itself(self) -> None:
        odd = event(*DAY, "RRULE:FREQ=DAILY;BYHOUR=99", uid="odd", summary="Odd")
        read = found(odd, event(*DAY))
        assert [name for name, _ in read.broken] == ["Odd"]
        assert [each.uid for each in read.happenings] == ["1@example.com"]


class TestWhatWouldKeepItBusy:
    # safety 13
    @pytest.mark.parametrize(
        "rule",
        [
            "FREQ=SECONDLY", "FREQ=MINUTELY;COUNT=99999999", "FREQ=HOURLY", "FREQ=DAILY;INTERVAL=-1",
            "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30,31", "FREQ=WEEKLY;BYSETPOS=9", "FREQ=DAILY;BYYEARDAY=366;BYMONTH=1",
            "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYWEEKNO=53;BYMONTH=6",
            "FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24))) + ";BYMINUTE=" + ",".join(map(str, range(60))),
            "FREQ=HOURLY;BYMINUTE=1,2,3", "FREQ=YEARLY;BYMONTH=13;BYMONTHDAY=1", "COUNT=3", "FREQ=",
        ],
    )  # fmt: skip
    def test_is_refused_at_once(self, rule: str) -> None:
        began = time.perf_counter()
        read = found(event("DTSTART:19700101T080000Z", "DTEND:19700101T090000Z", f"RRULE:{rule}"))
        assert len(read.broken) == 1
        assert time.perf_counter() - began < 2

    def test_what_each_may_do_all_together_may_not(self) -> None:
        often = ("DTSTART:19700101T080000Z", "DTEND:19700101T080100Z", "RRULE:FREQ=DAILY")
        read = found(event(*DAY), *(event(*often, uid=f"{number}", summary="Often") for number in range(100)))
        assert {name for name, _ in read.broken} == {"Often"}
        assert 40 < len(read.broken) < 60, "the first of them are there"
        assert "1@example.com" in {each.uid for each in read.happenings}

    def test_dates_without_end_are_refused(self) -> None:
        dates = ",".join(f"20261125T{hour:02}{minute:02}00Z" for hour in range(24) for minute in range(60)) + ","
        began = time.process_time()
        read = found(event(*DAY, f"RDATE:{(dates * 30).rstrip(',')}"))
        assert len(read.broken) == 1
        assert time.process_time() - began < 2

    def test_series_that_are_over_take_no_time_from_others(self) -> None:
        over = ("DTSTART:20100101T080000Z", "DTEND:20100101T090000Z")
        ends = ("UNTIL=20100201T000000Z", "COUNT=30")
        old = (event(*over, f"RRULE:FREQ=DAILY;{ends[number % 2]}", uid=f"{number}") for number in range(200))
        assert found(*old, event(*DAY)).broken == ()

    def test_years_of_past_events_stay_text(self) -> None:
        past = [
            event(f"DTSTART:{day:%Y%m%d}T000000Z", f"DTEND:{day:%Y%m%d}T080000Z", uid=f"{day:%Y%m%d}")
            for day in (datetime(2010, 1, 1) + timedelta(days=number) for number in range(6000))
        ]
        book = Book(parts(calendar(*past, event(*DAY))), TODAY)
        assert len(book.between(SINCE, UNTIL).happenings) == 1
        assert len(book._read) < 5
