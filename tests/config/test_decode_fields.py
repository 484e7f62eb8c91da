"""What the decoder knows of a struct's fields, without reading annotations that nobody needs."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import msgspec
import pytest

import cockpit.probes
import cockpit.providers
from cockpit.config.decode import fields_of
from cockpit.config.model import SourceConfig
from cockpit.core.roster import Person
from cockpit.core.steps.step import KINDS, Step
from cockpit.core.traps import Trap


def configs() -> Iterator[type[msgspec.Struct]]:
    """The cockpit's own tables, and the Config of every probe and provider."""
    kinds: tuple[type[msgspec.Struct], ...] = (SourceConfig, Person, Step, Trap, *KINDS.values())
    yield from kinds
    for package in (cockpit.probes, cockpit.providers):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for each in vars(importlib.import_module(module.name)).values():
                if isinstance(each, type) and issubclass(each, msgspec.Struct) and each.__name__.endswith("Config"):
                    yield each


@pytest.mark.parametrize("kind", sorted(set(configs()), key=str))
def test_they_are_what_msgspec_says_of_them(kind: type[msgspec.Struct]) -> None:
    theirs = msgspec.structs.fields(kind)
    ours = fields_of(kind)
    assert [(f.name, f.encode_name, f.default, f.required, f.type) for f in ours] == [
        (f.name, f.encode_name, f.default, f.required, f.type) for f in theirs
    ]


class Generic(msgspec.Struct):
    nested: list["tuple[int, ...]"] = []  # noqa: UP037  # as another's plugin may write it


def test_names_within_names_are_read_too() -> None:
    (field,) = fields_of(Generic)
    assert field.type == list[tuple[int, ...]]
