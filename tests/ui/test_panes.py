"""What each pane says: of a bad night, of a good one, and of one where an enemy writes the alerts."""

from __future__ import annotations

import re
from datetime import timedelta

import msgspec
import pytest
from rich.cells import cell_len

from cockpit.core.alerts import AlertState, Ref
from cockpit.core.sources import Health
from cockpit.core.traps import TrapState
from cockpit.core.view import JournalHealth, View
from cockpit.core.watchrule import Outside
from cockpit.ui.alert_face import Sizes, widths
from cockpit.ui.keys import TABLE, remapped
from cockpit.ui.places import PANES
from cockpit.ui.spans import fit_name, told_apart
from support.boards import Sitting, rows_of, run, sitting
from support.scene import NOW, calm, config, scene
from support.storms import hostile, many


def with_source(view: View, name: str, **changes: object) -> View:
    """The view with one source changed."""
    sources = tuple(msgspec.structs.replace(each, **changes) if each.source == name else each for each in view.sources)
    return msgspec.structs.replace(view, sources=sources)


def line(person: Sitting, text: str) -> str:
    """The first line of the screen with this text."""
    return person.lines[person.line_of(text)]


# ── alerts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_alert_is_one_line_with_a_glyph_a_word_and_its_facts() -> None:
    async def body() -> None:
        async with sitting() as person:
            row = line(person, "LatencyP99 ")
            for part in ("■ ERR", "25m", "LatencyP99", "shop-eu", "p99 2.4 s, objective 800 ms", "am-prod"):
                assert part in row
            assert "Ana" in line(person, "PostgresDown")
            assert "12 firing · 2 acked · 1 suppressed" in line(person, "─ Alerts ─")

    run(body)


def test_all_clear_is_said_only_when_every_source_sees() -> None:
    async def body() -> None:
        async with sitting(calm()) as person:
            assert "All clear" in person.text
            assert "2 sources live, 20 traps armed" in person.text

    run(body)


@pytest.mark.parametrize("health", [Health.STARTING, Health.LATE, Health.INCOMPLETE, Health.BLIND, Health.PARKED])
def test_while_a_source_does_not_see_nothing_is_called_clear(health: Health) -> None:
    async def body() -> None:
        view = with_source(calm(), "local", health=health, age=timedelta(minutes=3))
        async with sitting(view) as person:
            assert "All clear" not in person.text
            assert f"Nothing firing on what I can see (local {health.value} 3 m)" in person.text

    run(body)


def test_a_blind_trap_is_not_called_clear_either() -> None:
    async def body() -> None:
        traps = tuple(msgspec.structs.replace(each, state=TrapState.BLIND) for each in calm().traps[:1])
        async with sitting(msgspec.structs.replace(calm(), traps=traps)) as person:
            assert "All clear" not in person.text
            assert "1 trap blind" in person.text

    run(body)


def test_traps_that_warn_or_have_tripped_are_named_where_nothing_fires() -> None:
    async def body() -> None:
        for state, said in ((TrapState.WARNING, "1 trap warns: "), (TrapState.TRIPPED, "1 trap has tripped: ")):
            first, *others = calm().traps
            traps = (msgspec.structs.replace(first, state=state), *others)
            async with sitting(msgspec.structs.replace(calm(), traps=traps), (80, 24)) as person:
                assert "All clear" not in person.text
                assert "Nothing firing, but" in person.text
                assert f"◆ {said}{first.trap.name}" in person.text

    run(body)


def test_a_folded_list_shows_the_alert_that_the_keys_act_on() -> None:
    async def body() -> None:
        async with sitting(size=(80, 24)) as person:
            await person.press("j", "j", "j")
            chosen = rows_of(person.board)[3].alert
            assert person.board.alert_refs() == (chosen.ref,)
            await person.press("tab")
            folded = line(person, "─ Alerts ─")
            assert f"▌ ▲ {chosen.name}"[:20] in folded.replace("■", "▲")
            assert "firing" in folded
            await person.press("tab", "tab")
            assert person.board.pane == "traps"
            assert "▌" not in line(person, "─ Alerts ─"), "the keys are about a trap"

    run(body)


@pytest.mark.parametrize(("width", "shown"), [(40, "prometheus-alertmanager-19093"), (16, "prometheus…19093"), (10, "prom…19093"),
                                              (5, "prom…")])  # fmt: skip
def test_a_name_that_is_cut_keeps_the_number_that_tells_it_from_its_like(width: int, shown: str) -> None:
    assert fit_name("prometheus-alertmanager-19093", width).rstrip() == shown


