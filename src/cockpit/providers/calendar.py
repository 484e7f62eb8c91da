"""``calendar``: an ICS calendar, in a file or at an address, as PagerDuty, Opsgenie, Grafana OnCall, Google and Outlook export
them.

Times are read as RFC 5545 has them; a recurring event ends on the wall clock where it has a DTEND, as
calendars show it, and after its exact length where it has a DURATION in hours. An event that cannot be used costs itself: it is
counted, and the first of them are named.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import ClassVar, Literal, TypeVar

import msgspec

from ..core.addresses import place_problem
from ..core.patterns import PatternError
from ..core.roster import OnCall, Shift, zone
from ..core.text import clean
from ..core.units import Seconds
from ..provider import Answer, AuthFailed, Day, Forbidden, Host, HttpSettings, Malformed, NotFound, ProviderError, Secret
from .ics_laying import Laid, Laying, Wanted
from .ics_people import finder
from .ics_source import Address, File, by_http
from .ics_text import parts

T = TypeVar("T")

BEFORE, AFTER = timedelta(days=120), timedelta(days=400)
"""How far absences and holidays are told of."""
STALE = 24 * 3600.0
"""Seconds for which a calendar that cannot be read any more is still believed: rosters are made for weeks."""


class CalendarConfig(HttpSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``file``, ``url`` or ``secret_url`` is where the calendar is; the last is for addresses that hold a token. An address is
    asked once in ``refresh``, whatever the source's ``every`` says; a file is read when it has changed. ``holds`` is what its
    events are: shifts, absences of people (from the rosters of this config), or holidays (of whoever names the source under
    ``holidays``). ``roster`` and ``level`` are what its shifts are shown as; without a name, the calendar's own.

    ``person`` is a pattern that is searched in what ``of`` names: its group ``person`` (or its first, or all it matches) is whose
    an event is, its groups ``roster`` and ``level`` say where; what it does not match is no shift. Without one, the people of the
    config are looked for in the summary, then among the attendees. An event that names none of them is no shift, and is counted;
    with ``strangers``, or where the config has no people, a single attendee is meant then, else the summary is a name.
    ``timezone`` is the clock of what gives no zone: of days as a whole, for the most part (absences of whole days are on the clock
    of who is away). With ``always = false`` times without anybody are meant, and no gaps.
    """

    file: str = ""
    url: str = ""
    secret_url: Secret | None = None
    holds: Literal["shifts", "absences", "holidays"] = "shifts"
    refresh: Seconds = Seconds(300.0)
    roster: str = ""
    level: int = 1
    person: str = ""
    of: Literal["summary", "attendee", "organizer", "description", "location"] = "summary"
    timezone: str = ""
    always: bool = True
    strangers: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if [bool(self.file), bool(self.url), self.secret_url is not None].count(True) != 1:
            raise ValueError("give one of file, url and secret_url")
        if self.url and (problem := place_problem(by_http(self.url))):
            raise ValueError(problem)
        if self.level < 1:
            raise ValueError("level must be 1 (paged first) or more")
        if not 30 <= self.refresh <= 86400:
            raise ValueError("refresh must be 30 s at least and a day at most")
        try:
            finder(self.person)
        except PatternError as error:
            raise ValueError(f"person is no pattern that can be used, at character {error.column + 1}: {error}") from None
        if self.timezone:
            zone(self.timezone)


class Calendar:
    """An ICS calendar: its events are shifts, absences or holidays. What was read last is kept, and what was laid out of it."""

    Config: ClassVar[type[msgspec.Struct]] = CalendarConfig

    def __init__(self, name: str, config: CalendarConfig, host: Host) -> None:
        self._name, self._config = name, config
        self.lacks = ("Days",) if config.holds == "shifts" else ("Rosters", "Shifts")
        self._clock, self._machine = host.clock, host.machine
        where = config.secret_url or config.url
        self._source: File | Address = Address(where, config, host.http, host.clock, config.refresh) if where else File(config.file)
        self._laying: Laying | None = None
        self._read_at, self._seen_at = 0.0, host.clock.now()
        self._one_at_a_time = asyncio.Lock()

    async def on_call(self, at: datetime) -> Answer[OnCall]:
        """Who is on call at ``at`` and who is next, by the calendar as it was read last."""
        laying, trouble = await self._read()
        laid = await asyncio.to_thread(laying.around, at, tuple(self._machine.people))
        return _answer(laid.seats.on_call(at, self._name, self._config.always), laid, trouble)

    async def shifts(self, since: datetime, until: datetime) -> Answer[Shift]:
        """Every shift that touches [since, until)."""
        laying, trouble = await self._read()
        shifts, laid = await asyncio.to_thread(laying.between, since, until, tuple(self._machine.people))
        return _answer(shifts, laid, trouble)

    async def days(self) -> Answer[Day]:
        """The absences or the holidays of the last months and of the year to come."""
        laying, trouble = await self._read()
        now = self._clock.now()
        since, until = now - BEFORE, now + AFTER
        if self._config.holds == "holidays":
            known = await asyncio.to_thread(laying.holidays, since, until)
        else:
            known = await asyncio.to_thread(laying.leaves, since, until, tuple(self._machine.people))
        remarks = (trouble, *known.remarks) if trouble else known.remarks
        return msgspec.structs.replace(known, complete=not trouble, remarks=remarks)

    async def close(self) -> None:
        """Close the connections that are kept."""
        await self._source.close()

    async def _read(self) -> tuple[Laying, str]:
        """The calendar, and why it is not what it is now; "" if it is. Raises where it cannot be had at all."""
        async with self._one_at_a_time:
            try:
                body = await self._source.read()
                if body is not None:
                    self._laying = await asyncio.to_thread(self._opened, body)
                    self._source.taken()
            except (AuthFailed, Forbidden, NotFound):
                raise  # what somebody must mend
            except ProviderError as error:
                if isinstance(error, Malformed):
                    self._source.forget()
                if self._laying is None or self._clock.mono() - self._read_at > STALE:
                    raise
                return self._laying, f"{error}; this is what it said at {self._seen_at:%H:%M} UTC"
            if self._laying is None:
                raise Malformed("it says that nothing has changed, and was never read")
            self._read_at, self._seen_at = self._clock.mono(), self._clock.now()
            return self._laying, ""

    def _opened(self, body: bytes) -> Laying:
        config, read = self._config, parts(body)
        name = config.roster or clean(read.name, 200).strip() or self._name
        wanted = Wanted(self._name, (name, config.level), config.person, config.of, config.timezone, config.strangers)
        return Laying(read, wanted, self._clock.now())


def _answer(records: tuple[T, ...], laid: Laid, trouble: str) -> Answer[T]:
    return Answer(records, laid.rejected, not trouble, (*((trouble,) if trouble else ()), *laid.remarks))
