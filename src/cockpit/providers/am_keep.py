"""What must go on while a cockpit runs: acknowledgements renewed while their alert fires, and ended when it does not any more.

Our own alone: those of karma are renewed by kthxbye, or run out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

import msgspec

from ..core.text import clean
from ..provider import AuthFailed, NotReached, ProviderError, RateLimited
from .am_acks import Mark, exact, mark_of
from .am_matchers import expression
from .am_members import Cluster
from .am_merge import Known
from .am_silences import Silencer, match_of
from .am_wire import WireSilence, stamp
from .records import when

LASTING = timedelta(hours=4)
"""A silence "until resolved" is renewed to last so long: a cockpit may be away for a while, and it still ends by itself."""
SETTLING = timedelta(minutes=5)
"""So long after its Alertmanager has started, alerts that it forgot may not have come back yet."""
_TWICE = 2
_MOST, _LONG = 30, 200
"""Matchers that a question has at most, and characters of each: servers and what stands before them refuse addresses of 8 KB."""

Labels: TypeAlias = Mapping[str, Mapping[str, str]]


class Upkeeper:
    """Keeps up the acknowledgements of one cluster, whose comments begin with ``prefix``. ``ack_for`` is how long one lasts by
    itself, ``ack_age`` how old it may get."""

    def __init__(self, cluster: Cluster, silencer: Silencer, ack_for: timedelta, ack_age: timedelta | None, prefix: str) -> None:
        self._cluster, self._silencer = cluster, silencer
        self._ack_for, self._ack_age, self._prefix = ack_for, ack_age, prefix
        self._unneeded: dict[str, int] = {}

    async def keep(self, known: Known, now: datetime) -> list[str]:
        """Renew and end what is due, given the last answer. ``now`` is the cluster's clock. Gives what was done. What goes wrong
        with one is raised when all others have been looked at: theirs must not run out for it."""
        done: list[str] = []
        if known.old_silences:
            return done  # to renew one that somebody has ended meanwhile would make it anew
        failed: list[ProviderError] = []
        under = known.under()
        for silence in known.silences.values():
            mark = mark_of(silence, self._prefix)
            if mark is None or not mark.ours or not silence.active:
                continue
            try:
                did = await self._keep_one(silence, mark, known, under.get(silence.id, {}), now)
            except (AuthFailed, RateLimited, NotReached):
                raise  # it is the same for all
            except ProviderError as error:
                failed.append(error)
            else:
                done += [f"{did[0]} the {_word(silence, mark)}{did[1]}"] if did else []
        self._unneeded = {each: count for each, count in self._unneeded.items() if each in known.silences}
        if failed and not done:
            raise failed[0]
        return done

    async def _keep_one(
        self, silence: WireSilence, mark: Mark, known: Known, held: Labels, now: datetime
    ) -> tuple[str, str] | None:
        """Do what is due for one of ours; gives what was done, and why. ``held`` are the alerts said to be hushed by it."""
        ends, made = when(silence.ends_at), when(silence.starts_at)
        if ends is None or made is None:
            return None
        if not held:
            if not await self._is_over(silence, known, made, now):
                return None
            await self._silencer.end(silence.id)
            return "ended", ": resolved"
        self._unneeded.pop(silence.id, None)
        covered = {each: labels for each, labels in held.items() if mark.covers(known.seen[each].alert.started_at, silence, now)}
        if mark.ack and len(covered) < len(held):
            await free(self._silencer, silence, covered, self._beside(known, covered))
            return "ended", ": it fires anew"
        if mark.ack and self._ack_age is not None and now - made > self._ack_age:
            return None  # it comes back before the eyes
        if ends - now < self._lasts(mark) / 2:
            await self._silencer.extend(silence, now + self._lasts(mark))
            return "renewed", ""
        return None

    def _lasts(self, mark: Mark) -> timedelta:
        return self._ack_for if mark.ack else LASTING

    def _beside(self, known: Known, covered: Labels) -> list[Mapping[str, str]]:
        return [it.labels for each, it in known.seen.items() if each not in covered]

    async def _is_over(self, silence: WireSilence, known: Known, made: datetime, now: datetime) -> bool:
        """Whether nothing fires that it is for: seen twice, for it may be newer than what was said, and asked for once more without
        the source's own filter."""
        if not known.complete or known.rejected_alerts:
            return False
        if known.restarted is not None and made < known.restarted and now - known.restarted < SETTLING:
            return False
        self._unneeded[silence.id] = self._unneeded.get(silence.id, 0) + 1
        if self._unneeded[silence.id] < _TWICE:
            return False
        # those that make no address too long: of what fewer select, nothing less is left
        query = tuple(("filter", each) for each in map(expression, silence.matchers) if len(each) <= _LONG)[:_MOST]
        reply = await self._cluster.listed(query)
        try:
            return not msgspec.json.decode(reply.body, type=list[msgspec.Raw])
        except msgspec.DecodeError:
            return False


def _word(silence: WireSilence, mark: Mark) -> str:
    return f"{'acknowledgement' if mark.ack else 'silence until resolved'} of {mark.who} for {clean(match_of(silence), 200)}"


async def free(silencer: Silencer, silence: WireSilence, still: Labels, others: Sequence[Mapping[str, str]]) -> None:
    """End a silence for all but the alerts ``still`` held: those get ones of their own first, so that none rings in between."""
    ends = when(silence.ends_at)
    if still and ends is not None:
        for matchers, _ in exact(still, others):
            await silencer.put(matchers, stamp(EPOCH), ends, silence.created_by, silence.comment)
    await silencer.end(silence.id)


EPOCH = datetime.fromisoformat("2001-01-01T00:00:00+00:00")
"""A start in the past is taken as now, by the Alertmanager's own clock, which may be behind ours."""
