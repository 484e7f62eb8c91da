"""What a pipeline takes: the inputs in the header of ``.gitlab-ci.yml``, and the variables that are described in there.

Source: GitLab's documentation, "CI/CD inputs" (``spec:inputs``) and "CI/CD YAML syntax reference" (``variables:description``,
``variables:options``, ``variables:value``). Those are what its own form "Run pipeline" shows.
"""

from __future__ import annotations

import msgspec

from ..core.jobs import Option, OptionKind
from ..core.text import clean, clean_block
from .yaml_text import documents, table, text

_KINDS = {"boolean": OptionKind.YES_NO, "number": OptionKind.NUMBER}


class Takes(msgspec.Struct, frozen=True):
    """Inputs and variables: they are sent in different ways. A name that is both is an input."""

    inputs: tuple[Option, ...] = ()
    variables: tuple[Option, ...] = ()

    @property
    def options(self) -> tuple[Option, ...]:
        """All of them."""
        names = {each.name for each in self.inputs}
        return (*self.inputs, *(each for each in self.variables if each.name not in names))


def takes(body: bytes) -> Takes:
    """What the file says. Raises `Malformed`."""
    found = documents(body)
    if not found:
        return Takes()
    header = table(found[0].get("spec")) if len(found) > 1 else {}
    inputs = tuple(_input(str(name), table(each)) for name, each in table(header.get("inputs")).items())
    variables = table(found[-1].get("variables"))
    described = tuple(
        _variable(str(name), each) for name, each in variables.items() if isinstance(each, dict) and "description" in each
    )
    return Takes(inputs, described)


def _input(name: str, declared: dict[str, object]) -> Option:
    kind = _KINDS.get(str(declared.get("type", "")), OptionKind.TEXT)
    listed = declared.get("options")
    default = text(declared.get("default"))
    return Option(
        name=clean(name, 200),
        help=clean_block(text(declared.get("description")) or "", 2000),
        kind=kind,
        required="default" not in declared,
        default=default,
        choices=tuple(filter(None, map(text, listed))) if isinstance(listed, list) else (),
        pattern=text(declared.get("regex")) or "",
    )


def _variable(name: str, declared: dict[str, object]) -> Option:
    listed = declared.get("options")
    return Option(
        name=clean(name, 200),
        help=clean_block(text(declared.get("description")) or "", 2000),
        default=text(declared.get("value")),
        choices=tuple(filter(None, map(text, listed))) if isinstance(listed, list) else (),
    )
