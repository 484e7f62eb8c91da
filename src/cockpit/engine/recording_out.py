"""Writes a recording: each moment as what differs from the one before it, without what is secret."""

from __future__ import annotations

import errno
import os
import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from ..core.actions import Run
from ..core.recorded import (
    KINDS,
    Apart,
    Around,
    Book,
    Ended,
    Gone,
    Header,
    Ran,
    Said,
    Sight,
    book_of,
    layout,
    plain,
    plain_run,
)
from ..core.runbooks import Runbook
from ..core.same import alike
from ..core.sharing import Told
from ..core.sharing import encoded as _encode
from ..core.sources import Snapshot, SourceHealth
from ..core.text import clean
from .edits import cut, parts, spans
from .recording_events import is_event
from .recording_file import ANEW, APART, EVENT, FIRST, MAGIC, MORE, MOST, WIDEST, WINDOW, chunk
from .recording_redacted import redacted
from .recording_room import LARGEST, Room
from .redacting import Redactor
from .store import Facts, Surroundings

REST = 2**20
"""Bytes unpacked after which what is known is told anew, or as many as that took, if those are more: who seeks reads no more."""
_LEVEL = 6


class NotRecorded(Exception):
    """Nothing (more) can be recorded; the message says why, for the person."""


class Full(NotRecorded):
    """The file has no room for more."""


