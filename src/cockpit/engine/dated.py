"""The config's people and rosters, with the days that sources know of: absences and holidays of a calendar, say."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ..config.model import Config
from ..core.days import Day, people_with, rosters_with


class Dated:
    """Keeps what each source said last. From any thread."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[Day, ...]] = {}
        self._made: tuple[Config, dict[str, tuple[Day, ...]], Config] | None = None

    def take(self, source: str, days: Sequence[Day] | None) -> bool:
        """What a source says now; ``None`` where it is not there any more. True if that is something else than before."""
        told = {name: kept for name, kept in self._told.items() if name != source}
        if days:
            told[source] = tuple(days)
        changed, self._told = told != self._told, told
        return changed

    def config(self, config: Config) -> Config:
        """The config, with these days in it."""
        told, made = self._told, self._made
        if not told:
            return config
        if made is not None and made[0] is config and made[1] is told:
            return made[2]
        people = {person.id: person for person in people_with(config.people.values(), told)}
        rosters = {roster.name: roster for roster in rosters_with(config.rosters.values(), told)}
        dated = msgspec.structs.replace(config, people=people, rosters=rosters)
        self._made = config, told, dated
        return dated
