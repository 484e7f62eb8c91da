"""What was done by hand, as the command line reports it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from cockpit.cli import report_fires, report_learnt
from cockpit.cli.listing import table
from cockpit.core.incidents import Change
from cockpit.engine.clock import SystemClock
from cockpit.engine.journal import Happened, open_journal
from support.home import COCKPIT
from support.pty import Pty
from support.real import wait_until
from support.reports import easier_weeks, quiet_weeks
from support.watched import Watched

MORE = """
[traps.one]
probe = "file"
path = "HOME/one"
trip = "size_bytes < 1"
every = "1s"
[traps.two]
probe = "file"
path = "HOME/two"
trip = "size_bytes < 1"
every = "1s"
[traps.three]
probe = "file"
path = "HOME/three"
trip = "size_bytes < 1"
every = "1s"
[runbooks.mend]
match = "probe=file"
changes = "writes a file"
steps = [{ run = ["sh", "-c", 'echo made > "$0"', "{path}"] }]
[runbooks.asks]
steps = [{ ask = "Is the other side up?", into = "up", kind = "yes/no" }, { run = ["echo", "{up}"] }]
"""


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path, MORE.replace("HOME", str(tmp_path)))


def typed(home: Watched, *commands: tuple[str, float], ago: timedelta = timedelta(hours=1)) -> None:
    """Commands of a recorded shell, as `cockpit run --record` journals them."""
    journal = open_journal(home.state, SystemClock())
    at = datetime.now(UTC) - ago
    journal.record_many(
        Happened(at=at, kind="hand.command", who="ana", subject="mend", data={"command": command, "seconds": took, "status": 0})
        for command, took in commands
    )
    journal.close()


def test_runs_steps_and_commands_are_ranked_and_what_always_worked_is_named(watched: Watched) -> None:
    for name in ("one", "two", "three"):
        (watched.path / name).write_text("")
        wait_until(partial(lambda name: watched.stands(name) == "tripped", name), what="the tripped trap")
        assert watched.run("run", "mend", "--alert", name, "--yes").returncode == 0
    watched.run("run", "fails")
    watched.run("run", "look", "what=x", "--dry-run")
    with Pty([*COCKPIT, "run", "asks"], env=watched.env, cwd=watched.path) as terminal:
        terminal.wait_for("Is the other side up?")
        terminal.send("yes\r")
        assert terminal.wait_exit() == 0, terminal.text
    typed(watched, *[("sudo systemctl restart nginx", 1200.0)] * 4)
    done = watched.run("report")
    assert done.returncode == 0, done
    lines = done.stdout.splitlines()
    assert "Toil: what to automate" in lines
    after = lines.index("Toil: what to automate") + 2
    ranked = [line.split("  ")[0] for line in lines[after : after + 4]]
    assert ranked[0] == "systemctl restart"
    assert ranked[1] == "mend"
    assert "  mend: done 3 times, always went well, helped 3 of 3 times" in lines
    told = json.loads(watched.run("report", "--json").stdout)
    toil = {(each["kind"], each["what"]): each for each in told["toil"]}
    assert set(toil) == {
        ("command", "systemctl restart"), ("runbook", "mend"), ("runbook", "fails"), ("runbook", "asks"),
        ("step", "asks: Is the other side up?"),
    }  # fmt: skip
    made = toil["runbook", "mend"]
    assert (made["times"], made["succeeded"], made["helped"], made["people"], made["proven"]) == (3, 3, 3, {"Ana": 3}, True)
    assert sum(made["hours"]) == 3
    assert toil["runbook", "fails"]["failed"] == 1
    assert toil["step", "asks: Is the other side up?"]["seconds"] > 0


def test_it_reaches_back_as_far_as_it_is_told(watched: Watched) -> None:
    typed(watched, ("df -h", 1.0), ago=timedelta(days=40))
    typed(watched, ("uptime", 1.0), ago=timedelta(days=3))

    def told(*words: str) -> list[str]:
        return [each["what"] for each in json.loads(watched.run("report", "--json", *words).stdout)["toil"]]

    day = (datetime.now(UTC) - timedelta(days=60)).date().isoformat()
    assert [sorted(told(*words)) for words in ((), ("--since", "1d"), ("--since", "60d"), ("--since", day))] == [
        ["uptime"], [], ["df", "uptime"], ["df", "uptime"],
    ]  # fmt: skip
    assert "Nothing was done by hand" in watched.run("report", "--since", "1d").stdout
    for wrong in ("soon", "2999-01-01"):
        refused = watched.run("report", "--since", wrong)
        assert refused.returncode == 2, refused
    assert watched.run("report", "--json", "--markdown").returncode == 2


def test_counts_end_below_each_other_and_what_is_none_is_a_zero(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("ana", "0", "12", "3"), ("bo", "7", "0", "")]
    table(("Who", "Pages", "Out", "Woken"), rows, right=(1, 2, 3))
    assert capsys.readouterr().out.splitlines() == ["Who  Pages  Out  Woken", "ana      0   12      3", "bo       7    0"]
    made = easier_weeks(datetime(2026, 9, 7, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC))
    (_, heads, weeks), *_ = report_fires.tables(made.fires, 20)
    assert heads == ("Week of", "Fires", "Caught", "Pages", "Woken")
    assert all(cell for row in weeks for cell in row)
    assert any("0" in (row[3], row[4]) for row in weeks)
    owed = next(rows for _, heads, rows in report_learnt.tables(made.learnt, 20, UTC) if heads[0] == "Owner")
    assert owed
    assert all(cell.isdigit() for row in owed for cell in row[1:4])


def test_what_cannot_be_told_yet_has_no_mark() -> None:
    first, *_ = report_fires.verdict(quiet_weeks(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 4, tzinfo=UTC)).fires)
    assert first.startswith("Is it getting easier? too little to tell")


def test_markdown_is_a_table_in_which_nothing_is_markup(watched: Watched) -> None:
    typed(watched, ("we|ird*", 1.0), ("df", 1.0))
    lines = watched.run("report", "--markdown").stdout.splitlines()
    assert lines[0].startswith("# Report, ")
    assert "## Toil: what to automate" in lines
    head = next(line for line in lines if line.startswith("| What |"))
    rows = [line for line in lines[lines.index(head) :] if line.startswith("| ")]
    assert any(line.startswith("| we\\|ird\\* |") for line in rows)
    assert {line.replace("\\|", "").count("|") for line in rows} == {head.count("|")}


LIVE = (
    "see http://evil.example/a", "see www.evil.example", "mail ana@evil.example|b", "@everyone", "&lt;b&gt; <b>", "x // y.example",
    "![x](http://evil.example/p)",
)  # fmt: skip


def test_in_markdown_nothing_of_outside_is_a_link_or_calls_anybody(watched: Watched) -> None:
    journal, now = open_journal(watched.state, SystemClock()), datetime.now(UTC)
    for title in LIVE:
        here = journal.change_incident("", Change.OPENED, who="ana", at=now - timedelta(hours=1), data={"title": title})
        journal.change_incident(here.id, Change.CLOSED, who="ana", at=now - timedelta(minutes=9))
    journal.close()
    page = watched.run("report", "--markdown").stdout
    tokens = [token for block in MarkdownIt("gfm-like").parse(page) for token in (block, *(block.children or ()))]
    assert not {token.type for token in tokens} & {"link_open", "html_inline", "html_block", "image"}
    words = [token.content for token in tokens if token.type == "inline"]
    assert not [text for text in words if "@" in text.replace("`@everyone`", "").replace("`ana@evil.example|b`", "")]
    after = words[words.index("Incidents after which no trap was armed") + 5 :]
    assert {after[n * 4] for n in range(len(LIVE))} == {f"i{n + 1}" for n in range(len(LIVE))}, "every cell is in its column"


def test_the_list_is_cut_for_people_and_says_so(watched: Watched) -> None:
    typed(watched, *[(f"tool{n}", 1.0) for n in range(20)])
    assert "… and 5 more; --limit shows them." in watched.run("report").stdout
    assert "more; --limit" not in watched.run("report", "--limit", "20").stdout


def paged(home: Watched, ago: timedelta, *, who: str = "ana") -> None:
    """A trap that tripped, called somebody after an hour, and was armed again after two."""
    journal = open_journal(home.state, SystemClock())
    at = datetime.now(UTC) - ago
    local = partial(Happened, source="local", subject="one")
    journal.record_many(
        [
            local(at=at, kind="trap.warning"),
            local(at=at + timedelta(minutes=50), kind="trap.tripped"),
            local(at=at + timedelta(minutes=50), kind="alert.fired", data={"firing": 1}),
            local(at=at + timedelta(minutes=60), kind="page.sent", who=who, data={"kind": "trigger"}),
            local(at=at + timedelta(minutes=65), kind="alert.acked", who=who, data={"firing": 1}),
            local(at=at + timedelta(minutes=66), kind="page.sent", who="bo", data={"kind": "acknowledge"}),
            local(at=at + timedelta(minutes=120), kind="trap.armed"),
            local(at=at + timedelta(minutes=120), kind="alert.resolved", data={"firing": 1}),
        ]
    )
    journal.close()


def test_a_fire_is_told_with_its_lead_time_and_whom_it_called(watched: Watched) -> None:
    paged(watched, timedelta(days=9))
    told = json.loads(watched.run("report", "--json").stdout)
    assert sum(week["fires"] for week in told["weeks"]) == 1
    assert sum(week["caught"] for week in told["weeks"]) == 0
    assert told["lead_seconds"] == {"times": 1, "median": 3600.0, "p90": 3600.0}
    assert told["acknowledge_seconds"]["median"] == pytest.approx(900.0)
    assert told["resolve_seconds"]["median"] == pytest.approx(4200.0)
    assert [(each["who"], each["pages"]) for each in told["called"]] == [("Ana", 1)]
    assert told["noisy"] == [{"alert": "one", "fired": 1, "over": 1, "no_action": 0}]
    assert (told["acknowledged"], told["acknowledged_without_action"]) == (1, 1)
    assert "two" in told["never_tripped"]
    assert "one" not in told["never_tripped"]
    shown = watched.run("report").stdout
    assert "Fires against caught before harm" in shown
    assert "Is it getting easier?" in shown
    assert "Fires against caught before harm (the last 1 of " in watched.run("report", "--limit", "1").stdout
    written = watched.run("report", "--markdown").stdout
    assert "## Who was called" in written
    assert "| Ana | 1 |" in written


def test_what_came_after_until_is_not_in_it(watched: Watched) -> None:
    paged(watched, timedelta(days=9))
    told = json.loads(watched.run("report", "--until", "20d", "--json").stdout)
    assert told["noisy"] == []
    done = watched.run("report", "--since", "10d", "--until", "20d")
    assert (done.returncode, "--until lies before --since" in done.stderr) == (2, True)


def test_an_incident_that_taught_no_trap_is_told_until_one_is_armed_after_it(watched: Watched) -> None:
    def left() -> list[str]:
        return [each["id"] for each in json.loads(watched.run("report", "--json").stdout)["incidents_without_trap"]]

    assert watched.run("incident", "open", "Shop|is slow").returncode == 0
    assert left() == []
    assert watched.run("incident", "close", "i1", "--yes").returncode == 0
    assert left() == ["i1"]
    shown = watched.run("report").stdout
    assert "Incidents after which no trap was armed\n" in shown
    assert "i1        Shop|is slow  " in shown
    assert "Coverage by service\n" in shown
    assert "| i1 | Shop\\|is slow |" in watched.run("report", "--markdown").stdout
    kept = open_journal(watched.state, SystemClock())
    kept.record("trap.laid", at=datetime.now(UTC), who="ana", source="local", subject="early", data={"incident": "i1"})
    kept.close()
    assert left() == []


KEYS = {
    "since", "until", "trend", "trend_test", "weeks", "going_on", "lead_seconds", "acknowledge_seconds", "resolve_seconds",
    "called", "noisy", "acknowledged", "acknowledged_without_action", "never_tripped", "crying_wolf", "incidents_without_trap",
    "caught", "fires_without_trap", "services", "action_items", "not_proven", "never_drilled", "toil",
}  # fmt: skip


def test_the_json_has_the_keys_that_are_documented(watched: Watched) -> None:
    paged(watched, timedelta(days=9))
    typed(watched, ("df", 1.0))
    watched.run("incident", "open", "x")
    watched.run("action", "add", "i1", "cap the queue", "--owner", "ana")
    watched.run("incident", "close", "i1", "--yes")
    journal, at = open_journal(watched.state, SystemClock()), datetime.now(UTC) - timedelta(days=1)
    journal.record("trap.warning", at=at, source="local", subject="two")
    journal.record("trap.armed", at=at + timedelta(minutes=5), source="local", subject="two")
    journal.close()
    told = json.loads(watched.run("report", "--json").stdout)
    assert set(told) == KEYS
    reference = (Path(__file__).parents[2] / "docs" / "reference.md").read_text("utf-8")
    (line,) = (line for line in reference.splitlines() if line.startswith("| `report` |"))
    page = (Path(__file__).parents[2] / "docs" / "report.md").read_text("utf-8")
    for name, value in told.items():
        first = value[0] if isinstance(value, list) and value else value
        inner = first if isinstance(first, dict) else {}
        assert {key for key in (name, *inner) if f"`{key}`" not in line} == set(), name
        assert f"`{name}" in page or name in ("since", "until"), f"{name} is not explained"
        assert value != [] or name in ("crying_wolf",), f"{name} is not tried"
    assert told["action_items"] == [{"owner": "Ana", "open": ["a1"], "overdue": [], "done": []}]
    assert "Action items\n" in watched.run("report").stdout
    assert set(told["trend_test"]) == {"verdict", "weeks", "p", "slope", "before", "after"}
    assert (told["trend_test"]["verdict"], told["trend_test"]["p"]) == ("too little to tell", None)
    assert [type(each) for each in told["weeks"][0].values()] == [str, int, int, int, int, bool, bool]
