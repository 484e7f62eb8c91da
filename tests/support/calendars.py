"""Calendars as the tools of the field export them: our own words, in their forms. They play around 25 November 2026."""

from __future__ import annotations

from collections.abc import Sequence

BERLIN = """\
BEGIN:VTIMEZONE
TZID:{name}
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""
"""The rules of Berlin, as Outlook writes them, under any name."""


def event(*lines: str, uid: str = "1@example.com", summary: str = "Ana") -> str:
    """One event of these lines."""
    named = [f"SUMMARY:{summary}"] if summary else []
    return "\n".join(("BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261101T000000Z", *named, *lines, "END:VEVENT", ""))


def calendar(*events: str, name: str = "", zone: str = "", zones: Sequence[str] = ()) -> bytes:
    """A whole calendar, with the line breaks that the RFC wants."""
    own = [f"X-WR-CALNAME:{name}"] if name else []
    own += [f"X-WR-TIMEZONE:{zone}"] if zone else []
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Cockpit//tests//EN", *own]
    text = "\n".join(lines) + "\n" + "".join(zones) + "".join(events) + "END:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


PAGERDUTY = calendar(
    event(
        "DTSTART:20261123T080000Z", "DTEND:20261130T080000Z", "ATTENDEE:jane@example.com", "URL:https://example.pagerduty.com/x",
        uid="PSHIFT1@pagerduty.com", summary="On Call - Jane Doe - Web team\n  rota",
    ),
    event(
        "DTSTART:20261130T080000Z", "DTEND:20261207T080000Z", "ATTENDEE:raj@example.com",
        uid="PSHIFT2@pagerduty.com", summary="On Call - Raj Patel - Web team rota",
    ),
    name="On Call Schedule for Web team rota",
)  # fmt: skip
"""Single events in UTC, the person in the summary and as an attendee without ``mailto:``; a folded line."""

OPSGENIE = calendar(
    event(
        "DTSTART;TZID=Europe/Istanbul:20261123T090000", "DTEND;TZID=Europe/Istanbul:20261130T090000", "SEQUENCE:0",
        "ORGANIZER;CN=ops:mailto:ops@example.com", "DESCRIPTION:Rotation: weekly", uid="og-1", summary="jane@example.com",
    ),
    event(
        "DTSTART;TZID=Europe/Istanbul:20261130T090000", "DTEND;TZID=Europe/Istanbul:20261207T090000", "SEQUENCE:0",
        uid="og-2", summary="raj@example.com",
    ),
    name="ops_schedule",
)  # fmt: skip
"""A user name as the summary, times in a named zone without its rules."""

ONCALL = calendar(
    event(
        "DTSTART;VALUE=DATE-TIME:20261123T080000Z", "DTEND;VALUE=DATE-TIME:20261130T080000Z", "LOCATION:primary",
        uid="OE3-PK1-U1", summary="[L1] jane",
    ),
    event(
        "DTSTART;VALUE=DATE-TIME:20261123T080000Z", "DTEND;VALUE=DATE-TIME:20261130T080000Z", "LOCATION:primary",
        uid="OE3-PK2-U2", summary="[L2] raj",
    ),
    name="Grafana OnCall",
)  # fmt: skip
"""Levels in the summary, a type that needs none."""

GOOGLE = calendar(
    event(
        "DTSTART;TZID=Europe/Berlin:20261005T200000", "DTEND;TZID=Europe/Berlin:20261006T080000",
        "RRULE:FREQ=WEEKLY;WKST=MO;UNTIL=20261231T225959Z;BYDAY=MO,WE", "EXDATE;TZID=Europe/Berlin:20261125T200000",
        "CREATED:20260901T101010Z", "LAST-MODIFIED:20261101T101010Z", "SEQUENCE:2", "STATUS:CONFIRMED", "TRANSP:OPAQUE",
        uid="4kq9@google.com", summary="Jane on call",
    ),
    event(
        "RECURRENCE-ID;TZID=Europe/Berlin:20261130T200000",
        "DTSTART;TZID=Europe/Berlin:20261130T210000", "DTEND;TZID=Europe/Berlin:20261201T080000", "SEQUENCE:3",
        uid="4kq9@google.com", summary="Raj on call",
    ),
    event("DTSTART;VALUE=DATE:20261128", "DTEND;VALUE=DATE:20261130", uid="9zzz@google.com", summary="Raj"),
    name="Web on call", zone="Europe/Berlin", zones=[BERLIN.format(name="Europe/Berlin")],
)  # fmt: skip
"""A series with an exception and a moved occurrence, and a weekend of whole days."""

OUTLOOK = calendar(
    event(
        "ORGANIZER;CN=Ops:MAILTO:ops@example.com",
        "ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=TRUE;CN=Jane Doe:MAILTO:\n jane@example.com",
        "DTSTART;TZID=W. Europe Standard Time:20261123T080000", "DTEND;TZID=W. Europe Standard Time:20261123T200000",
        "RRULE:FREQ=DAILY;COUNT=5;INTERVAL=1", "X-MICROSOFT-CDO-BUSYSTATUS:BUSY", "X-ALT-DESC;FMTTYPE=text/html:<html>",
        "BEGIN:VALARM", "DESCRIPTION:REMINDER", "TRIGGER;RELATED=START:-PT15M", "ACTION:DISPLAY", "END:VALARM",
        uid="040000008200E00074C5B710", summary="Bereitschaft",
    ),
    zones=[BERLIN.format(name="W. Europe Standard Time")],
)  # fmt: skip
"""A name of Windows, an attendee in two lines, an alarm."""
