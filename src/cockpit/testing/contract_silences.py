"""The part of the contract that is about silences: made, changed, ended, and refused for the reason that was said beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from ..core.alerts import Silence, SilenceState
from ..provider import ProviderError
from .contract_sources import Sources
from .must import must


class SilencesContract(Sources):
    """See `contract.ProviderContract`, which has these tests among its own."""

    def test_silencing_round_trips(self) -> None:
        async def there_and_back(provider: Any) -> None:
            ends_at = self.now + timedelta(hours=1)
            silence_id = await provider.silence("alertname=ContractKit", ends_at, "ana", "trying the contract")
            made = [each for each in (await provider.silences()).records if each.ref.id == silence_id]
            must(made, f"after silence the id it gave, {silence_id!r}, is not among the silences")
            must(made[0].match == "alertname=ContractKit", f"the silence matches {made[0].match!r}, not what was asked for")
            must(abs(made[0].ends_at - ends_at) < timedelta(minutes=1), f"the silence ends at {made[0].ends_at}, not at {ends_at}")
            await provider.unsilence(silence_id, "ana")
            stand = (each for each in (await provider.silences()).records if each.state is not SilenceState.EXPIRED)
            left = [each.ref.id for each in stand]
            must(silence_id not in left, "after unsilence the silence is still there")

        self._if_it_can("Silences", there_and_back)

    def test_changing_a_silence_round_trips(self) -> None:
        async def changed(provider: Any) -> None:
            hour = timedelta(hours=1)
            first = await provider.silence("alertname=ContractKit", self.now + hour, "ana", "trying the contract")
            second = await provider.edit_silence(first, "alertname=ContractKit", self.now + 2 * hour, "bo", "longer")
            (made,) = await _standing(provider, "alertname=ContractKit")
            must(made.ref.id == second, f"edit_silence gave {second!r}, and {made.ref.id!r} stands")
            must(abs(made.ends_at - self.now - 2 * hour) < timedelta(minutes=1), f"the silence ends at {made.ends_at}, not later")
            must(made.comment == "longer", f"the silence says {made.comment!r}, not what it was changed to")
            await provider.unsilence(second, "ana")
            third = await provider.edit_silence(second, "alertname=ContractKit", self.now + hour, "bo", "anew")
            (anew,) = await _standing(provider, "alertname=ContractKit")
            must(anew.ref.id == third, "a silence that had ended is not made anew by a change")
            await provider.unsilence(third, "ana")

        self._if_it_can("Edits", changed)

    def test_what_it_refuses_it_says_beforehand(self) -> None:
        async def refused(provider: Any) -> None:
            for match, ends_at in (("", self.now + timedelta(hours=1)), ("alertname=A", self.now - timedelta(hours=1))):
                must(provider.silence_problem(match, ends_at), f"nothing is said against a silence of {match!r} until {ends_at}")
                error = await _taken(provider, match, ends_at)
                must(isinstance(error, ProviderError), f"a silence of {match!r} until {ends_at} gave {error!r}, not a refusal")
            problem = provider.silence_problem("alertname=ContractKit", self.now + timedelta(hours=1))
            must(not problem, f"it would not take a plain silence: {problem}")

        self._if_it_can("Checks", refused)


async def _standing(provider: Any, match: str) -> Sequence[Silence]:
    """The silences that match so and have not ended."""
    records = (await provider.silences()).records
    return [each for each in records if each.match == match and each.state is not SilenceState.EXPIRED]


async def _taken(provider: Any, match: str, ends_at: datetime) -> object:
    """The id of such a silence, or why there is none."""
    try:
        return await provider.silence(match, ends_at, "ana", "trying the contract")
    except ProviderError as error:
        return error
