"""How wide the columns of the alerts are, and what of a row is kept where it has to be cut."""

from __future__ import annotations

import re

import msgspec
import pytest

from cockpit.core.alerts import AlertState, Ref
from cockpit.core.stormrule import StormRule
from cockpit.core.view import View
from cockpit.ui.keys import TABLE
from cockpit.ui.spans import fit_place
from support.boards import Sitting, run, sitting
from support.hushed import LONG, SOON, hushed, silence
from support.scene import NOW, ago, config, scene
from support.storms import stormed

FIRE, DISK = Ref("am-prod", "HighErrorRate/web-3"), Ref("local", "root-disk")
PLACE = "/srv/backup/nightly/dump"


def changed(view: View, ref: Ref, **facts: object) -> View:
    """The view with one alert changed."""
    rows = [
        msgspec.structs.replace(row, alert=msgspec.structs.replace(row.alert, **facts)) if row.alert.ref == ref else row
        for row in view.alerts
    ]
    return msgspec.structs.replace(view, alerts=type(view.alerts)(rows))


def row(person: Sitting, text: str) -> str:
    return person.lines[person.line_of(text)]


@pytest.mark.parametrize(
    ("place", "width", "shown"),
    [
        ("/srv/backup/nightly/dump", 24, "/srv/backup/nightly/dump"),
        ("/srv/backup/nightly/dump", 10, "/srv…/dump"),
        ("/srv/backup/nightly.tar", 10, "…nightly.…"),
        ("payments/api-7d9f", 12, "pa…/api-7d9f"),
        ("ip-10-0-0-112", 10, "ip-10…112"),
        ("web-3.example.com:9100", 10, "web-3.exa…"),
        ("shop.example", 10, "shop.exam…"),
        ("/", 8, "/"),
        ("/srv/東京/遅延", 10, "/srv…/遅延"),
    ],
)
def test_of_a_place_that_is_cut_the_end_stays_that_tells_it_from_its_like(place: str, width: int, shown: str) -> None:
    assert fit_place(place, width).rstrip() == shown


def test_a_path_is_cut_in_the_list_before_its_last_part() -> None:
    async def body() -> None:
        async with sitting(changed(scene(), DISK, where=PLACE), (80, 24)) as person:
            assert "…/dump" in row(person, "root-disk")

    run(body)


def test_a_column_gives_back_what_nothing_needs_any_more_once_a_minute_is_over() -> None:
    async def body() -> None:
        async with sitting(changed(scene(), DISK, where=PLACE), (120, 40)) as person:
            before = row(person, "HighErrorRate ").index("5xx")
            person.desk.show(changed(scene(), DISK, where="/"))
            await person.until(lambda: PLACE not in person.text, "the change")
            assert row(person, "HighErrorRate ").index("5xx") == before, "nothing goes back and forth as rows come and go"
            person.clock.turn(60)
            await person.sees("  3m  HighErrorRate")
            person.clock.turn(60)
            await person.sees("  4m  HighErrorRate")
            assert row(person, "HighErrorRate ").index("5xx") < before
            head = row(person, "Sev   Age")
            assert head.index("Summary") == row(person, "HighErrorRate ").index("5xx")

    run(body)


def test_a_column_that_is_needed_again_and_again_keeps_its_width() -> None:
    async def body() -> None:
        async with sitting(changed(scene(), DISK, where=PLACE), (120, 40)) as person:
            before = row(person, "HighErrorRate ").index("5xx")
            for minute in range(3, 7):
                person.desk.show(changed(scene(), DISK, where="/"))
                await person.until(lambda: PLACE not in person.text, "it goes")
                person.desk.show(changed(scene(), DISK, where=PLACE))
                await person.until(lambda: "nightly" in row(person, "root-disk"), "it comes back")
                person.clock.turn(60)
                await person.sees(f"  {minute}m  HighErrorRate")
                assert row(person, "HighErrorRate ").index("5xx") == before

    run(body)


@pytest.mark.parametrize(("size", "shown"), [((80, 24), "12m left…"), ((120, 40), "12m left · Bo"), ((160, 40), "12m left · Bo")])
def test_the_row_of_a_silenced_alert_says_its_end_first_then_who(size: tuple[int, int], shown: str) -> None:
    async def body() -> None:
        by = "silenced by bo: release, the web team knows (5f1c0000)"
        view = changed(scene(), FIRE, state=AlertState.SUPPRESSED, suppressed_by=by, suppressed_until=SOON.ends_at)
        async with sitting(view, size) as person:
            assert shown in row(person, "HighErrorRate ")
            assert "5f1c0000" not in row(person, "HighErrorRate ")
            person.clock.turn(60)
            await person.sees("11m left")

    run(body)


@pytest.mark.parametrize(
    ("by", "until", "shown"),
    [
        ("silenced by bo until it has resolved: moving", None, "until resolved · Bo"),
        ("silenced by bo (5f1c0000)", None, "Bo"),
        ("snoozed", ago(-7200), "2h left · snoozed"),
        ("inhibited by HighErrorRate", None, "inhibited by HighErrorRate"),
        ("", None, "silenced"),
    ],
)
def test_what_is_known_of_the_end_is_said(by: str, until: object, shown: str) -> None:
    async def body() -> None:
        view = changed(scene(), FIRE, state=AlertState.SUPPRESSED, suppressed_by=by, suppressed_until=until)
        async with sitting(view, (200, 40)) as person:
            assert f"  {shown}  " in row(person, "HighErrorRate ")

    run(body)


def test_the_title_has_the_first_end_in_eighty_columns() -> None:
    async def body() -> None:
        view = hushed()
        silences = (SOON, LONG, silence("y", "a=c", 30))
        async with sitting(msgspec.structs.replace(view, silences=silences), (80, 24)) as person:
            assert "3 silences, 12m left" in person.lines[1]

    run(body)


def test_in_a_storm_it_stands_before_what_is_cut() -> None:
    async def body() -> None:
        silences = (SOON, LONG, silence("y", "a=c", 30))
        view = msgspec.structs.replace(stormed(hushed(), range(42)), silences=silences)
        async with sitting(view, (80, 24), config=config(storm=StormRule())) as person:
            await person.sees("storm: 42")
            assert re.search(r"· (3 silences, )?12m left", person.lines[1]), person.lines[1]

    run(body)


def test_the_footer_says_what_s_and_e_do_here() -> None:
    async def body() -> None:
        async with sitting(hushed()) as person:
            assert "s silence…  e page…" in person.footer
            person.board.alerts.seek(Ref("am-prod", "DeployRunning/shop-eu"))
            await person.follow()
            assert "s end silence…  e page…" in person.footer
            await person.press("S")
            assert "e page…" in person.footer
        async with sitting(msgspec.structs.replace(hushed(), alerts=())) as person:
            assert "e page…" in person.footer

    run(body)
    assert next(key for key in TABLE if key.id == "escalate").label == "page…"


def test_the_title_of_the_detail_says_whole_words_and_keeps_the_end_of_a_long_place() -> None:
    async def body() -> None:
        place = "/srv/backup/nightly/of-the-last-fortnight/dump"
        resolved = changed(scene(), DISK, where=place, state=AlertState.RESOLVED, ended_at=NOW)
        async with sitting(resolved, (120, 40)) as person:
            person.board.alerts.seek(DISK)
            await person.follow()
            title = row(person, "─ ▲ root-disk").partition("┬")[0]
            assert "resolved" in title
            assert "dump ── resolved" in title

    run(body)


def test_a_runbook_that_lacks_a_value_shows_no_template() -> None:
    async def body() -> None:
        view = msgspec.structs.replace(scene(), alerts=())
        async with sitting(view) as person:
            await person.press("tab", "tab", "tab")
            await person.sees("Free space on …")
            assert "{path}" not in person.text

    run(body)
