"""What is kept up at an Alertmanager: each acknowledgement for itself, and very many in one pass over the alerts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pytest

from cockpit.provider import Forbidden, NotReached, ProviderError
from cockpit.providers.am_acks import PREFIX
from cockpit.providers.am_alerts import One, id_of
from cockpit.providers.am_keep import Upkeeper
from cockpit.providers.am_merge import Known
from cockpit.providers.am_silences import Silencer
from cockpit.providers.am_wire import WireSilence
from support.acknowledged import NOW, acknowledged, nowhere


class Records(tuple[One, ...]):
    """Counts how often somebody goes through all of them."""

    passes = 0

    def __iter__(self) -> Iterator[One]:
        self.passes += 1
        return super().__iter__()


class Writes(Silencer):
    """Remembers what it was told to renew; ``refused`` are those that its Alertmanager does not take, and why."""

    def __init__(self, refused: dict[str, ProviderError] | None = None) -> None:
        super().__init__(nowhere())
        self.refused, self.renewed = refused or {}, list[str]()

    async def extend(self, silence: WireSilence, ends: datetime) -> None:  # as it is called
        if silence.id in self.refused:
            raise self.refused[silence.id]
        self.renewed.append(silence.id)


def storm(count: int) -> Known:
    """So many alerts, each of which somebody has by a silence of its own that ends in a minute."""
    return acknowledged(count, count, timedelta(minutes=1), Records)


def kept(known: Known, writes: Writes) -> Sequence[str]:
    keeper = Upkeeper(nowhere(), writes, timedelta(minutes=15), None, PREFIX)
    return asyncio.run(keeper.keep(known, NOW))


def test_many_are_kept_up_in_one_pass_over_the_alerts() -> None:
    known, writes = storm(200), Writes()
    assert len(kept(known, writes)) == 200
    assert isinstance(known.seen.records, Records)
    assert known.seen.records.passes < 10, "a storm of 100,000 alerts is acknowledged by a thousand silences"
    assert [id_of(it) for it in known.seen.records][:2] == ["a0", "a1"]


def test_one_that_cannot_be_renewed_lets_no_other_run_out() -> None:
    writes = Writes({"s0": Forbidden("it does not allow that (403)")})
    assert len(kept(storm(3), writes)) == 2
    assert writes.renewed == ["s1", "s2"]


def test_that_none_can_be_renewed_is_said() -> None:
    writes = Writes({f"s{n}": Forbidden("it does not allow that (403)") for n in range(3)})
    with pytest.raises(Forbidden):
        kept(storm(3), writes)


def test_where_nobody_is_reached_no_other_is_tried() -> None:
    writes = Writes({"s0": NotReached("it is not there")})
    with pytest.raises(NotReached):
        kept(storm(3), writes)
    assert writes.renewed == []
