"""A small repository of Markdown runbooks, written as teams write them: what is read and run from it in tests and pictures."""

from __future__ import annotations

from pathlib import Path

import msgspec

from cockpit.config.book import read_book
from cockpit.core.books import Book
from cockpit.core.view import View

from .scene import scene

URL = "https://git.example/ops/runbooks/blob/main/"

ERRORS = """---
title: Too many 5xx on {host}
match: alertname=HighErrorRate
changes: takes one web server out of the pool
params:
  host: {from: "label:instance"}
timeout: 10m
---
# Too many 5xx

The shop answers with errors. In nine of ten cases **one** web server is ill and the others are fine: take it out, then find out
why. If *all* of them are ill it is [the database](db/failover.md#is-it-down), and this page is the wrong one.

> Customers see this. Say so in `#incidents` before anything else.

## Look

- [ ] Tell `#incidents` that you are on it
- [ ] Look at the [dashboard](https://grafana.example/d/web): one server, or all?

```sh name=look timeout=30s
curl -fsS "http://$host:8080/health" || true
journalctl -u shop --since -10m --no-pager | tail -n 20
```

| Answer | Meaning | Go to |
|--------|---------|-------|
| `200`, slow | the machine is busy | [Take it out](#take-it-out) |
| `503` | it has lost its database | [Fail over](db/failover.md) |
| nothing | it is down | [Take it out](#take-it-out) |

## Take it out

1. Never below two servers. What there is:

   ```console
   $ pool list
   web-1 up  web-2 up  web-3 up
   ```

2. Drain it, and wait until nobody is on it:

   ```bash name=drain timeout=5m
   pool drain "$host"
   pool wait "$host" --connections 0
   ```

- [ ] Error rate below 1 % for five minutes

## Afterwards

Put it back with `pool add`, or leave it to the day. Either way leave a note (`n`).
"""

FAILOVER = """# Fail over the database

What to do when the primary is gone.

## Is it down

It is, if nothing answers on 5432 for a minute.
"""

BROKEN = """---
titel: Nobody reads this
---
# Broken

Still to be read.
"""

POLICY = """---
title: When to wake whom
match: severity=critical
---
# When to wake whom

Nothing here runs.
"""


def book(name: str, text: str) -> Book:
    """One of them, read as from its file."""
    made, _ = read_book(name, f"/srv/runbooks/{name}.md", text)
    return msgspec.structs.replace(made, url=f"{URL}{name}.md")


def books() -> dict[str, Book]:
    """All of them."""
    texts = {"5xx": ERRORS, "broken": BROKEN, "db/failover": FAILOVER, "policy": POLICY}
    return {name: book(name, text) for name, text in texts.items()}


def lay(top: Path) -> None:
    """The same as files."""
    for name, text in {"5xx": ERRORS, "broken": BROKEN, "db/failover": FAILOVER, "policy": POLICY}.items():
        path = top / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def shelved() -> View:
    """The scene, whose first alert has the first of these runbooks as its first."""
    view, found = scene(), books()
    ours = tuple(each.runbook for each in found.values() if each.runbook is not None)
    return msgspec.structs.replace(view, runbooks=(*ours, *view.runbooks))
