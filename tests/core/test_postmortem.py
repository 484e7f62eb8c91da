"""A postmortem's draft: what is known stands there, what is not is asked, and nothing from outside is markup."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cockpit.core.actions import Run, RunState, Start
from cockpit.core.aftermath import Aftermath, Past
from cockpit.core.alerts import Ref
from cockpit.core.guards import Guard
from cockpit.core.incident_timeline import Line
from cockpit.core.incidents import Incident, Member
from cockpit.core.lookback import Series, lookback
from cockpit.core.markdown import cell, inert, link, sparkline
from cockpit.core.postmortem import Facts, Graph, draft, moment_of, telling
from cockpit.core.recordings import Filmed
from cockpit.core.text import clean
from cockpit.core.traps import Trap
from cockpit.core.units import bound

T0 = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
GFM = MarkdownIt("gfm-like")
HOSTILE = [
    "<script>alert(1)</script>", "[x](javascript:alert(1))", "![x](http://evil.example/p.png)", "http://evil.example/a",
    "www.evil.example",
    "ana@evil.example", "@everyone", "`code`", "`` @x `", "# head", "- item", "1. one",
    "***bold***", "~~gone~~", "a|b|c", "&lt;b&gt;",
    "<http://evil.example>", "> quote", "+ plus", "\\[x](y)", "--- \n # x", "x\n\n<b>", "HTTPS://EVIL.EXAMPLE", "ftp://x.example/y",
]  # fmt: skip


def parts(text: str) -> set[str]:
    """The kinds of all that Markdown makes of it, but for words and paragraphs."""
    tokens = [token for block in GFM.parse(text) for token in (block, *(block.children or ()))]
    return {token.type for token in tokens} - {"paragraph_open", "paragraph_close", "inline", "text", "text_special", "code_inline"}


@pytest.mark.parametrize("text", HOSTILE)
def test_words_from_outside_are_only_words(text: str) -> None:
    assert parts(f"- **alert** said: {inert(text)}") == parts("- **alert** said: plain")
    assert parts(inert(text)) == set()


@given(st.text(alphabet="`*_[]()<>!#-+.:/@&|~\\w1 ha=\"'", max_size=40))
def test_no_mixture_of_signs_is_more_than_words(text: str) -> None:
    assert parts(f"said: {inert(text)}") == set()


def shown(text: str, parser: MarkdownIt) -> str:
    """What a reader sees of one line."""
    inline = [token for block in parser.parse(text) for token in block.children or ()]
    return "".join(token.content for token in inline)


@pytest.mark.parametrize("parser", [MarkdownIt("commonmark"), GFM], ids=["CommonMark", "GFM"])
@given(text=st.one_of(st.text(max_size=60), st.text(alphabet="`*_[]()<>!#-+.:/@&|~\\w19 ha=\"';$^{}?,%", max_size=60)))
def test_what_is_shown_is_what_was_said(parser: MarkdownIt, text: str) -> None:
    said = " ".join(clean(text).split())
    assert shown(f"- **alert** {inert(text)}", parser) == f"alert {said}".strip()
    if said:
        assert shown(inert(text), parser) == said
        assert shown(f"# {inert(text)}", parser) == said


_TABLE = {f"{what}_{end}" for what in ("table", "thead", "tbody", "tr", "th", "td") for end in ("open", "close")}


def cells(text: str) -> list[str]:
    """What a reader sees of each cell of a table with one row, in which that stands first."""
    tokens = GFM.parse(f"| A | B |\n|---|---|\n| {cell(text)} | x |")
    inside = [child for token in tokens for child in token.children or ()]
    assert {token.type for token in (*tokens, *inside)} <= _TABLE | {"inline", "text", "text_special", "code_inline"}
    return [shown(token.content, GFM) for token in tokens if token.type == "inline"][2:]


@pytest.mark.parametrize("text", [*HOSTILE, "a@b|c", "x|ana@evil.example|y", "a@b\\|c", "a|", "a\\"])
def test_in_a_table_they_are_words_of_their_own_cell(text: str) -> None:
    said = " ".join(clean(text).split())
    assert cells(text) == [said.replace("\\|", "|") if "@" in said else said, "x"]


@given(st.text(alphabet="`*_[]()<>!#-+.:/@&|~\\w1 ha=\"'", max_size=40))
def test_no_mixture_of_signs_leaves_its_cell(text: str) -> None:
    assert cells(text)[1:] == ["x"]


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        ("a <b>", "a \\<b>"), ("web-3.prod", "web-3\\.prod"), ("http://x/y", "`http://x/y`"),
        ("web http://[::1]:80/", "web `http://[::1]:80/`"),
        ("C:\\dir", "C:\\dir"),
        ("- 1", "\\- 1"), ("1. 2.", "1\\. 2."), ("2 - 1", "2 - 1"), ("AT&T &lt;", "AT&T \\&lt;"), ("50 % {x} = !", "50 % {x} = !"),
        ("a & b (c) [d]", "a & b (c) \\[d]"), ("# 1", "\\# 1"), ("> x > y", "\\> x > y"), ("=== x", "\\=== x"),
        ("db-1:9093", "db-1:9093"), (":fire: 03:12:44", "\\:fire: 03:12:44"), ("1 # 2 ##", "1 \\# 2 \\##"),
    ],
)  # fmt: skip
def test_only_what_could_mean_something_has_a_backslash(text: str, raw: str) -> None:
    assert inert(text) == raw


def test_plain_words_stay_readable() -> None:
    for line in (
        "root-disk on db-1: 97 %, full in 2 h",
        'could not extend file "pg_tblspc/16385/PG_15/16387": No space left on device',
        "since 2026-11-26 03:12 UTC",
    ):
        assert inert(line) == line


def facts(incident: Incident, *lines: Line, graphs: tuple[Graph, ...] = (), series: tuple[Series, ...] = ()) -> Facts:
    moment = moment_of(incident)
    return Facts(
        incident=incident, lines=lines, pasts=(), graphs=graphs, looked=lookback(series, moment), moment=moment,
        now=T0 + timedelta(hours=3), zone=ZoneInfo("Europe/Berlin"),
    )  # fmt: skip


DISK = Member(source="local", alert="disk", name="disk", where="db-1", severity="critical", since=T0, summary="97 %", trap="disk")


def test_what_is_known_is_told_in_the_teams_zone_and_the_rest_is_asked() -> None:
    open_ = Incident(id="i1", title="no <b>orders</b>", opened_at=T0, opened_by="ana", members=(DISK,), roles={"lead": "Bo"})
    mark = Line(at=T0 - timedelta(minutes=5), what="mark", who="ci", text="deployed 1.4")
    page = draft(facts(open_, mark, Line(at=T0 + timedelta(minutes=7), what="page", text="bo paged")))
    assert page.splitlines()[2].endswith("All times are Europe/Berlin (UTC+01:00).*")
    assert len(re.findall("CET|UTC|Europe/Berlin", page)) == 2, "the zone is said once, at the head"
    assert "03:55:00 **mark** ci — deployed 1.4" in page
    assert "First page 2026-11-26 04:07, 7 m after it began" in page
    assert "*When were users hurt, and how?" in page
    assert "Is disk a cause, or a symptom" in page
    assert "deployed 1.4. Did that contribute?" in page
    assert "html_inline" not in parts(page)


def test_the_signs_that_showed_before_are_named_with_the_bound_that_catches_them() -> None:
    end = T0.timestamp()
    calm = [(end - 86400 * 5 + n * 300, 50.0 + n % 3) for n in range(1416)]
    rising = [(end - 7200 + n * 300, 60.0 + n * 1.5) for n in range(24)]
    points = (*calm, *rising)
    incident = Incident(id="i1", title="x", opened_at=T0, opened_by="ana", members=(DISK,))
    free = tuple((at, 100 - value) for at, value in points)
    known = facts(incident, series=(Series("disk", "used", points), Series("disk", "free", free)))
    page = draft(msgspec.structs.replace(known, signs=(Graph("disk", "free", free), Graph("disk", "used", points))))
    (said,) = [line for line in page.splitlines() if line.startswith("- `disk` ")]
    number = r"\d+(\.\d+)?"
    wanted = rf"- `disk` `free` fell to {number} \(usual: {number}\) from \S+ \S+ on, 2 h before\. `free <= {number}` would have "
    wanted += r"caught it 1 h \d+ m before, with no false alarm in 4 d 23 h of readings\. With it moved `used`"
    assert re.fullmatch(wanted, said), said
    (climb,) = [line for line in page.splitlines() if "█" in line]
    assert climb.strip()[0] == "█", "it fell from there"
    assert climb.rstrip()[-1] == "▁"


def test_of_a_traps_numbers_what_it_trips_on_is_drawn_first_then_what_it_warns_on() -> None:
    dump = Trap(name="dump", probe="file", warn=bound("count >= 3"), trip=bound("size_bytes >= 100"))
    numbers = [("disk", "used_percent"), ("dump", "age_seconds"), ("dump", "count"), ("dump", "size_bytes"), ("gone", "value")]
    told = [("disk", "used_percent"), ("dump", "size_bytes"), ("dump", "count"), ("dump", "age_seconds"), ("gone", "value")]
    assert telling(numbers, {"dump": dump}) == told


def test_a_run_that_took_another_back_is_told_as_that() -> None:
    action = Start("mend", alert=Ref("local", "disk"), preview=(("", "changes", "x"),), undoes="r0")
    run = Run(id="r1", at=T0, who="ana", action=action, what="undo mend", target="db-1", state=RunState.CONFIRMED, seconds=1.0)
    after = Aftermath(
        run="r1",
        source="local",
        alert="disk",
        name="disk",
        place="db-1",
        began=T0,
        within=600.0,
        ended=T0,
        gone=T0 + timedelta(minutes=1),
    )
    open_ = Incident(id="i1", title="x", opened_at=T0, opened_by="ana", members=(DISK,))
    page = draft(msgspec.structs.replace(facts(open_), pasts=(Past(run, after),)))
    (line,) = [each for each in page.splitlines() if "undo mend" in each]
    assert line.endswith(": it took another run back")


def test_the_page_that_people_were_called_by_is_a_link_and_nothing_else_is() -> None:
    called = msgspec.structs.replace(DISK, url="https://acme.pagerduty.com/incidents/PT4KHLK")
    page = draft(facts(Incident(id="i1", title="x", opened_at=T0, opened_by="ana", members=(called,))))
    assert "97 % — <https://acme.pagerduty.com/incidents/PT4KHLK>" in page
    for url in ("javascript:alert(1)", "https://x/><b>", "https://x/ y", "<https://x", "data:text/html,x"):
        assert parts(f"see {link(url)}") == set(), url


def test_a_sparkline_shows_the_rise_and_the_gap() -> None:
    line = sparkline(((0.0, 1.0), (10.0, 2.0), (99.0, 9.0)), 0, 100, 10)
    assert (line[0], line[1], line[5], line[9], len(line)) == ("▁", "▂", " ", "█", 10)
    assert sparkline((), 0, 1) == ""


def test_an_incident_of_the_summer_is_told_on_the_clock_of_the_summer_whenever_it_is_drafted() -> None:
    july = datetime(2026, 7, 3, 1, 0, tzinfo=UTC)
    page = draft(facts(Incident(id="i1", title="x", opened_at=july, opened_by="ana")))
    assert "All times are Europe/Berlin (UTC+02:00)." in page
    assert "Opened 2026-07-03 03:00 by ana" in page
    plain = msgspec.structs.replace(facts(Incident(id="i1", title="x", opened_at=T0, opened_by="ana")), zone=ZoneInfo("UTC"))
    assert "All times are UTC.*" in draft(plain)


def test_a_number_that_never_moved_is_not_drawn_and_the_time_of_a_graph_is_that_of_its_readings() -> None:
    began = T0.timestamp() - 600
    still = Graph("web", "status", tuple((began + n * 60, 200.0) for n in range(40)))
    moved = Graph("web", "seconds", tuple((began + n * 60, 0.1 + n) for n in range(40)))
    closed = T0 + timedelta(minutes=20)
    incident = Incident(id="i1", title="x", opened_at=T0, opened_by="ana", members=(DISK,), closed_at=closed)
    page = draft(facts(incident, graphs=(still, moved, Graph("web", "bytes", ()))))
    assert "status" not in page
    assert "bytes" not in page
    assert "web seconds, 0.1 to 30.1, over 30 m:" in page


def test_the_trap_that_was_armed_after_it_is_named_where_detection_is_asked_for() -> None:
    plain = Incident(id="i1", title="x", opened_at=T0, opened_by="ana", members=(DISK,))
    assert "Which trap will? `cockpit trap add --incident i1` proposes some.*" in draft(facts(plain))
    guard = Guard(trap="disk-early", at=T0, who="<b>ana", look="disk path=/", trip="used >= 85", would="tripped 2 h before")
    page = draft(facts(msgspec.structs.replace(plain, guards=(guard,))))
    assert "The trap **disk-early** has watched since 2026-11-26 04:00, armed by \\<b>ana" in page
    assert "tripped 2 h before" in page
    assert "Which trap will?" not in page


def test_where_a_recording_has_the_moment_what_shows_it_is_named() -> None:
    begun = Incident(id="i1", title="Full", opened_at=T0 + timedelta(minutes=5), opened_by="ana", members=(DISK,))
    lines = (
        Line(at=T0, what="alert", text="disk fired"),
        Line(at=T0 + timedelta(minutes=2), what="page", who="Ana", text="by mail"),
        Line(at=T0 + timedelta(minutes=90), what="run", who="ana", text="free-disk: done"),
    )
    film = Filmed("/var/rec/friday night.rec", T0 + timedelta(minutes=1), T0 + timedelta(minutes=60))
    gone = Filmed("/tmp/old.rec", T0, T0 + timedelta(hours=2), there=False)
    page = draft(msgspec.structs.replace(facts(begun, *lines), filmed=(film, gone)))
    shown = page.partition("## To see it again\n\n")[2].partition("\n\n## ")[0].splitlines()
    assert shown == [
        "- 2026-11-26 04:02:00 page: by mail: `cockpit --replay '/var/rec/friday night.rec' --at 2026-11-26T03:02:00Z`",
        "- 2026-11-26 04:05:00 it was opened: `cockpit --replay '/var/rec/friday night.rec' --at 2026-11-26T03:05:00Z`",
        "- `/tmp/old.rec` is not here any more",
    ]
    assert "To see it again" not in draft(facts(begun, *lines))


def test_of_many_moments_the_first_are_named_and_a_hostile_path_is_only_a_word() -> None:
    begun = Incident(id="i1", title="Full", opened_at=T0, opened_by="ana", members=(DISK,))
    lines = tuple(Line(at=T0 + timedelta(minutes=number), what="run", text=f"run {number}") for number in range(1, 30))
    film = Filmed("/tmp/`$(reboot)`\n# x.rec", T0, T0 + timedelta(hours=1))
    page = draft(msgspec.structs.replace(facts(begun, *lines), filmed=(film,)))
    shown = page.partition("## To see it again\n\n")[2].partition("\n\n## ")[0].splitlines()
    assert (len(shown), shown[-1]) == (13, "- and 18 more moments")
    assert parts("\n".join(shown)) <= {"bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close", "softbreak"}
    assert "'/tmp/`$(reboot)` # x.rec'" in shown[0]


def test_of_a_trap_with_too_little_history_it_is_said_once_and_not_of_one_that_was_armed_afterwards() -> None:
    few = ((T0.timestamp() - 60, 1.0), (T0.timestamp() - 30, 2.0))
    guard = Guard(trap="early", at=T0, who="ana", look="disk path=/")
    incident = Incident(id="i1", title="x", opened_at=T0, opened_by="ana", members=(DISK,), guards=(guard,))
    series = tuple(Series(trap, number, few) for trap in ("new", "early") for number in ("used", "free"))
    (said,) = [line for line in draft(facts(incident, series=series)).splitlines() if "Nothing can be said" in line]
    assert said == "- Nothing can be said of all that `new` read: too little history."
