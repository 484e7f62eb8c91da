"""``cockpit alerts --by``: what is wrong now, in groups."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.alerts import AlertState
from ..core.groups import Group, GroupKey, key_of, parse_by
from ..core.rows import Row, rank
from ..core.units import short_age
from ..core.view import View
from . import USAGE
from .listing import as_json, table, when
from .options import Options, Stop


def by_of(text: str) -> tuple[str, ...]:
    """What to group by, as given on the command line; ends the command with status 2 where that cannot be."""
    try:
        return parse_by(text)
    except ValueError as error:
        raise Stop(str(error), USAGE) from None


def print_groups(rows: Sequence[Row], view: View, by: tuple[str, ...], options: Options) -> None:
    """The groups of these alerts, the worst first."""
    members: dict[GroupKey, list[Row]] = {}
    for row in rows:
        members.setdefault(key_of(row.alert, by), []).append(row)
    groups = sorted((Group(key, each) for key, each in members.items()), key=lambda group: rank(group.worst))
    if options.json:
        as_json([_record(group) for group in groups])
    elif groups:
        heads = ("Sev", "Newest", "Alerts", "State", *by, "Kinds")
        styles = ["bad" if group.worst.alert.state is AlertState.FIRING else "dim" for group in groups]
        table(heads, [_cells(group, view) for group in groups], styles, options.color, cut=range(3, len(heads)))


def _record(group: Group) -> dict[str, object]:
    return {
        "by": dict(zip(group.key.names, group.key.values, strict=True)),
        "alerts": len(group),
        "severity": group.worst.alert.severity.word,
        **{state.value: group.count_in(state) for state in AlertState if state is not AlertState.RESOLVED},
        "newest": when(group.newest),
        "common": dict(group.common),
        "kinds": dict(group.kinds),
        "sources": sorted({row.alert.ref.source for row in group.members}),
        "ids": [row.alert.ref.id for row in group.members],
    }


def _cells(group: Group, view: View) -> tuple[str, ...]:
    newest = short_age((view.now - group.newest).total_seconds()) if group.newest is not None else "?"
    counts = ((group.count_in(state), state.value) for state in AlertState)
    states = ", ".join(f"{count} {word}" for count, word in counts if count)
    kinds = ", ".join(sorted(group.kinds, key=lambda name: (-group.kinds[name], name))[:5])
    more = f" and {len(group.kinds) - 5} more" if len(group.kinds) > 5 else ""
    severity = group.worst.alert.severity.word
    return severity, newest, str(len(group)), states, *(value or "(none)" for value in group.key.values), kinds + more
