"""The whole configuration as frozen structs: what `load` gives and everything else reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ..core.holidays import Holidays
from ..core.offering import Rule
from ..core.retention import Retention
from ..core.roster import Person, Roster
from ..core.runbooks import Runbook
from ..core.stormrule import StormRule
from ..core.traps import Trap
from ..core.units import Seconds
from ..core.watchrule import WatchRule

if TYPE_CHECKING:  # read by themselves, where there are any
    from ..core.incidentrule import IncidentRule
    from ..core.policies import Policy


class SourceConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One ``[sources.NAME]``. ``settings`` are the provider's own keys, still raw (secrets still references): its ``Config``
    decodes them. ``every`` is the polling interval, ``timeout`` the total deadline of one poll, both seconds. ``runbooks`` says
    what the jobs that it offers are as runbooks."""

    name: str
    provider: str
    every: Seconds = Seconds(15.0)
    timeout: Seconds = Seconds(10.0)
    runbooks: tuple[Rule, ...] = ()
    settings: Mapping[str, object] = {}


class ChannelConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One ``[channels.NAME]``, a way to tell people. ``kind`` is an installed channel, or ``source`` with the name of a ``source``
    that pages. ``contact`` is the kind of contact it needs of a person, ``ends`` whether it is told of acknowledgement and end as
    well; both are its kind's own where the file does not say. ``personal``: it wakes the very person; a source does only where the
    file says so, and else whomever its own routing finds. ``timeout`` bounds one page, in seconds. ``settings`` are its kind's own
    keys, still raw."""

    name: str
    kind: str
    contact: str = ""
    ends: bool = False
    timeout: Seconds = Seconds(20.0)
    source: str = ""
    personal: bool = True
    settings: Mapping[str, object] = {}


class Repository(msgspec.Struct, frozen=True, kw_only=True):
    """One ``[repositories.NAME]``: a directory of Markdown runbooks. ``path`` is absolute. ``url`` is where its files are seen at
    their forge, so that addresses that begin so are opened here."""

    name: str
    path: str
    url: str = ""


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """A configuration that has been checked.

    ``me`` are the names of the person at the keyboard (first: the id in ``people``, if there). ``zones`` are IANA names shown in
    the header beside UTC. ``unlock`` allows ``ctrl+o`` to lift ``read_only`` for the session; ``locked`` is why it may not, for the
    person, where that is not the config's doing. ``keys`` remaps key-table ids.
    ``addresses`` is what whoever sits here is called at sources that want to know who writes, by source.
    ``watch`` says what ``cockpit watch`` shares, and how others look through it.
    ``storm`` says what a storm is, ``group_by`` what the alerts are grouped by when somebody asks for groups.
    ``incidents`` are the rules by which incidents are opened.
    ``retention`` is how long the journal keeps what.
    ``approvals`` is the directory in which users of this machine ask one another for approval ("" = none).
    ``files`` are what it was read from, in order; empty with ``proposed`` means that the traps are what ``init`` would propose.
    ``directory`` is where the main file lies, or would (``None``: it was not read from any); runbooks may come to lie there.
    """

    title: str = ""
    me: tuple[str, ...] = ()
    theme: str = "night-shift"
    zones: tuple[str, ...] = ()
    read_only: bool = False
    unlock: bool = True
    bell: bool = True
    mouse: bool = False
    ascii: bool = False
    storm: StormRule = StormRule()
    retention: Retention = Retention()
    group_by: tuple[str, ...] = ("alertname",)
    watch: WatchRule = WatchRule()
    addresses: Mapping[str, str] = {}
    approvals: str = ""
    keys: Mapping[str, str] = {}
    people: Mapping[str, Person] = {}
    holidays: Mapping[str, Holidays] = {}
    rosters: Mapping[str, Roster] = {}
    sources: Mapping[str, SourceConfig] = {}
    traps: Mapping[str, Trap] = {}
    runbooks: Mapping[str, Runbook] = {}
    repositories: Mapping[str, Repository] = {}
    channels: Mapping[str, ChannelConfig] = {}
    escalations: Mapping[str, Policy] = {}
    incidents: Mapping[str, IncidentRule] = {}
    files: tuple[Path, ...] = ()
    proposed: bool = False
    remarks: tuple[str, ...] = ()
    locked: str = ""
    directory: Path | None = None


NOT_KEYS = frozenset({"files", "proposed", "remarks", "locked", "directory"})
"""Fields of `Config` which say how it came about; they are not keys of the file."""


class Problem(msgspec.Struct, frozen=True):
    """One thing wrong with the configuration: where (file, line from 1, dotted key), what, and what to do."""

    file: str
    line: int
    key: str
    what: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        key = f" {self.key}:" if self.key else ""
        return f"{place}:{key} {self.what}" + (f" ({self.hint})" if self.hint else "")


class ConfigError(Exception):
    """The configuration cannot be used; ``problems`` names every fault, not just the first."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems
