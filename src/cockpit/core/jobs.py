"""Jobs of other engines: runbooks that are kept and run elsewhere (at Rundeck, in GitHub's or GitLab's CI, behind a webhook).

A job is what an engine offers, an execution is one run of it there, and progress is what the engine says of an execution when it is
asked. The cockpit shows, starts, follows and cancels them; what they do is written down there.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime

import msgspec

from .alerts import Ref


class OptionKind(enum.Enum):
    """What a value must look like: any text, a number (``-3``, ``2.5``), or ``true`` and ``false``."""

    TEXT = "text"
    NUMBER = "number"
    YES_NO = "true or false"


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """A value that a job takes. ``choices`` are the values it may have, where there are such; other ones as well if ``open``.

    ``default`` is the value that the engine takes by itself where none is sent: it is shown, and sent as it was shown. One that is
    ``required`` and has none must be given. ``pattern`` is a regular expression that the whole value must match ("" = any); one
    that `core.patterns` cannot take is left to the engine. A ``secret`` is asked for each time; it is never shown or kept.
    """

    name: str
    help: str = ""
    kind: OptionKind = OptionKind.TEXT
    required: bool = False
    default: str | None = None
    choices: tuple[str, ...] = ()
    open: bool = False
    pattern: str = ""
    secret: bool = False


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine offers to run. ``ref`` is its source and its id there; ``name`` is what people type, unique within the source.

    ``request`` says what is sent to start it (``POST https://…/run``), for the preview, without the options; ``adds`` is a sentence
    for what goes along with them. ``refused`` says why the engine would not run it now ("" = it would).
    """

    ref: Ref
    name: str
    title: str = ""
    help: str = ""
    request: str = ""
    adds: str = ""
    options: tuple[Option, ...] = ()
    refused: str = ""
    url: str = ""


class ExecutionState(enum.Enum):
    """How far an execution is. ``WAITING``: for a person there (an approval), or for its turn."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed out"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self not in (ExecutionState.QUEUED, ExecutionState.RUNNING, ExecutionState.WAITING)


class Execution(msgspec.Struct, frozen=True):
    """One run of a job at its engine: the id there, and its page for people ("" = it has none). ``how`` says by what it was
    recognised, where it had to be looked for."""

    id: str
    url: str = ""
    how: str = ""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine says of an execution. ``lines`` are what was printed since the place ``at`` of the progress before, ``at`` is
    the place for the next question (the provider's own words). ``over``: it has ended, and nothing more will be printed.

    ``reason`` is for the person: why it failed, what it waits for. ``wait`` is how many seconds the next question should wait
    (``None``: as the cockpit likes).
    """

    state: ExecutionState
    lines: tuple[str, ...] = ()
    at: str = ""
    over: bool = False
    reason: str = ""
    wait: float | None = None


class Far(msgspec.Struct, frozen=True, kw_only=True):
    """A run that goes on at another engine: what was ordered there, and by what it is followed, also by a cockpit that was not
    there when it began. It is kept before anything is sent; ``execution`` is "" until it is known.

    ``values`` are the options that were sent, but the secret ones, whose names are in ``secrets``. ``at`` is when it was ordered,
    ``until`` when the cockpit has it ended (both UTC).
    """

    source: str
    job: str
    name: str
    values: Mapping[str, str] = {}
    secrets: tuple[str, ...] = ()
    at: datetime
    until: datetime
    execution: str = ""
    url: str = ""