class RecordingWriter:
    """Writes a recording of what is `put` into it. This is how a script makes one, too::

        with RecordingWriter(path, Header(began_at=began, host="web-1", me=("ana",), people=(ana,))) as recording:
            recording.put(0.0, Facts({"am": snapshot, "local": traps}, runs=(), around=Surroundings(health=(…,))))
            recording.put(12.5, …)                       # twelve and a half seconds later; only what differs is written
            recording.tell(12.5, Written((Noted(at=…, kind="incident.opened", …),)), Printed("run-1", 0, ("done",)))

    All structs are those of `core`. A position is in seconds after ``header.began_at``, and never before the last one. The
    snapshots' ``asked_mono`` counts from the same zero as ``header.mono`` (so at position 60 a source that was asked just then has
    ``header.mono + 60``), which is what the ages on the screen follow from. What stays the same should be the very same object:
    that is what is not written again. ``hide`` may be given secrets at any time; none of them is in what is written from then on.

    A file that is there already is never touched; it is made with mode 0600. Raises `NotRecorded` where it cannot be made, or not
    begun, and then leaves none; and where something cannot be written: the file then ends with the last whole moment, and is
    closed. So it does where it has no room for more (``largest`` in bytes, and what is read of any), but then waits for `close`.
    """

    def __init__(self, path: Path, header: Header, largest: int = LARGEST) -> None:
        self.path = path
        self._room = Room(largest)
        self.bytes = 0
        """So many are in the file."""
        self._end = _made(path)
        self._redactor = Redactor()
        self._hidden: frozenset[str] = frozenset()
        self._snapshots: dict[str, Snapshot] = {}
        self._records: dict[str, dict[str, tuple[Any, ...]]] = {}
        self._runs: dict[str, Run] = {}
        self._around: Around | None = None
        self._runbooks: tuple[Runbook, ...] = ()
        self._books: tuple[Book, ...] = ()
        self._health: tuple[SourceHealth, ...] = ()
        self._packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, WINDOW)
        self._since, self._whole = MOST, 0
        self._position = 0.0
        try:
            self._append(MAGIC)
            self._write(FIRST, [msgspec.structs.replace(header, layout=layout())], zlib.compressobj(_LEVEL, zlib.DEFLATED, WINDOW))
        except NotRecorded:
            with suppress(OSError):
                path.unlink()  # nobody could open it, and it would be in the way of the next try
            raise

    def __enter__(self) -> RecordingWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def hide(self, secrets: Iterable[str]) -> None:
        """Nothing of these is written from now on, in any spelling that `Redactor` knows."""
        for secret in frozenset(secrets) - self._hidden:
            self._redactor.hide(secret)
            self._hidden |= {secret}

    def put(self, position: float, facts: Facts) -> bool:
        """What is known at this position; gives whether anything was written."""
        self._position = max(self._position, position)
        anew = self._since >= max(REST, self._whole)
        if anew:
            self._forget()
        messages, event = self._differences(facts)
        if not messages:
            return False
        self._make_sure()
        if anew:
            self._packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, WINDOW)
            self._since = 0
        flags = (ANEW if anew else 0) | (EVENT if event else 0)
        *front, last = _groups(messages)
        for group in front:
            self._since += self._write(flags | MORE, group, self._packer)
            flags = 0
        self._since += self._write(flags, last, self._packer)
        if anew:
            self._whole = self._since
            self._since = 0
            if 2 * self._whole > MOST:
                raise self._failed(f"what is known takes {self._whole >> 20} MB: that is more than a recording can have")
        return True

    def tell(self, position: float, *messages: Apart, event: bool = False) -> None:
        """What adds to what is known: entries of the journal, output, readings, pictures, answers, rosters. ``event``: it is worth
        a stop for whoever steps through the recording."""
        self._position = max(self._position, position)
        self._room.take(messages)
        self._make_sure()
        self._tell(messages, event=event)

    def _make_sure(self) -> None:
        """Raises `Full` where there is no room for more."""
        if why := self._room.full(self.bytes):
            raise Full(why)

    def _tell(self, messages: Sequence[Apart], *, event: bool = False) -> None:
        for group in _groups(list(map(_encode, messages))):
            self._write(APART | (EVENT if event else 0), group, zlib.compressobj(_LEVEL, zlib.DEFLATED, WINDOW))

    def close(self, why: str = "") -> None:
        """End it; ``why`` for people."""
        if self._end < 0:
            return
        with suppress(NotRecorded):  # it ends with the last whole moment, then
            self._tell((Ended(why),))
        if self._end >= 0:
            with suppress(OSError):
                os.fsync(self._end)
            os.close(self._end)
            self._end = -1

    def _forget(self) -> None:
        """Whatever is told next is told as if nothing had been."""
        self._snapshots, self._records, self._runs, self._around, self._health = {}, {}, {}, None, ()

    def _differences(self, facts: Facts) -> tuple[list[bytes], int]:
        """What differs from the last moment, encoded; and whether something happened."""
        found: list[bytes] = []
        event = 0
        for source in self._snapshots.keys() - facts.snapshots.keys():
            del self._snapshots[source], self._records[source]
            found.append(_encode(Gone(source)))
        for source, snapshot in facts.snapshots.items():
            if self._snapshots.get(source) is not snapshot:
                said, happened = self._said(source, snapshot)
                found += said
                event |= happened
        runs = {run.id: run for run in facts.runs}
        changed = tuple(plain_run(run) for run in runs.values() if self._runs.get(run.id) != run)
        if changed or self._runs.keys() - runs.keys():
            event |= bool(changed)
            found.append(_encode(Ran(changed, tuple(self._runs.keys() - runs.keys()))))
            self._runs = runs
        around = self._shown_around(facts.around)
        if around != self._around:
            event |= self._around is not None
            found.append(_encode(around))
            self._around = around
        health = facts.around.health
        if [*map(_timeless, health)] != [*map(_timeless, self._health)]:
            event |= bool(self._health)
            found.append(_encode(Sight(health)))
            self._health = health
        return found, int(event)

    def _shown_around(self, found: Surroundings) -> Around:
        """What is told of what surrounds the facts. Runbooks may be thousands, and are the very same at each look."""
        if not alike(found.runbooks, self._runbooks):
            self._books = tuple(map(book_of, found.runbooks))
        self._runbooks, beat = found.runbooks, found.outside
        return Around(
            problem=found.journal.problem,
            keeper=found.keeper,
            me=found.me,
            read_only=found.read_only,
            remarks=found.remarks,
            books=self._books,
            beats=beat is not None,
            beat_at=beat.at if beat is not None else None,
            beat_late=beat.late if beat is not None else "",
        )

    def _said(self, source: str, now: Snapshot) -> tuple[list[bytes], bool]:
        before, there = self._snapshots.get(source), self._records.get(source, {})
        here = _records(now, before, there)
        anew = tuple(kind for kind, records in here.items() if kind not in there or records is not there[kind])
        found: list[bytes] = []
        many, event = 0, False
        for kind in anew:
            made = spans(here[kind], there.get(kind, ()))
            for group in cut(made):
                many += 1
                found += [_encode(each) for each in parts(kind, here[kind], group)]
            event |= before is not None and is_event(kind, here[kind], there.get(kind, ()), made)
        told = Told(
            asked_at=now.asked_at,
            asked_mono=now.asked_mono,
            complete=now.complete,
            rejected=now.rejected,
            remarks=now.remarks,
            blind=now.blind,
            kinds=tuple(here),
            anew=anew,
            parts=many,
        )
        self._snapshots[source], self._records[source] = now, here
        return [_encode(Said(source, told)), *found], event

    def _write(self, flags: int, messages: Sequence[Any], packer: zlib._Compress) -> int:
        """One chunk; gives how many bytes its messages are."""
        shown = (redacted(each if isinstance(each, bytes) else _encode(each), self._redactor) for each in messages)
        body = b"".join(len(each).to_bytes(4, "big") + each for each in shown)
        packed = packer.compress(body) + packer.flush(zlib.Z_SYNC_FLUSH)
        self._append(chunk(flags, round(self._position * 1e6), packed, len(body)))
        self._room.chunk()
        return len(body)

    def _append(self, data: bytes) -> None:
        """All of it, or nothing."""
        if self._end < 0:
            raise NotRecorded(f"{clean(str(self.path))} is closed")
        try:
            if (written := os.write(self._end, data)) == len(data):
                self.bytes += written
                return
            rest = os.write(self._end, data[written:])  # a full disk takes a part; only the second try says why
            if written + rest != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self.bytes += len(data)
        except OSError as error:
            raise self._failed(error.strerror or str(error)) from error

    def _failed(self, why: str) -> NotRecorded:
        with suppress(OSError):
            os.ftruncate(self._end, self.bytes)
        with suppress(OSError):
            os.close(self._end)
        self._end = -1
        return NotRecorded(why)


