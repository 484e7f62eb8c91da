"""docs/story.md, as it stands there: a real PostgreSQL fills its disk and users are hurt; a trap is armed from that; the next time
it trips long before, and nobody is called. The report knows one fire and one that was caught, with its lead time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.home import COCKPIT, Home
from support.postgres import postgres
from support.real import running, wait_until
from support.shop import Shop, command, form, quoted
from support.stories import confirm, holder
from support.tmux import Tmux, tmux

pytestmark = pytest.mark.real

EARLY = "the-shop-takes-no-orders-early"
LONG = r"(\d+ m )?\d+ [ms]"
"""A length of time, of seconds or minutes."""


@pytest.fixture
def shop(home: Home) -> Iterator[Shop]:
    """Open, with users in it, and watched since three days."""
    with postgres() as server:
        shop = Shop(server, home)
        shop.remembered()
        watches = running((*COCKPIT, "watch"), ready=lambda: holder(home), env=home.env, cwd=home.path, timeout=30)
        with watches, shop.users():
            yield shop


def test_a_fire_and_the_one_that_did_not_come(shop: Shop, tmp_path: Path) -> None:
    with tmux(COCKPIT, shop.home.env, tmp_path) as screen:
        screen.wait("All clear")
        burns(shop, screen)
        paged = shop.pages.read_text()
        page = postmortem(shop)
        armed(shop, page)
        caught(shop, screen)
        assert shop.pages.read_text() == paged, "nobody was called"
    counted(shop)
    said = {form(line) for line in shop.printed}
    assert [line for line in quoted() if form(shop.there(line)) not in said] == [], "what the story quotes is what is printed"


def burns(shop: Shop, screen: Tmux) -> None:
    """The disk is full, users cannot order, Ana is paged, takes it, and a runbook makes room."""
    shop.run("cockpit mark")
    shop.log_views_until(lambda: shop.pages.exists() and shop.pages.read_text(), "the page")
    wait_until(lambda: shop.refused, 20, "users to be hurt")
    assert "No space left on device" in shop.refused[0][1]
    (sent,) = [json.loads(line) for line in shop.pages.read_text().replace("}{", "}\n{").splitlines()]
    assert (sent["to"]["person"], sent["severity"]) == ("ana", "critical")
    assert "No space left on device" in sent["summary"]
    shown = screen.wait("could not extend file")
    assert "CRIT" in shown
    assert "Drop the page views" in shown
    screen.keys("a")
    screen.wait("1 acked")
    shop.run("cockpit incident open")
    screen.keys("1")
    assert "drops all page views of the shop" in screen.wait("run exactly this")
    confirm(screen)
    wait_until(lambda: shop.stands("shop") == "armed", 30, "orders to be taken again")
    screen.keys("Escape")
    screen.wait("All clear")
    first, last = (at.isoformat() for at, _ in (shop.refused[0], shop.refused[-1]))
    began, ended = re.findall(r"\d{4}-\d\d-\d\dT\d\d:\d\d", " ".join(command("cockpit incident impact")))
    shop.run("cockpit incident impact", {began: first, ended: last})
    shop.run("cockpit incident close")


def postmortem(shop: Shop) -> str:
    """What the draft knows by itself: what was done before, what helped, which sign showed, and what would have told of it."""
    page = shop.run("cockpit postmortem")
    assert "every page view is kept. Did that contribute?*" in page
    assert re.search(r"drop-views for shop, by Ana, took .*: helped", page)
    assert re.search(r"- First page .*, .* after it began", page)
    (sign,) = [line for line in page.splitlines() if line.startswith("- `shop-inodes` ")]
    wanted = r"`used_percent` rose to ([789]\d|100)\S* \(usual: 2\d\S*\) .* `used_percent >= \d+` would have caught it "
    assert re.search(rf"{wanted}{LONG} before, with no false alarm in 2 d 23 h of readings", sign), sign
    return page


def armed(shop: Shop, page: str) -> None:
    """What the draft names is what is proposed, tested and written; the trap looks as often as what it was tested on."""
    done = shop.run("cockpit trap add")
    bound = re.search(r"`(used_percent >= \d+)` would", page)
    assert bound is not None
    assert f'trip = "{bound[1]}"' in done
    assert 'every = "2s"' in done
    assert re.search(rf"Tested: would have tripped {LONG} before; no false alarm in 2 d 23 h of readings", done), done
    wait_until(lambda: shop.stands(EARLY) == "armed", 30, "the new trap to look")


def caught(shop: Shop, screen: Tmux) -> None:
    """It fills up again: the trap trips while there is room, and the runbook is run before a user sees anything."""
    refused, taken = len(shop.refused), shop.taken
    shop.log_views_until(lambda: shop.stands(EARLY) == "tripped", "the trap to trip", EARLY)
    assert shop.used < 85, "long before it is full"
    screen.wait("WARN")
    screen.keys("j")  # from what is over, where the cursor had stayed
    screen.wait(f"─ ◆ {EARLY[:12]}")  # the title is cut in its middle
    screen.keys("1")
    screen.wait("run exactly this")
    confirm(screen)
    wait_until(lambda: shop.stands(EARLY) == "armed", 30, "room to be made")
    screen.keys("Escape")
    screen.wait("All clear")
    wait_until(lambda: shop.taken > taken + 1, 20, "users to order")
    assert len(shop.refused) == refused, "no user saw anything of it"


def counted(shop: Shop) -> None:
    """One fire, and one that was caught."""
    shown = shop.run("cockpit report")
    made = json.loads(shop.home.run("report", "--json").stdout)
    assert [sum(week[what] for week in made["weeks"]) for what in ("fires", "caught", "pages")] == [1, 1, 1]
    (one,) = made["caught"]
    assert (one["trap"], one["times"], one["armed_after"]) == (EARLY, 1, "i1")
    assert one["lead_seconds"] > 3
    assert made["incidents_without_trap"] == made["fires_without_trap"] == []
    assert re.search(rf"{EARLY} +1 +i1 +{LONG}", shown), shown
