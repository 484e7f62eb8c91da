"""What a workflow takes: the inputs that its file declares under ``on.workflow_dispatch``.

Source: GitHub's documentation, "Workflow syntax for GitHub Actions", ``on.workflow_dispatch.inputs``.
"""

from __future__ import annotations

from ..core.jobs import Option, OptionKind
from ..core.text import clean, clean_block
from .yaml_text import documents, table, text

_KINDS = {"boolean": OptionKind.YES_NO, "number": OptionKind.NUMBER}


def inputs_of(body: bytes, without: str = "") -> tuple[Option, ...] | None:
    """The inputs that a workflow's file declares, but the one called ``without``; ``None`` where nobody can dispatch it. Raises
    `Malformed`."""
    document = next(iter(documents(body)), {})
    on = document.get("on", document.get(True))  # YAML 1.1 reads a bare `on` as yes
    if isinstance(on, (str, list)):
        return () if on == "workflow_dispatch" or "workflow_dispatch" in on else None
    if not isinstance(on, dict) or "workflow_dispatch" not in on:
        return None
    inputs = table(table(on["workflow_dispatch"]).get("inputs"))
    return tuple(_option(str(name), table(each)) for name, each in inputs.items() if str(name) != without)


def _option(name: str, declared: dict[str, object]) -> Option:
    choices = declared.get("options")
    kind = _KINDS.get(str(declared.get("type", "")), OptionKind.TEXT)
    listed = tuple(filter(None, map(text, choices))) if isinstance(choices, list) else ()
    default = text(declared.get("default"))
    if default is None:
        # what GitHub's own form would send
        default = "false" if kind is OptionKind.YES_NO else listed[0] if declared.get("type") == "choice" and listed else None
    return Option(
        name=clean(name, 200),
        help=clean_block(text(declared.get("description")) or "", 2000),
        kind=kind,
        required=declared.get("required") is True,
        default=default,
        choices=listed,
    )
