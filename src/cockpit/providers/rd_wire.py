"""Rundeck's API as it comes over the wire. Source: Rundeck's documentation, "API Reference" (sections "Jobs" and "Executions") and
"Document formats: Job JSON v44"."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ..core.alerts import Ref
from ..core.jobs import Execution, ExecutionState, Job, Option
from ..core.text import clean, clean_block
from .records import UNREADABLE, one


class WireListed(msgspec.Struct, frozen=True):
    """A job as "Listing Jobs" has it. ``enabled`` says whether executions are."""

    id: str
    name: str = ""
    group: str = ""
    description: str = ""
    permalink: str = ""
    enabled: bool = True


class WireOption(msgspec.Struct, frozen=True):
    """An option in a job's definition. ``enforced``: it must be one of ``values``."""

    name: str
    description: str = ""
    value: str | int | float | bool | None = None
    values: list[str | int | float | bool] = []
    required: bool = False
    enforced: bool = False
    regex: str = ""
    secure: bool = False


class WireDefinition(msgspec.Struct, frozen=True):
    """A job's definition, as far as it says what it takes."""

    id: str = ""
    uuid: str = ""
    options: msgspec.Raw = msgspec.Raw(b"[]")


class WireMoment(msgspec.Struct, frozen=True):
    """A time; ``unixtime`` is in milliseconds."""

    unixtime: float = 0.0


class WireRan(msgspec.Struct, frozen=True):
    """The job of an execution, with the options as they were parsed there."""

    options: dict[str, str] = {}


class WireExecution(msgspec.Struct, frozen=True, rename={"started": "date-started", "custom_status": "customStatus"}):
    """An execution. Its id is a number; ``status`` as in "Listing Running Executions"."""

    id: int | str
    status: str = ""
    permalink: str = ""
    user: str = ""
    custom_status: str = ""
    started: WireMoment = WireMoment()
    job: WireRan = WireRan()
    failed: list[str] = msgspec.field(name="failedNodes", default=[])

    @property
    def told(self) -> Execution:
        """As the cockpit has it."""
        return Execution(clean(str(self.id), 100), clean(self.permalink))


class WireEntry(msgspec.Struct, frozen=True):
    """A line of output."""

    log: str = ""
    node: str = ""
    level: str = ""


class WireOutput(msgspec.Struct, frozen=True, rename="camel"):
    """ "Execution Output". ``offset`` is where to read on; numbers may come as texts."""

    offset: int | str = 0
    last_modified: int | str = 0
    completed: bool = False
    exec_completed: bool = False
    exec_state: str = ""
    unmodified: bool = False
    error: str = ""
    entries: list[WireEntry] = []


class WireAbort(msgspec.Struct, frozen=True):
    """What became of an abort: ``pending``, ``failed`` or ``aborted``."""

    status: str = ""
    reason: str = ""


class WireAborted(msgspec.Struct, frozen=True):
    """The answer to "Aborting Executions"."""

    abort: WireAbort = WireAbort()


STATES: Mapping[str, ExecutionState] = {
    "running": ExecutionState.RUNNING,
    "scheduled": ExecutionState.QUEUED,
    "queued": ExecutionState.QUEUED,
    "succeeded": ExecutionState.SUCCEEDED,
    "failed": ExecutionState.FAILED,
    "aborted": ExecutionState.CANCELLED,
    "timedout": ExecutionState.TIMED_OUT,
    "failed-with-retry": ExecutionState.FAILED,
    "other": ExecutionState.FAILED,
}


def named(listed: WireListed) -> str:
    """A job's name with its group, as Rundeck writes it: ``web/Restart``."""
    return clean(f"{listed.group}/{listed.name}" if listed.group else listed.name, 200)


def job_of(source: str, listed: WireListed, definition: WireDefinition | None, request: str) -> Job:
    """A job as the cockpit has it; without its definition nobody knows what it takes, and it is not run."""
    refused = "" if listed.enabled else "its executions are disabled at Rundeck"
    if definition is None:
        refused = refused or "its definition cannot be read there, so nobody knows what it takes"
    return Job(
        ref=Ref(source, listed.id),
        name=named(listed),
        title=clean(listed.name, 200),
        help=clean_block(listed.description, 2000),
        request=request,
        options=_options(definition) if definition is not None else (),
        refused=refused,
        url=clean(listed.permalink),
    )


def _options(definition: WireDefinition) -> tuple[Option, ...]:
    try:
        wires = one(definition.options, list[WireOption])
    except UNREADABLE:  # an older server's table by name
        by_name = one(definition.options, dict[str, msgspec.Raw])
        wires = [msgspec.structs.replace(one(raw, _Unnamed), name=name) for name, raw in by_name.items()]
    return tuple(
        Option(
            name=clean(each.name, 200),
            help=clean_block(each.description, 2000),
            required=each.required,
            default=None if each.value is None or each.secure else _said(each.value),
            choices=tuple(map(_said, each.values)),
            open=not each.enforced,
            pattern=clean(each.regex, 500),
            secret=each.secure,
        )
        for each in wires
    )


class _Unnamed(WireOption, frozen=True):
    name: str = ""


def _said(value: str | int | float | bool) -> str:
    return clean(str(value).lower() if isinstance(value, bool) else str(value), 500)
