"""``cockpit handover`` over a real journal: a shift, its notes, the mark, and what the next person sees first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.cells import cell_len

from support.watched import Watched

TEAM = """
[people.bo]
name = "Bo"
timezone = "Europe/Berlin"

[rosters.primary]
timezone = "UTC"
[[rosters.primary.layers]]
people = ["ana", "bo"]
start = {start:%Y-%m-%dT%H:%M:%S}
turn = "1 week"
"""


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path, TEAM.format(start=datetime.now(UTC) - timedelta(days=2)))


def done(home: Watched, *words: str) -> str:
    """Run it, and insist that it went well."""
    ran = home.run(*words)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_a_shift_is_told_marked_and_what_changed_since_stands_first(watched: Watched) -> None:
    watched.run("beat", "nightly")
    watched.empty()
    done(watched, "ack", "backup", "--note", "on it")
    done(watched, "mark", "deployed", "1.4")
    told = done(watched, "handover")
    for words in (
        "Handover from Ana to Bo", "primary: Ana hands over to Bo", "critical ", "Ana has it", "mark: Ana: deployed 1.4",
        "backup fired", "backup acknowledged: on it", "Ana: 1 time",
    ):  # fmt: skip
        assert words in told, (words, told)
    assert "Changed since" not in told
    asked = watched.run("handover", "--done")
    preview = asked.stdout
    assert (asked.returncode, "Nothing was marked" in preview) == (2, True), asked
    assert "Ana stays on call until" in preview, "a mark changes no roster"
    assert "`cockpit oncall take --roster primary`, run by Bo, takes" in preview
    assert watched.json("handover")["handed"] is None, "a preview marks nothing"
    done(watched, "handover", "--done", "--yes")
    done(watched, "run", "make", "--alert", "backup", "--yes")
    watched.fill()
    after = watched.json("handover")
    assert (after["handed"]["from"], after["handed"]["to"], after["over"]) == ("Ana", "Bo", ["backup"])
    changed = [each["text"] for each in after["changed"]]
    assert any(text.startswith("make on ") and "helped" in text for text in changed), changed
    assert any(text.startswith("backup resolved") for text in changed), changed
    assert not any("deployed" in text for text in changed)
    assert [each["text"] for each in after["happened"] if each["what"] == "mark"] == ["deployed 1.4"]
    shown = done(watched, "handover").splitlines()
    assert shown[2].startswith("Changed since Ana handed over to Bo")
    assert max(cell_len(line) for line in shown) <= 80


def test_what_was_done_to_an_incident_is_told_once_in_the_words_of_people(watched: Watched) -> None:
    watched.run("beat", "nightly")
    watched.empty()
    done(watched, "incident", "open", "Backups", "--alert", "backup")
    done(watched, "incident", "note", "i1", "the disk is full")
    done(
        watched, "action", "add", "i1", "buy a disk", "--owner", "bo", "--due", f"{datetime.now(UTC) + timedelta(days=9):%Y-%m-%d}"
    )
    done(watched, "oncall", "override", "bo", "--for", "1h", "--yes")
    refused = watched.run("incident", "open", "Backups", "--alert", "backup")
    assert refused.returncode != 0
    happened = [(each["what"], each["text"]) for each in watched.json("handover")["happened"]]
    texts = [text for _, text in happened]
    for words in ("opened: Backups", "the disk is full", "action item a1 added", "override made"):
        assert sum(words in text for text in texts) == 1, (words, texts)
    assert [text for what, text in happened if what == "run"] == [], "each has an entry of its own"


def test_notes_are_kept_and_taken_back(watched: Watched) -> None:
    watched.run("beat", "nightly")
    done(watched, "handover", "--note", "the disk of db-1 is swapped on Tuesday \x1b[31m<b>")
    done(watched, "handover", "--note", "長い" * 60)
    one, two = watched.json("handover")["notes"]
    assert (one["who"], one["text"][:26]) == ("ana", "the disk of db-1 is swappe")
    told = done(watched, "handover")
    assert "\x1b" not in told
    assert max(cell_len(line) for line in told.splitlines()) <= 80
    assert "\\<b>" in done(watched, "handover", "--markdown")
    done(watched, "handover", "--unnote", str(one["id"]))
    assert [each["id"] for each in watched.json("handover")["notes"]] == [two["id"]]
    again = watched.run("handover", "--unnote", str(one["id"]))
    assert (again.returncode, f"there is no note {one['id']}" in again.stderr) == (1, True)


def test_read_only_writes_nothing_and_what_cannot_be_is_said(watched: Watched) -> None:
    watched.run("beat", "nightly")
    for words in (("--note", "x"), ("--unnote", "1"), ("--done", "--yes")):
        ran = watched.run("handover", *words, "--read-only")
        assert (ran.returncode, "read-only is on" in ran.stderr) == (1, True)
    assert watched.json("handover")["notes"] == []
    assert watched.run("handover", "--since", "2999-01-01").returncode == 2
    assert watched.run("handover", "--json", "--markdown").returncode == 2
    assert watched.run("handover", "--note", " ").returncode == 2


def test_with_no_roster_the_person_says_who_takes_over(tmp_path: Path) -> None:
    home = Watched(tmp_path)
    home.run("beat", "nightly")
    alone = home.run("handover", "--done", "--yes")
    if alone.returncode:
        assert "--to PERSON" in alone.stderr
    done(home, "handover", "--done", "--to", "Bo", "--yes")
    assert home.json("handover")["handed"]["to"] == "Bo"


def test_what_cannot_be_seen_is_said_and_told_by_the_exit_status(watched: Watched) -> None:
    ran = watched.run("handover")  # the heartbeat has never beaten: its trap is blind
    assert ran.returncode == 3
    assert "Cannot see" in ran.stdout
    assert "nothing firing on what can be seen" in ran.stdout
