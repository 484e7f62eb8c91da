"""What a ``webhook`` offers, as its config lays it out: each hook with what it takes, where it is called, and where it is asked how
it goes."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from ..core.addresses import address_problem
from ..core.jobs import ExecutionState, Option, OptionKind
from ..provider import HttpSettings
from .wire import part

_HOLES = re.compile(r"\{([^{}]*)\}")
_STATES = {state.value: state for state in ExecutionState}


class HookOption(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value that a hook takes: see `core.jobs.Option`."""

    help: str = ""
    kind: OptionKind = OptionKind.TEXT
    required: bool = False
    default: str | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""
    secret: bool = False

    def __post_init__(self) -> None:
        if self.secret and self.default is not None:
            raise ValueError("a secret has no default: it is asked for")

    def named(self, name: str) -> Option:
        """The same, with its name."""
        return Option(name=name, **{field: getattr(self, field) for field in self.__struct_fields__})


class Hook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that can be started. All paths are put after the source's ``url``.

    ``start`` is called with POST, and may hold ``{run}``, the cockpit's id for it; its answer's ``id`` names the execution.
    ``status`` is asked how that goes, with that ``{id}``; without it, a call that was answered well is all that is known. ``log``
    is asked for what was printed, as plain text, from the byte in ``{offset}`` on where that stands in it; ``cancel`` is called
    with POST; both may hold ``{id}``, too. ``find`` is asked for the execution with the key ``{run}``, where the answer to a call
    was lost: 404 means that there is none.
    """

    start: str
    title: str = ""
    help: str = ""
    status: str = ""
    log: str = ""
    cancel: str = ""
    find: str = ""
    options: Mapping[str, HookOption] = {}

    def __post_init__(self) -> None:
        places = {
            "start": {"run"},
            "status": {"id"},
            "log": {"id", "offset"},
            "cancel": {"id"},
            "find": {"run"},
        }
        for name, allowed in places.items():
            path: str = getattr(self, name)
            if path and not path.startswith("/"):
                raise ValueError(f"{name} must begin with /")
            strange = set(_HOLES.findall(path)) - allowed
            if strange:
                may = " and ".join(f"{{{each}}}" for each in sorted(allowed))
                why = ", which is what the answer to start has at the source's id" if "id" in allowed else ""
                raise ValueError(f"{name} cannot hold {{{', '.join(sorted(strange))}}}: it may hold {may}{why}")
        if (self.log or self.cancel) and not self.status:
            raise ValueError("log and cancel need status, which says how it goes")


class WebhookConfig(HttpSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``url`` is the address of whatever it is that runs things, ``hooks`` what can be started there. ``health`` is a path that is
    asked at each poll, so that one sees whether it is there ("" = it is not asked).

    ``id``, ``state``, ``reason`` and ``link`` are where its answers hold these (``data.run.id`` for a member of a member),
    ``states`` what its words for states mean: queued, running, waiting, succeeded, failed, cancelled, timed out.
    """

    url: str
    hooks: Mapping[str, Hook]
    health: str = ""
    id: str = "id"
    state: str = "state"
    reason: str = "reason"
    link: str = "url"
    states: Mapping[str, str] = {}

    def __post_init__(self) -> None:
        super().__post_init__()
        if problem := address_problem(self.url):
            raise ValueError(problem)
        if not self.hooks:
            raise ValueError("hooks lays out nothing that could be started")
        if self.health and not self.health.startswith("/"):
            raise ValueError("health must begin with /")
        for word, meaning in self.states.items():
            if meaning not in _STATES:
                raise ValueError(f"states: {word!r} cannot mean {meaning!r}, which is none of {', '.join(_STATES)}")

    def meaning(self, word: str) -> ExecutionState | None:
        """What one of its words for a state means; ``None`` for one that nobody knows."""
        said = word.strip().lower().replace("_", " ").replace("-", " ")
        mapped = {name.lower(): meaning for name, meaning in self.states.items()}
        return _STATES.get(mapped.get(word.strip().lower(), "")) or _STATES.get(said) or _COMMON.get(said)


_COMMON = {
    "pending": ExecutionState.QUEUED,
    "accepted": ExecutionState.QUEUED,
    "in progress": ExecutionState.RUNNING,
    "success": ExecutionState.SUCCEEDED,
    "successful": ExecutionState.SUCCEEDED,
    "completed": ExecutionState.SUCCEEDED,
    "done": ExecutionState.SUCCEEDED,
    "ok": ExecutionState.SUCCEEDED,
    "failure": ExecutionState.FAILED,
    "error": ExecutionState.FAILED,
    "canceled": ExecutionState.CANCELLED,
    "aborted": ExecutionState.CANCELLED,
    "timeout": ExecutionState.TIMED_OUT,
}


def filled(path: str, **values: str) -> str:
    """A path with its holes filled, percent-encoded. Raises `Malformed` for what would lead to another place; see `part`."""
    return _HOLES.sub(lambda hole: part(values.get(hole[1], "")), path)
