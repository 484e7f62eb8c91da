"""What an Alertmanager had before it began anew. It keeps no alert over a restart, so for a while its silence is no good news.

Prometheus sends a firing alert again when ``--rules.alert.resend-delay`` (a minute) has passed, with the evaluation after that.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from ..core.alerts import Alert
from .am_alerts import Seen, listed
from .am_merge import Known, some

SENT_AGAIN = timedelta(seconds=150)
"""So long after it began, what still fires has been sent to it again."""


class Forgotten:
    """Remembers what a cluster told before a member of it began anew."""

    def __init__(self) -> None:
        self._before: Known | None = None
        self._had: Known | None = None

    def look(self, known: Known, now: datetime) -> Known:
        """The answer, with what was known before and may not have been sent again: that is kept as it was last told, and the
        answer is not complete. ``now`` is the cluster's clock."""
        before, self._before = self._before, known
        if known.restarted is None:
            return known
        if before is not None and before.restarted is not None and known.restarted > before.restarted:
            self._had = before
        missing = [each for each in self._had.seen if each not in known.seen] if self._had is not None else []
        if self._had is None or not missing or now - known.restarted > SENT_AGAIN:
            self._had = None
            return known
        had = self._had
        began = f"{known.restarted:%H:%M:%S} UTC"
        remark = f"it began anew at {began}: {some(missing, had.seen)} shown as last told, until sent to it again"
        kept = msgspec.structs.replace(
            known,
            seen=listed((*known.seen.records, *(_bare(had.seen[each]) for each in missing))),
            alerts=known.alerts.with_more(_kept(had, known, each) for each in missing),
            complete=False,
            remarks=(remark, *known.remarks),
        )
        self._before = kept
        return kept


def _bare(it: Seen) -> Seen:
    return Seen(it.alert, it.exact)


def _kept(had: Known, known: Known, alert_id: str) -> Alert:
    """As it was last told; as firing where what hushed it has been forgotten too."""
    alert = had.alerts[alert_id]
    stand = all(each in known.silences and known.silences[each].active for each in alert.silences)
    return alert if stand else had.seen[alert_id].alert
