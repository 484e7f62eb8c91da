"""Orders to other engines: sent once, looked for where the answer does not say what became of them, asked how they go."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from ..config.secrets import resolve
from ..core.actions import RunState
from ..core.jobs import Execution, ExecutionState, Far, Progress
from ..core.text import clean
from ..provider import Clock, Malformed, NotReached, Order, ProviderError, RateLimited, Secret, Unreachable
from .failures import LONGEST_WAIT, said
from .lane import Overran
from .source import Source
from .telling import Outcome, tell

LOOKS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds before each look for an execution whose answer did not say which one it is."""
BETWEEN = 2.0
"""Seconds between questions how it goes, where the engine does not say."""
LONGEST_BETWEEN = 30.0
"""Seconds between questions to an engine that does not answer."""


class Asked(NamedTuple):
    """What an engine says of an execution, or why it says nothing, for the person; and seconds until it is asked again. ``gone``:
    it does not know the execution (any more)."""

    progress: Progress | None
    wait: float
    why: str = ""
    gone: bool = False


class Engines:
    """``source`` finds a source; ``keep`` writes down what is known of a run that goes on elsewhere, and raises `JournalError`;
    ``who`` is the person. Belongs to the engine's loop."""

    def __init__(
        self,
        clock: Clock,
        *,
        source: Callable[[str], Source | None],
        keep: Callable[[str, Far], Awaitable[None]],
        who: str,
    ) -> None:
        self.clock, self._source, self.keep, self._who = clock, source, keep, who

    async def order(
        self, run_id: str, far: Far, references: Mapping[str, str], given: Mapping[str, str], hide: Callable[[str], None]
    ) -> Outcome:
        """Have it started, once; the outcome's ``result`` is its `Execution`, or ``None`` where the engine took it and does not say
        which one it is. Secrets are read where ``references`` say, at the last moment, and handed to ``hide`` before anything is
        printed; ``given`` are those that a person has said."""
        source = self._source(far.source)
        if source is None:
            return Outcome(RunState.FAILED, f"there is no source {far.source} (any more): nothing was sent")

        secrets = {name: Secret(value) for name, value in given.items()}

        def send(at: Any) -> Awaitable[Execution | None]:
            secrets.update({name: resolve(reference) for name, reference in references.items()})
            started: Awaitable[Execution | None] = at.run_job(self._order(run_id, far, secrets))
            return started

        outcome = await tell(source, send)
        for secret in secrets.values():
            hide(secret.reveal())
        if isinstance(outcome.error, NotReached):
            return Outcome(RunState.FAILED, f"{source.name} was not reached, nothing was sent: {said(outcome.error)}")
        if outcome.state is RunState.ACCEPTED and not isinstance(outcome.result, Execution | None):
            reason = f"a bug in the provider {source.provider_name}: run_job gave {type(outcome.result).__name__}"
            return Outcome(RunState.UNCERTAIN, reason)
        return outcome

    async def look(self, run_id: str, far: Far) -> Outcome:
        """Look for the execution of an order; ``result`` is that, or ``None`` where there is none (yet). It changes nothing."""
        source = self._source(far.source)
        if source is None:
            return Outcome(RunState.UNCERTAIN, f"there is no source {far.source} (any more)")
        try:
            found = await source.send(lambda at: at.find_run(self._order(run_id, far, {})))
        except Exception as error:  # noqa: BLE001  # whatever a provider raises: it is told, and nothing is known
            return Outcome(RunState.UNCERTAIN, source.why(error), error=error)
        return Outcome(RunState.ACCEPTED, "", found if isinstance(found, Execution) else None)

    async def follow(self, far: Far, at: str, failures: int) -> Asked:
        """Ask how it goes; ``failures`` is how often that failed in a row."""
        source = self._source(far.source)
        if source is None:
            return Asked(None, LONGEST_BETWEEN, f"there is no source {far.source} (any more)", gone=True)
        slower = min(LONGEST_BETWEEN, BETWEEN * 2**failures)
        try:
            progress = await source.send(lambda provider: provider.follow_run(far.execution, at))
        except RateLimited as error:
            return Asked(None, min(LONGEST_WAIT, max(slower, error.retry_after or 60.0)), source.why(error))
        except (Unreachable, Malformed, Overran) as error:
            return Asked(None, slower, source.why(error))
        except ProviderError as error:
            return Asked(None, slower, source.why(error), gone=type(error).__name__ == "NotFound")
        except Exception as error:  # noqa: BLE001  # a third party's code
            return Asked(None, LONGEST_BETWEEN, source.why(error))
        if type(progress) is not Progress or type(progress.state) is not ExecutionState:
            return Asked(None, LONGEST_BETWEEN, f"a bug in the provider {source.provider_name}: no Progress")
        wait = BETWEEN if progress.wait is None else min(LONGEST_WAIT, max(0.1, float(progress.wait)))
        return Asked(msgspec.structs.replace(progress, reason=clean(str(progress.reason), 400)), wait)

    async def cancel(self, far: Far) -> str:
        """Ask the engine to end it; why it will not, for the person, "" where it said yes."""
        source = self._source(far.source)
        if source is None:
            return f"there is no source {far.source} (any more)"
        outcome = await tell(source, lambda at: at.cancel_run(far.execution, self._who))
        return "" if outcome.state is RunState.ACCEPTED else outcome.reason

    def _order(self, run_id: str, far: Far, secrets: dict[str, Secret]) -> Order:
        hidden = secrets or dict.fromkeys(far.secrets, Secret(""))
        return Order(job=far.job, values=far.values, secrets=hidden, key=run_id, who=self._who, at=far.at)
