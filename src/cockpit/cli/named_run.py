"""Which run the words of a command mean."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.actions import Run
from ..core.text import clean
from . import USAGE
from .options import Stop

_NAMED = 5


def named_run(runs: Sequence[Run], text: str) -> Run:
    """The run of that id, or the one whose id begins or ends so. Of one for several targets the whole is meant, unless the number
    of a part stands there. Ends the command where it is none, or more than one."""
    if exact := next((each for each in runs if each.id == text), None):
        return exact
    found = [each for each in runs if text and (each.id.startswith(text) or each.id.endswith(text))]
    ids = {each.id for each in found}
    found = [each for each in found if each.part_of not in ids]
    if not found:
        raise Stop(f"there is no run {clean(text, 80)}; `cockpit runs` lists them", USAGE)
    if len(found) > 1:
        names = ", ".join(f"{each.id} ({each.what})" for each in found[:_NAMED])
        more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        raise Stop(f"{clean(text, 80)} may be {len(found)} runs: {clean(names)}{more}; write more of the id", USAGE)
    return found[0]
