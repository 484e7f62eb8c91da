"""What readers leave in the margin of a Markdown runbook: the boxes they ticked, and where they were."""

from __future__ import annotations

from datetime import datetime

import msgspec

from .alerts import Alert, Ref


class Tick(msgspec.Struct, frozen=True):
    """A box that somebody ticked, and when (UTC)."""

    box: str
    who: str
    at: datetime


class Margin(msgspec.Struct, frozen=True):
    """Of one runbook: the ticks for one firing of one alert, by box; and the line of the file (from 1) where its reader was last, 0
    where nobody was."""

    ticks: dict[str, Tick] = {}
    line: int = 0


def occasion(ref: Ref, alert: Alert | None) -> str:
    """What ticks are for: this firing of this alert. When it fires again, it has a checklist of its own."""
    since = alert.started_at.isoformat() if alert is not None and alert.started_at is not None else ""
    return f"{ref} {since}".rstrip()
