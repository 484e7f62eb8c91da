"""How the query of a rule went over time: for a trap its worst series, for an alert the one that it is about.

Asked in two steps: what the query gives now tells which series there are; that one alone is then asked for over time, with
``and on (…)`` around the query, so that the answer stays small however many series there are.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

from ..core.alerts import Alert
from ..core.curves import Curve
from ..core.text import clean
from ..core.units import Bound
from .prom_api import Api
from .prom_query import Sample, instant, named, over_time
from .prom_rules import Rule
from .prom_traps import VALUE

MOST_POINTS = 11_000
"""A Prometheus refuses to give more points of a series than these."""
_QUERY = 200  # characters of a query that are shown
_YOUNG = 0.25  # what covers less than this share of the time asked for is asked for again …
_LOOKS = 3  # … so often at most
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


async def curve(api: Api, rule: Rule, about: Alert | None, since: float, until: float, points: int, within: float) -> Curve:
    """The query of ``rule`` from ``since`` to ``until`` (seconds since the epoch), for this alert of it or for the worst of all."""
    threshold = rule.threshold
    query = threshold.query if threshold is not None else rule.wire.query
    now = (await instant(api, query, within)).samples
    chosen = _chosen(now, rule, about)
    asked = _narrowed(query, chosen, rule, len(now))
    own = _plain(chosen.labels) if chosen is not None else {}
    drawn = await _drawn(api, asked, own, (since, until), points, within, chosen.at if chosen is not None else None)
    if chosen is not None and math.isfinite(chosen.value) and (not drawn or chosen.at > drawn[-1][0]):
        drawn = (*drawn, (chosen.at, chosen.value))  # the steps end before the newest value does
    which = named(chosen, now) if chosen is not None else ""
    of = f", worst of {len(now)}" if len(now) > 1 else ""
    return Curve(
        points=drawn,
        what=which + of if which and about is None else clean(query, _QUERY),
        name=VALUE,
        bound=Bound(VALUE, threshold.op, threshold.value, f"{VALUE} {threshold.op} {threshold.value:g}") if threshold else None,
        problem="" if drawn else "there was nothing in this time",
    )


Points = tuple[tuple[float, float], ...]


async def _drawn(
    api: Api, query: str, own: Mapping[str, str], span: tuple[float, float], points: int, within: float, now: float | None
) -> Points:
    """The series with these labels, from and until then. What is young is asked for again in finer steps: it is worth that. ``now``
    is when it last had a value."""
    since, until = span
    drawn: Points = ()
    for _ in range(_LOOKS):
        step = max(1.0, (until - since) / max(1, min(points, MOST_POINTS - 1)))
        lines = await over_time(api, query, since, until, step, within)
        line = next((each for each in lines if _plain(each.labels) == own), lines[0] if lines else None)
        drawn = line.points if line is not None else ()
        begin = (drawn[0][0] if drawn else until) - step
        if now is None or step <= 1 or begin <= until - (until - since) * _YOUNG:
            break
        since, until = begin, max(until, now)
    return drawn


def expression_of(alert: Alert) -> tuple[str, str]:
    """(the address of the Prometheus that made the alert, the query it was made with), from its link; two empty texts where it has
    no such link."""
    for link in alert.links:
        if link.name == "generator":
            parts = urlsplit(link.url)
            query = parse_qs(parts.query).get("g0.expr", [""])[0]
            if query and not link.url.endswith("…"):  # one that was cut is no query any more
                page = parts.path.rpartition("/")[0]
                return f"{parts.scheme}://{parts.netloc}{page}", query
    return "", ""


def rule_of(rules: Sequence[Rule], alert: Alert, query: str) -> Rule | None:
    """The rule that makes alerts like this one with this query: of several, one that has the alert now."""
    same = [rule for rule in rules if rule.wire.query == query and clean(rule.wire.name) == alert.labels.get("alertname", "")]
    return next((rule for rule in same if has(rule, alert)), same[0] if same else None)


def has(rule: Rule, alert: Alert) -> bool:
    """Whether one of the rule's own alerts is this one: no label of theirs differs; on the way, some may be added or dropped."""
    return any(_agree(active.labels, alert.labels) for active in rule.actives)


def _agree(theirs: Mapping[str, str], ours: Mapping[str, str]) -> bool:
    return all(clean(value) == ours[clean(name)] for name, value in theirs.items() if clean(name) in ours)


def _chosen(samples: Sequence[Sample], rule: Rule, about: Alert | None) -> Sample | None:
    """The series to draw: the alert's own, else the worst."""
    if about is not None:
        labels = about.labels
        samples = [each for each in samples if _agree(_plain(each.labels), labels)]
    falling = rule.threshold is not None and rule.threshold.op.startswith("<")
    return max(samples, key=lambda each: -each.value if falling else each.value, default=None)


def _plain(labels: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in labels.items() if name != "__name__"}


def _narrowed(query: str, chosen: Sample | None, rule: Rule, many: int) -> str:
    """The query for one series alone; for the highest or the lowest of all, where none is known."""
    if chosen is None:
        falling = rule.threshold is not None and rule.threshold.op.startswith("<")
        return f"{'min' if falling else 'max'}({query}\n)"
    labels = _plain(chosen.labels)
    if many <= 1 or not labels:
        return query
    wanted = "vector(1)"
    for name, value in labels.items():
        wanted = f'label_replace({wanted}, {_quoted(name)}, {_quoted(value.replace("$", "$$"))}, "", "")'
    on = ", ".join(name if _NAME.fullmatch(name) else _quoted(name) for name in labels)
    return f"({query}\n) and on ({on}) {wanted}"  # a line break, for the query may end in a comment


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