def test_names_that_would_read_alike_are_cut_in_the_middle() -> None:
    names = ["prometheus-alertmanager-eu", "prometheus-alertmanager-us", "backup", "prometheus-9090"]
    assert told_apart(names, 16) == ["prometh…nager-eu", "prometh…nager-us", "backup", "prometheus-9090"]
    assert told_apart(["東京-batch-遅延-a", "東京-batch-遅延-b"], 10) == ["東京…延-a", "東京…延-b"]
    assert told_apart(["same", "same"], 10) == ["same", "same"]


def test_traps_of_several_alike_can_be_told_apart() -> None:
    async def body() -> None:
        first = calm().traps[0]
        names = [f"prometheus-alertmanager-{port}" for port in (19093, 19094)]
        alike = [msgspec.structs.replace(first, trap=msgspec.structs.replace(first.trap, name=name)) for name in names]
        async with sitting(msgspec.structs.replace(calm(), traps=tuple(alike))) as person:
            assert [f"…{port} " in person.text for port in (19093, 19094)] == [True, True]

    run(body)


def test_where_there_is_no_colour_brackets_say_which_keys_cannot_work() -> None:
    async def body() -> None:
        empty = msgspec.structs.replace(calm(), alerts=())
        async with sitting(empty, config=msgspec.structs.replace(config(), theme="mono")) as person:
            for part in ("(a ack) ", "(n note) ", " q quit"):
                assert part in person.footer
            await person.press("a")
            assert "there is no alert under the cursor" in person.footer
        async with sitting(empty) as person:
            assert "(a ack)" not in person.footer

    run(body)


def test_a_remark_has_the_room_of_the_words_that_say_how_it_is_put_away() -> None:
    async def body() -> None:
        long = "no config yet: proposed traps; `cockpit init` writes them down"
        async with sitting(msgspec.structs.replace(scene(), remarks=(long, "another")), (80, 24)) as person:
            assert long in person.lines[1]
            assert person.lines[1].rstrip().endswith("1 more  esc")

    run(body)


def test_where_nothing_is_watched_nothing_is_called_clear() -> None:
    async def body() -> None:
        alone = tuple(each for each in calm().sources if each.provider == "local")
        async with sitting(msgspec.structs.replace(calm(), sources=alone, traps=())) as person:
            assert "Nothing is watched: there are no traps" in person.text
            assert "All clear" not in person.text

    run(body)


def test_without_any_source_nothing_is_called_clear() -> None:
    async def body() -> None:
        async with sitting(msgspec.structs.replace(calm(), sources=())) as person:
            assert "All clear" not in person.text

    run(body)


def test_rows_of_a_source_that_is_blind_stay_struck_and_say_how_old_they_are() -> None:
    async def body() -> None:
        async with sitting() as person:
            assert "3m old" in line(person, "check_raid")
            pane = person.board.alerts
            at = next(n for n, row in enumerate(rows_of(person.board)) if row.alert.name == "check_raid")
            struck = [segment.text for segment in pane.render_line(at + 2) if segment.style and segment.style.strike]
            assert struck == ["check_raid", "nas-1", "RAID degraded: 1 of 6 disks failed"]

    run(body)


def test_columns_stand_under_their_titles_at_any_width() -> None:
    async def body() -> None:
        async with sitting() as person:
            for width in (40, 56, 80, 96, 120, 200):
                await person.resize(width, 30)
                head, row = line(person, "Sev   Age"), line(person, "▲ CRIT   2m")
                assert row.index("HighErrorR") == head.index("Alert"), width
                assert head.index("Sev") == row.index("CRIT"), width
                assert head.index("Age") + 3 == row.index("2m") + 2, width
                if "Where" in head:
                    assert row.index("web-3") == head.index("Where")
                if "Summary" in head:
                    assert row.index("5xx") == head.index("Summary")

    run(body)


LONG = {
    "name": "web-http-127-0-0-1-60591", "where": "http://127.0.0.1:60591/health", "summary": "connection refused",
    "suppressed_by": "silenced by anastasia.popova",
}  # fmt: skip


@pytest.mark.parametrize(
    ("width", "whole"), [(80, ()), (120, ("name", "where", "summary")), (160, tuple(LONG)), (200, tuple(LONG))]
)
def test_what_the_summaries_do_not_need_goes_to_what_would_be_cut(width: int, whole: tuple[str, ...]) -> None:
    async def body() -> None:
        view, long = scene(), {**LONG, "ref": Ref("am-prod-frankfurt-2", "long"), "state": AlertState.SUPPRESSED}
        row = msgspec.structs.replace(view.alerts[0], alert=msgspec.structs.replace(view.alerts[0].alert, **long))
        only = msgspec.structs.replace(view, alerts=(row,))
        async with sitting(only, (width, 30)) as person:
            shown = line(person, "connection refused")
            assert [key for key in whole if LONG[key].removeprefix("silenced by ") not in shown] == []
            if width >= 160:
                assert "am-prod-frankfurt-2" in shown

    run(body)


def test_people_are_called_by_the_names_of_the_config() -> None:
    async def body() -> None:
        view = scene()
        alert = msgspec.structs.replace(
            view.alerts[0].alert, state=AlertState.ACKNOWLEDGED, acknowledged_by="ana", assignees=("bo",)
        )
        held = msgspec.structs.replace(alert, ref=Ref("am-prod", "held"), name="Held")
        hushed = msgspec.structs.replace(
            alert, ref=Ref("am-prod", "hushed"), name="Hushed", state=AlertState.SUPPRESSED, suppressed_by="silenced by bo: mended",
        )  # fmt: skip
        rows = [msgspec.structs.replace(view.alerts[0], alert=each) for each in (held, hushed)]
        async with sitting(msgspec.structs.replace(view, alerts=rows)) as person:
            assert re.search(r"Held .*  Ana  ", line(person, "Held "))
            assert re.search(r"Hushed .*  Bo  ", line(person, "Hushed "))
            person.board.alerts.seek(held.ref)
            await person.follow()
            assert "acknowledged by Ana" in person.text
            await person.sees("assigned to")
            assert not re.search(r"\b(ana|bo)\b", person.text)

    run(body)


def test_a_long_summary_keeps_a_good_part_of_the_row_and_what_it_has_beyond_goes_to_what_would_be_cut() -> None:
    long = Sizes(summary=200, name=200, where=30, who=16, source=12)
    for width, summary, whole in ((80, 26, False), (120, 36, False), (160, 48, True), (200, 80, True)):
        name, where, rest, who, source = widths(width, long)
        assert rest == summary, width
        assert sum(each + 2 for each in (name, where, rest, who, source) if each) - 2 <= width - 14
        assert (where >= 30 and who >= 16 and source >= 12) is whole, width
        assert name <= 40, "a name of two hundred cells does not take the row"


def test_an_age_that_reads_differently_is_drawn_as_time_goes_by() -> None:
    async def body() -> None:
        async with sitting() as person:
            assert " 2m " in line(person, "HighErrorRate ")
            person.clock.turn(60)
            await person.sees("  3m  HighErrorRate")

    run(body)


# ── header ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_header_says_the_time_in_every_zone_who_is_on_call_and_how_old_the_news_is() -> None:
    async def body() -> None:
        async with sitting(size=(160, 40)) as person:
            head = person.lines[0]
            for part in ("cockpit · prod", "03:12:44 UTC", "00:12 São Paulo", "on call Ana → Bo in 5 h 48 m"):
                assert part in head
            for part in ("● am-prod <15s", "● local <30s", "◌ icinga blind  3m"):
                assert part in head

    run(body)


def test_ages_in_the_header_grow_by_the_clock_that_never_steps() -> None:  # safety 20
    async def body() -> None:
        async with sitting(size=(160, 40)) as person:
            person.clock.turn(60)
            await person.sees("◌ icinga blind  4m")
            assert "● local  <2m" in person.lines[0]
            assert "03:13:44 UTC" in person.lines[0]

    run(body)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_what_is_not_journalled_is_said_loudly_at_every_width(width: int) -> None:  # safety 24
    async def body() -> None:
        view = msgspec.structs.replace(scene(), journal=JournalHealth("the disk is full"))
        async with sitting(view, (width, 24)) as person:
            assert "NOT JOURNALLED" in person.lines[0]

    run(body)


@pytest.mark.parametrize("width", [80, 120])
def test_when_the_watch_last_beat_outside_is_said_and_an_alarm_that_stays_says_that_it_is_late(width: int) -> None:
    async def body() -> None:
        view = msgspec.structs.replace(scene(), outside=Outside(NOW))
        async with sitting(view, (width, 24)) as person:
            assert f"beat {NOW:%H:%M}" in person.lines[0]
            assert "has not beaten" not in "".join(person.lines)
        late = msgspec.structs.replace(view, outside=Outside(None, "the watch has not beaten hc since 03:02 UTC"))
        async with sitting(late, (width, 24)) as person:
            assert "beat never" in person.lines[0]
            assert "the watch has not beaten hc" in person.lines[1]
            await person.press("escape")
            assert "the watch has not beaten hc" in person.lines[1]

    run(body)


def test_read_only_is_said_in_header_and_footer() -> None:
    async def body() -> None:
        async with sitting(msgspec.structs.replace(scene(), read_only=True)) as person:
            assert "READ-ONLY" in person.lines[0]
            assert "read-only on" in person.footer

    run(body)


def test_remarks_stand_under_the_header_until_they_are_put_away() -> None:
    async def body() -> None:
        view = msgspec.structs.replace(scene(), remarks=("no config yet: these traps are proposals", "another"))
        async with sitting(view) as person:
            assert "no config yet" in person.lines[1]
            assert "1 more" in person.lines[1]
            await person.press("escape")
            assert "another" in person.lines[1]
            await person.press("escape")
            assert "Alerts" in person.lines[1]
            person.desk.change(runs=())
            await person.until(lambda: not person.board.view.runs, "the new view")
            assert "no config yet" not in person.text

    run(body)


def test_what_was_put_away_comes_back_when_it_happens_again() -> None:
    async def body() -> None:
        async with sitting(msgspec.structs.replace(scene(), remarks=("am: a cable is out",))) as person:
            await person.press("escape")
            assert "a cable is out" not in person.text
            for remarks in ((), ("am: a cable is out",)):
                person.desk.change(remarks=remarks)
                await person.until(lambda remarks=remarks: person.board.view.remarks == remarks, "the new view")  # type: ignore[misc]
            await person.until(lambda: "am: a cable is out" in person.lines[1], "the remark")

    run(body)


def test_a_silent_watchdog_is_a_loud_line_that_cannot_be_put_away() -> None:
    # safety 16
    async def body() -> None:
        view = scene()
        first, *others = view.sources
        dark = msgspec.structs.replace(first, health=Health.BLIND, reason="the watchdog Dog does not fire", answers=True)
        async with sitting(msgspec.structs.replace(view, sources=(dark, *others), remarks=("another",))) as person:
            for _ in range(2):
                assert f"{first.source}: the watchdog Dog does not fire" in person.lines[1]
                assert person.board.banner.spans(120)[1][1] == "alarm"
                await person.press("escape")

    run(body)


# ── the enemy, and every size ─────────────────────────────────────────────────────────────────────────────────────

SIZES = [(200, 60), (120, 40), (104, 26), (80, 60), (80, 24), (60, 16), (40, 15), (40, 10), (20, 5), (3, 2)]


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_whatever_an_enemy_says_every_line_is_printable_and_fills_its_width(
    size: tuple[int, int], raw: bool
) -> None:  # safety 1 3 4
    async def body() -> None:
        async with sitting(hostile(raw=raw), size) as person:
            for _ in PANES:
                for each in person.board.children:
                    for y in range(each.size.height):
                        made = each.render_line(y)
                        assert cell_len(made.text) == each.size.width
                        assert made.text.replace("\xa0", " ").isprintable()
                await person.press("tab")
            if size[0] >= 104:
                assert "[@click=app.bell]" in person.text

    run(body)


@pytest.mark.parametrize("size", SIZES)
def test_at_every_size_nothing_is_lost_only_folded(size: tuple[int, int]) -> None:
    async def body() -> None:
        async with sitting(size=size) as person:
            if size[0] < 40 or size[1] < 10:
                assert "needs 40×10"[: size[0] - 1] in person.lines[0]
                return
            for word in ("Alerts", "Traps", "Run"):
                assert word in person.text, word
            seen = set()
            for _ in PANES:
                seen.add(person.board.pane)
                assert person.board.panes[person.board.pane].size.height >= 4
                await person.press("tab")
            assert seen == set(PANES)

    run(body)


def test_a_flood_says_how_much_is_out_of_sight() -> None:
    async def body() -> None:
        async with sitting(many(500)) as person:
            assert "500 firing" in person.text
            await person.press("G")
            assert "↑" in line(person, "─ Alerts ─")
            assert person.board.alerts.key == Ref("am-prod", "499")

    run(body)


# ── footer ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_footer_shows_keys_as_remapped() -> None:
    async def body() -> None:
        async with sitting(table=remapped(TABLE, {"ack": "A", "silence": ""})) as person:
            assert "A ack" in person.footer
            assert "silence…" not in person.footer

    run(body)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_help_and_quit_are_in_the_footer_at_every_width(width: int) -> None:
    async def body() -> None:
        async with sitting(size=(width, 24)) as person:
            assert "? help" in person.footer
            assert "q quit" in person.footer
            assert "a ack" in person.footer

    run(body)


def test_keys_that_cannot_work_are_dimmed() -> None:
    async def body() -> None:
        async with sitting(calm(), config=config()) as person:
            dim = {
                segment.text
                for segment in person.board.footer.render_line(0)
                if segment.style == person.board.footer.look.style("key-off")
            }
            assert {"a", " ack  ", "s", "n", "d", "1-9"} <= dim
            assert "?" not in dim

    run(body)