def want_free(path: Path) -> None:
    """Raises `NotRecorded` where something is there already, be it a link to nowhere."""
    if os.path.lexists(path):
        raise NotRecorded(f"{clean(str(path))} is there already, and is left as it is: give another name to record to")


def _made(path: Path) -> int:
    want_free(path)
    try:
        end = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise NotRecorded(f"{clean(str(path))} cannot be made: {error.strerror}") from None
    os.fchmod(end, 0o600)  # whatever the umask took away
    return end


def _groups(messages: list[bytes]) -> Iterable[list[bytes]]:
    """The messages, as many together as go into one chunk."""
    group: list[bytes] = []
    size = 0
    for each in messages:
        if group and size + len(each) > WIDEST:
            yield group
            group, size = [], 0
        group.append(each)
        size += len(each)
    yield group


def _timeless(health: SourceHealth) -> SourceHealth:
    return msgspec.structs.replace(health, age=None, latency=None, retry_in=None)


def _records(now: Snapshot, before: Snapshot | None, there: Mapping[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
    """Its facts by kind, as they are recorded; the very same objects where they are those of ``before``."""
    found = {kind: getattr(now, kind) for kind in KINDS if getattr(now, kind) is not None}
    if now.traps is None:
        return found
    if before is not None and before.traps is now.traps:
        return {**found, "traps": there["traps"]}
    known = dict(zip(map(id, before.traps), there["traps"], strict=True)) if before is not None and before.traps else {}
    return {**found, "traps": tuple(known[id(each)] if id(each) in known else plain(each) for each in now.traps)}
