"""Worse nights than the scene: everything said by an enemy, a flood, and a storm."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from cockpit.core.alerts import Link, Ref, Severity
from cockpit.core.text import clean
from cockpit.core.view import Row, View

from .scene import alert, scene

HOSTILE = (
    "\x1b]52;c;aGFjaw==\x07",
    "\x1b[2J\x1b[H",
    "[@click=app.bell]x[/]",
    "[/nope]",
    "\u202egnp.exe",
    "a\tb\nc\rd",
    "\udcff\ud800",
    "e\u0301\u0301\u0301",
    "👩‍👩‍👧‍👦🏳️‍🌈",
    "ﷺ" * 3,
    "\x00\x7f\x9b31m",
    "$(touch /tmp/canary)",
    "{path}{{}}",
    "x" * 5000,
    "\u200b\u2060\U000e0041",
    "ｗｉｄｅ" * 20,
)
"""What an enemy says, raw. What a provider brings has been through ``clean``; the panes are tried with both."""


def hostile(*, raw: bool = False) -> View:
    """The bad night, with every text one of `HOSTILE`: cleaned as at ingest, or (``raw``) as if the first wall had a hole."""
    said = HOSTILE if raw else tuple(clean(text) for text in HOSTILE)
    rows = tuple(
        msgspec.structs.replace(
            row,
            alert=msgspec.structs.replace(
                row.alert,
                name=said[n % len(said)],
                where=said[(n + 1) % len(said)],
                summary=said[(n + 2) % len(said)],
                labels={said[(n + 3) % len(said)]: said[n % len(said)]},
                annotations={"a": said[(n + 4) % len(said)]},
                acknowledged_by=said[(n + 5) % len(said)] if row.alert.acknowledged_by else "",
                links=(Link(said[n % len(said)], said[(n + 6) % len(said)]),),
            ),
        )
        for n, row in enumerate(scene().alerts)
    )
    traps = tuple(msgspec.structs.replace(each, says=said[n % len(said)]) for n, each in enumerate(scene().traps))
    return msgspec.structs.replace(scene(), alerts=rows, traps=traps, remarks=said[:2])


def many(count: int) -> View:
    """A flood of ``count`` alerts."""
    ranked = sorted(
        (
            alert("am-prod", f"Alert{n % 300}", f"host{n % 5000}", Severity(1 + n * 7 % 4), 60 + n, f"disk {n % 100} % full")
            for n in range(count)
        ),
        key=lambda each: -each.severity,
    )
    rows = tuple(Row(msgspec.structs.replace(each, ref=Ref("am-prod", str(n)))) for n, each in enumerate(ranked))
    return msgspec.structs.replace(scene(), alerts=rows)


def stormed(
    view: View,
    numbers: Iterable[int],
    name: str = "NodeDown",
    *,
    severity: Severity = Severity.ERROR,
    age: float = 20,
    **more: object,
) -> View:
    """The view with so many alerts more, that began at nearly the same time."""
    rows = []
    for number in numbers:
        one = alert("am-prod", name, f"node-{number}", severity, age + number % 10, f"node-{number} does not answer", team="infra")
        labels = {**one.labels, "rack": f"r{number % 4}"}
        rows.append(Row(msgspec.structs.replace(one, labels=labels, **more)))
    return msgspec.structs.replace(view, alerts=view.alerts.put(rows))
