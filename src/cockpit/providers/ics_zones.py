"""The time zones of a calendar: what its TZIDs mean. One that nobody knows is an error that names it, and never "no zone".

Looked for in this order: the tz database; the names of Windows; a name of the tz database behind a vendor's prefix; the rules that
the calendar itself gives (VTIMEZONE). The database goes before such rules, for exporters cut them short.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from zoneinfo import available_timezones

from ..core.roster import zone
from ..core.text import clean

_UTC = {"z", "utc", "gmt", "tzone://microsoft/utc"}
_RULE = re.compile(r"^RRULE[^:\r\n]*:(.*)$", re.MULTILINE | re.IGNORECASE)
_TZID = re.compile(r"^TZID[^:\r\n]*:.*$", re.MULTILINE | re.IGNORECASE)
_PLACE = re.compile(r"^X-LIC-LOCATION[^:\r\n]*:(.*)$", re.MULTILINE | re.IGNORECASE)


class UnknownZone(Exception):
    """A TZID that means nothing here; the message names it, for the person."""


class Zones:
    """The zones of one calendar. ``rules`` are its VTIMEZONEs by TZID, unfolded, without their BEGIN and END."""

    def __init__(self, rules: Mapping[str, str]) -> None:
        self._rules = rules
        self._found: dict[str, str] = {}

    def name(self, tzid: str) -> str:
        """The name under which icalendar finds the zone. Raises `UnknownZone`."""
        wanted = tzid.strip()
        if wanted not in self._found:
            self._found[wanted] = self._sought(wanted)
        return self._found[wanted]

    def _sought(self, tzid: str) -> str:
        from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

        if tzid.lower() in _UTC:
            return "UTC"
        known = _known()
        for each in (tzid, WINDOWS_TO_OLSON.get(tzid, ""), *_behind(tzid)):
            if (found := known.get(each.lower())) is not None:
                return found
        rules = self._rules.get(tzid, "")
        place = _PLACE.search(rules)
        if place is not None and (found := known.get(place[1].strip().lower())) is not None:
            return found
        if rules:
            return _made(tzid, rules)
        try:
            zone(tzid)
        except ValueError as error:
            raise UnknownZone(clean(str(error), 200)) from None
        raise UnknownZone(f"the time zone {clean(tzid, 60)!r} is not one of the tz database")  # localtime, say


@lru_cache(maxsize=1)
def _known() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones() - {"localtime", "Factory"}}  # whatever this machine is set to


def _behind(tzid: str) -> list[str]:
    """What may be a name behind a prefix, like ``/mozilla.org/20050126_1/Europe/Berlin``, the longest first."""
    words = tzid.strip("/").split("/")
    return ["/".join(words[first:]) for first in range(1, len(words))]


def _made(tzid: str, rules: str) -> str:
    """A zone by a calendar's own rules, under a name that no other calendar's rules have. Raises `UnknownZone`."""
    from icalendar import Timezone
    from icalendar.timezone import tzp

    if any("FREQ=YEARLY" not in rule.upper() for rule in _RULE.findall(rules)):
        raise UnknownZone(f"the rules of the time zone {clean(tzid, 60)!r} are none: they do not come once a year")
    name = f"calendar-{hashlib.sha256(rules.encode()).hexdigest()[:16]}"
    text = _TZID.sub(f"TZID:{name}", rules, count=1)
    try:
        Timezone.from_ical(f"BEGIN:VTIMEZONE\r\n{text}\r\nEND:VTIMEZONE\r\n")  # icalendar keeps it under its name
        known = tzp.timezone(name) is not None
    except Exception:  # noqa: BLE001  # whatever a library makes of somebody's rules
        known = False
    if not known:
        raise UnknownZone(f"the rules of the time zone {clean(tzid, 60)!r} cannot be read")
    return name
