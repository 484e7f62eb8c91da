"""The capability of the engines that run things elsewhere (Rundeck, GitHub Actions, GitLab, a webhook): their jobs are runbooks. A
part of `cockpit.provider`, which has all of it.

A job is started once, whatever becomes of the answer: an `Order` has a key of its own, by which its execution is found where the
answer did not say which one it is, or was lost. Nothing here is ever called twice for one order but `find_run` and `follow_run`,
which change nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol, runtime_checkable

import msgspec

from .core.answer import Answer
from .core.jobs import Execution, Job, Progress


class Hidden(Protocol):
    """A secret: see `cockpit.provider.Secret`."""

    def reveal(self) -> str: ...


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be run. ``job`` is the id at the engine (`Job.ref`), ``values`` are the options as they were shown, ``secrets``
    those that nobody is shown. ``key`` is the cockpit's own id for this run, unlike any other's; ``who`` the person's name, ``at``
    (UTC) when they asked for it."""

    job: str
    values: Mapping[str, str] = {}
    secrets: Mapping[str, Hidden] = {}
    key: str
    who: str
    at: datetime

    @property
    def revealed(self) -> Mapping[str, str]:
        """All options, the secret ones among them: for the request, and for nothing else."""
        return {**self.values, **{name: secret.reveal() for name, secret in self.secrets.items()}}


@runtime_checkable
class Runbooks(Protocol):
    """It has jobs that can be run.

    ``jobs`` are all that it offers. ``run_job`` starts one and gives its execution, or ``None`` where the engine took it and does
    not say which one it is. ``find_run`` finds the execution of an order by what distinguishes it, ``None`` where there is none
    (yet); it raises `Conflict` where several could be it. ``follow_run`` tells how an execution goes, with what it printed since
    the place ``at`` ("" = from the beginning). ``cancel_run`` asks the engine to end one; it raises `Conflict` where that is not
    running any more.
    """

    async def jobs(self) -> Answer[Job]: ...
    async def run_job(self, order: Order) -> Execution | None: ...
    async def find_run(self, order: Order) -> Execution | None: ...
    async def follow_run(self, execution: str, at: str) -> Progress: ...
    async def cancel_run(self, execution: str, who: str) -> None: ...
