"""Overrides of this machine's own rosters: written down in a drop-in of the configuration, and taken over from there."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from ..core.alerts import LOCAL
from ..core.covers import Cover
from ..core.standings import BY_HAND
from ..core.text import clean
from ..provider import Forbidden, NotFound
from .journal import Journal, JournalError
from .own_files import OwnFiles


class Overriding:
    """Everything here may block on the disk."""

    def __init__(self, journal: Journal, files: OwnFiles) -> None:
        self._journal, self._files = journal, files

    def make(self, roster: str, covers: Sequence[Cover], who: str, why: str, at: datetime) -> tuple[str, ...]:
        """Put people on call. Gives an id for each cover. Raises `NotFound` for a roster or a person that is not in the config,
        `ProviderError` where it cannot be written down."""
        from ..config.overriding import add  # deferred: the first view needs nothing that writes

        config = self._files.read()
        if roster not in config.rosters:
            raise NotFound(f"there is no [rosters.{clean(roster, 100)}] in the config")
        strangers = [clean(cover.person, 100) for cover in covers if cover.person not in config.people]
        if strangers:
            raise NotFound(f"{strangers[0]} is nobody in [people]")
        ids = self._files.change(lambda main: add(main, roster, covers, who, why, at))
        for override_id, cover in zip(ids, covers, strict=True):
            data = {"id": override_id, "person": cover.person, "start": cover.start.isoformat(), "end": cover.end.isoformat()}
            self._note("override.made", at, who, roster, data | {"why": why})
        return ids

    def end(self, override_id: str, who: str, at: datetime) -> None:
        """End one now, or take it away before it begins. Raises `NotFound`; `Forbidden` for one that was written by hand."""
        from ..config.overriding import Gone, end  # deferred, as above

        if ":" in override_id:
            raise Forbidden(BY_HAND)
        self._files.read()
        try:
            was = self._files.change(lambda main: end(main, override_id, at))
        except Gone:
            raise NotFound(f"there is no override {clean(override_id, 100)} that is not over") from None
        self._note("override.ended", at, who, was.roster, {"id": override_id, "person": was.person, "end": was.end.isoformat()})

    def _note(self, kind: str, at: datetime, who: str, roster: str, data: dict[str, str]) -> None:
        with suppress(JournalError):  # the override stands in the config; the journal's `problem` says the rest
            self._journal.record(kind, at=at, who=who, source=LOCAL, subject=roster, data=data)
