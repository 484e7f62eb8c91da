"""``[repositories.NAME]``: the directories of Markdown runbooks, and the one beside the config that needs no entry."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from .decode import Decoder
from .locate import KeyPath
from .model import Repository

BESIDE = "runbooks"
"""The directory beside the config whose Markdown is read without being asked for, and its name as a repository."""


def read_repository(decoder: Decoder, name: str, raw: object, base: Path) -> Repository | None:
    """One entry. A path that is not absolute begins at ``base``, the directory of the config. Whether there is such a directory is
    no matter of the config: one that is away for a while must not keep the cockpit from starting."""
    path: KeyPath = ("repositories", name)
    fields = decoder.fields(Repository, raw, path, without=("name",))
    if not isinstance(fields, dict):
        return None
    url, where = fields.get("url"), fields.get("path")
    if isinstance(url, str) and url and (not url.startswith(("https://", "http://")) or "#" in url or "?" in url):
        hint = 'like url = "https://git.example/ops/runbooks/blob/main/"'
        decoder.faults.add((*path, "url"), "url must be the address in front of the files' names, without ? or #", hint)
    if isinstance(where, str):
        full = base / Path(where).expanduser()
        if not where:
            hint = "it names the directory with the runbooks; a path that is not absolute begins beside the config"
            decoder.faults.add((*path, "path"), "path is empty", hint)
        fields["path"] = os.path.normpath(full)
    built = decoder.built(Repository, {**fields, "name": name}, path)
    return built if isinstance(built, Repository) else None


def with_beside(repositories: Mapping[str, Repository], base: Path) -> dict[str, Repository]:
    """The repositories, and the directory ``runbooks`` beside the config where it is there: first, unless one has its name."""
    beside = base / BESIDE
    if BESIDE in repositories or any(each.path == str(beside) for each in repositories.values()) or not os.path.isdir(beside):
        return dict(repositories)
    return {BESIDE: Repository(name=BESIDE, path=str(beside)), **repositories}


def names_in(repositories: Collection[Repository]) -> frozenset[str]:
    """The names that the runbooks of these have, whatever stands in them: for what names one."""
    from .shelf import names_of  # deferred: only a name that the config does not know needs it

    return frozenset(name for each in repositories for name in names_of(each))
