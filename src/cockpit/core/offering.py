"""What the config says of the jobs that a source offers as runbooks."""

from __future__ import annotations

import msgspec

from .runbooks import Confirm, Param
from .units import Seconds


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the config says of some jobs of a source: those whose name ``jobs`` matches (``web/*``); the first rule that does is
    the one that holds.

    ``match`` (filter language) says for which alerts they are offered ("" = in the picker only), ``params`` where the values of
    options come from, ``secrets`` where secret ones are kept, by reference. They change the world unless ``only_reads`` says that
    they do not; ``changes`` says what. ``only_reads`` is your word, of a job by its whole name, and holds for whatever the engine
    runs under that name: who may change the job there may make it write. ``hide``: they are not offered at all. The others are as
    in `Runbook`.
    """

    jobs: str = "*"
    match: str = ""
    title: str = ""
    key: str = ""
    changes: str = ""
    only_reads: bool = False
    confirm: Confirm = Confirm.YES
    timeout: Seconds = Seconds(3600.0)
    target: str = ""
    helps_within: Seconds = Seconds(600.0)
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    params: dict[str, Param] = {}
    secrets: dict[str, str] = {}
    hide: bool = False

    def __post_init__(self) -> None:
        if self.only_reads and self.changes:
            raise ValueError("only_reads and changes say opposite things: leave one out")
        if self.only_reads and any(char in self.jobs for char in "*?["):
            raise ValueError(
                "only_reads is said of a job by its whole name: at the engine anybody may give theirs one that matches"
            )
