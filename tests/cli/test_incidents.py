"""Incidents on the command line, over a real journal: from a tripped trap to a closed incident, and two cockpits at once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.watched import Watched

PAGES = """
[channels.siren]
kind = "command"
run = ["sh", "-c", "cat > /dev/null; echo called >> {log}"]
"""


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def done(home: Watched, *words: str) -> str:
    """Run it, and insist that it went well."""
    ran = home.run(*words)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def shown_alone(home: Watched, *words: str) -> str:
    """Run it without the word that does it, and insist that no script can take that for done."""
    ran = home.run(*words)
    assert ran.returncode == 2, ran
    return ran.stdout


def test_from_the_alert_to_the_end_of_it(watched: Watched) -> None:
    watched.empty()
    assert done(watched, "incident", "open", "No", "backup", "--alert", "backup", "--lead", "Bo").startswith(
        "i1 No backup: open, critical, Bo leads"
    )
    assert watched.run("incident").returncode == 1, "one is open"
    done(watched, "ack", "backup", "--note", "on it")
    done(watched, "mark", "deployed", "1.4")
    done(watched, "run", "make", "--alert", "backup", "--yes")
    done(watched, "incident", "impact", "1", "no restore possible", "--from", "2026-01-01T00:00Z", "--to", "now")
    done(watched, "incident", "note", "i1", "the disk was full")
    watched.fill()
    (shown,) = watched.json("incident", "show", "i1")
    told = [(each["what"], each["text"]) for each in shown["timeline"]]
    for what, words in (
        ("alert", "backup fired"), ("incident", "opened: No backup"), ("alert", "backup acknowledged: on it"),
        ("mark", "deployed 1.4"),
        ("run", "make on"), ("note", "the disk was full"), ("alert", "backup resolved"), ("incident", "users hurt from 2026-01-01"),
    ):  # fmt: skip
        assert any(each == what and words in text for each, text in told), (what, words, told)
    assert shown["impact_start"] == "2026-01-01T00:00:00+00:00"
    assert "Nothing was changed" in shown_alone(watched, "incident", "close", "i1"), "it is not closed by a slip"
    assert watched.json("incident")[0]["status"] == "open"
    done(watched, "incident", "close", "i1", "--yes")
    assert watched.json("incident") == []
    refused = watched.run("incident", "status", "i1", "monitoring")
    assert refused.returncode == 1
    assert "cockpit incident reopen i1" in refused.stderr
    done(watched, "incident", "reopen", "i1")
    assert "closed" in done(watched, "incident", "show", "i1")


def test_merged_and_split_again(watched: Watched) -> None:
    watched.empty()
    done(watched, "incident", "open", "one")
    done(watched, "incident", "open", "two", "--alert", "backup")
    shown = shown_alone(watched, "incident", "merge", "i1", "i2")
    assert "i2 two  (1 alert)\n" in shown
    assert "Nothing was changed" in shown
    done(watched, "incident", "merge", "i1", "i2", "--yes")
    assert {each["id"]: each["alerts"] for each in watched.json("incident", "list", "--all")} == {"i1": ["local/backup"], "i2": []}
    done(watched, "incident", "split", "i1", "backup", "--title", "three", "--yes")
    assert {each["id"]: (each["title"], each["alerts"]) for each in watched.json("incident")} == {
        "i1": ("one", []),
        "i3": ("three", ["local/backup"]),
    }
    late = "cockpit: i2 was merged into i1: say it of that one; `cockpit incident unmerge i2` takes it out again"
    assert watched.run("incident", "note", "i2", "late").stderr.strip() == late


def test_a_merge_is_taken_back(watched: Watched) -> None:
    watched.empty()
    done(watched, "incident", "open", "one")
    done(watched, "incident", "open", "two", "--alert", "backup", "--lead", "Bo")
    refused = watched.run("incident", "unmerge", "i2", "--yes")
    assert (refused.returncode, refused.stderr) == (1, "cockpit: i2 was not merged into another one: it is open\n")
    before = watched.json("incident", "list", "--all")
    done(watched, "incident", "merge", "i1", "i2", "--yes")
    assert "unmerge i2` takes it out again" in watched.run("incident", "reopen", "i2").stderr
    shown = shown_alone(watched, "incident", "unmerge", "i2")
    for words in (
        "Take i2 two out of i1 one again:",
        "i2 is open then, with 1 alert\n",
        "roles of i1 then: nobody has one",
        "Nothing was changed",
    ):
        assert words in shown, shown
    assert [each["status"] for each in watched.json("incident", "list", "--all")].count("merged") == 1
    assert done(watched, "incident", "unmerge", "i2", "--yes").startswith("i2 ")
    assert watched.json("incident", "list", "--all") == before
    (two,) = watched.json("incident", "show", "i2")
    assert [each["text"] for each in two["timeline"] if "i1" in each["text"]] == ["merged into i1", "taken out of i1 again"]


def test_the_merge_that_was_last_is_taken_back_first(watched: Watched) -> None:
    watched.empty()
    for title, severity in (("one", "warning"), ("two", "critical"), ("three", "error")):
        done(watched, "incident", "open", title, "--severity", severity)
    before = watched.json("incident", "list", "--all")
    for other in ("i2", "i3"):
        done(watched, "incident", "merge", "i1", other, "--yes")
    refused = watched.run("incident", "unmerge", "i2", "--yes")
    assert refused.returncode == 1
    assert "i3 went into i1 after i2: `cockpit incident unmerge i3` takes that out first" in refused.stderr
    done(watched, "incident", "unmerge", "i3", "--yes")
    assert "severity of i1 then: warning" in shown_alone(watched, "incident", "unmerge", "i2")
    done(watched, "incident", "unmerge", "i2", "--yes")
    assert watched.json("incident", "list", "--all") == before


def test_one_is_not_opened_again_beside_another_with_its_alert(watched: Watched) -> None:
    watched.empty()
    done(watched, "incident", "open", "one", "--alert", "backup")
    done(watched, "incident", "close", "i1", "--yes")
    done(watched, "incident", "open", "two", "--alert", "backup")
    done(watched, "incident", "open", "three")
    refused = watched.run("incident", "reopen", "i1")
    assert (refused.returncode, refused.stderr) == (1, "cockpit: backup is in i2 two already: merge i1 into that one\n")
    refused = watched.run("incident", "merge", "i3", "i1")
    assert (refused.returncode, "merge that one into i3 first" in refused.stderr) == (1, True), "before anything is shown"
    assert {each["id"]: each["status"] for each in watched.json("incident", "list", "--all")} == {
        "i1": "closed",
        "i2": "open",
        "i3": "open",
    }
    done(watched, "incident", "merge", "i2", "i1", "--yes")


def test_what_goes_into_another_takes_with_it_who_leads_and_when_users_were_hurt(watched: Watched) -> None:
    done(watched, "incident", "open", "one")
    done(watched, "incident", "open", "two", "--lead", "Bo")
    done(watched, "incident", "impact", "i2", "no orders", "--from", "2026-01-01T00:00Z", "--to", "2026-01-01T01:00Z")
    shown = shown_alone(watched, "incident", "merge", "i1", "i2")
    assert "  roles then: lead: Bo\n" in shown
    assert "  users hurt then: " in shown
    assert ": no orders\n" in shown
    done(watched, "incident", "merge", "i1", "i2", "--yes")
    (here,) = watched.json("incident")
    assert (here["lead"], here["impact"], here["impact_start"], here["impact_end"]) == (
        "Bo",
        "no orders",
        "2026-01-01T00:00:00+00:00",
        "2026-01-01T01:00:00+00:00",
    )
    told = done(watched, "incident", "show", "i1")
    assert "Timeline (-03)\n" in told
    assert "i2 users hurt from 2025-12-31 21:00 until 2025-12-31 22:00: no orders\n" in told, "on the clock of the others"


def test_cockpits_that_open_at_once_get_an_id_each(watched: Watched) -> None:
    with ThreadPoolExecutor(4) as pool:
        ran = list(pool.map(lambda n: watched.run("incident", "open", f"number {n}"), range(6)))
    assert [each.returncode for each in ran] == [0] * 6
    assert sorted(each["id"] for each in watched.json("incident")) == [f"i{n}" for n in range(1, 7)]


def test_of_cockpits_that_open_one_with_the_same_alert_at_once_one_does_and_the_others_are_told(watched: Watched) -> None:
    watched.empty()
    with ThreadPoolExecutor(4) as pool:
        ran = list(pool.map(lambda n: watched.run("incident", "open", f"number {n}", "--alert", "backup"), range(4)))
    assert sorted(each.returncode for each in ran) == [0, 1, 1, 1]
    assert all("backup is in i1 number" in each.stderr for each in ran if each.returncode)
    assert [each["alerts"] for each in watched.json("incident")] == [["local/backup"]]
    done(watched, "incident", "open", "another")
    refused = watched.run("incident", "add", "i2", "backup")
    assert (refused.returncode, "merge the two" in refused.stderr) == (1, True)
    done(watched, "incident", "add", "i1", "backup")


def test_a_page_opens_one_and_stands_in_its_timeline(tmp_path: Path) -> None:
    watched = Watched(tmp_path, PAGES.format(log=tmp_path / "paged"))
    watched.empty()
    shown = shown_alone(watched, "page", "person:ana", "come", "and", "look", "--alert", "backup", "--incident")
    assert "An incident is opened with it, unless its alert is in one." in shown
    assert watched.json("incident") == [], "nothing was sent"
    done(watched, "page", "person:ana", "come", "and", "look", "--alert", "backup", "--incident", "--yes")
    assert watched.run("page", "--test", "siren", "--incident").returncode == 2, "a test is no trouble"
    (here,) = watched.json("incident")
    assert (here["title"], here["severity"], here["alerts"]) == ("come and look", "critical", ["local/backup"])
    done(watched, "page", "person:ana", "hurry", "--alert", "backup", "--incident", "--yes")
    done(watched, "page", "person:ana", "all is lost", "--incident", "--yes")
    assert [each["title"] for each in watched.json("incident")] == ["all is lost", "come and look"], "one alert, one incident"
    for id, words in (("i1", ("come and look", "hurry")), ("i2", ("all is lost",))):
        (shown_one,) = watched.json("incident", "show", id)
        pages = [each["text"] for each in shown_one["timeline"] if each["what"] == "page" and each["who"]]
        assert [any(word in text for text in pages) for word in words] == [True] * len(words), pages
        assert all("told Ana by siren" in text for text in pages)
    assert len((tmp_path / "paged").read_text().splitlines()) == 3


def test_read_only_writes_nothing_and_what_is_not_there_is_said(watched: Watched) -> None:
    for words in (("incident", "open", "x"), ("mark", "x")):
        ran = watched.run(*words, "--read-only")
        assert (ran.returncode, "read-only is on" in ran.stderr) == (1, True)
    assert watched.json("incident", "list", "--all") == []
    assert (
        "there is no incident i4"
        in watched.run("incident", "add", "i4", "backup").stderr + watched.run("incident", "show", "i4").stderr
    )
    done(watched, "incident", "open", "x\x1b[31m")
    assert "\x1b" not in watched.run("incident").stdout
    wrong = watched.run("incident", "impact", "i1", "--from", "2026-01-02", "--to", "2026-01-01")
    assert (wrong.returncode, "before it begins" in wrong.stderr) == (2, True)


def test_the_postmortem_is_drafted_and_never_written_over_a_persons_words(watched: Watched, tmp_path: Path) -> None:
    watched.empty()
    done(watched, "incident", "open", "No backup <b>", "--alert", "backup")
    done(watched, "run", "make", "--alert", "backup", "--yes")
    watched.fill()
    file = tmp_path / "page.md"
    done(watched, "postmortem", "1", "--output", str(file))
    first = file.read_text()
    for words in (
        "# Postmortem i1: No backup \\<b>",
        "backup resolved",
        "make for backup, by Ana",
        "## What signs showed before?",
    ):
        assert words in first, first
    done(watched, "incident", "note", "i1", "learnt")
    done(watched, "postmortem", "i1", "--output", str(file))
    assert "learnt" in file.read_text(), "a draft that nobody touched is drawn anew"
    file.write_text(file.read_text().replace("learnt", "what we learnt"))
    refused = watched.run("postmortem", "i1", "--output", str(file))
    assert (refused.returncode, "nothing was changed" in refused.stderr) == (1, True)
    assert "what we learnt" in file.read_text()
    assert [each.name for each in tmp_path.glob(".page*")] == []
    assert "there is no incident i9" in watched.run("postmortem", "i9").stderr


def test_the_postmortem_looks_at_others_of_the_same_alert_whether_they_are_over_or_not(watched: Watched) -> None:
    watched.empty()
    for number, title in enumerate(("one", "two", "three"), 1):
        done(watched, "incident", "open", title, "--alert", "backup")
        done(watched, "incident", "close", f"i{number}", "--yes")
    done(watched, "incident", "reopen", "i3")
    assert "# Postmortem i1: one" in done(watched, "postmortem", "i1")


def test_people_are_told_by_their_names_and_programs_by_their_ids(tmp_path: Path) -> None:
    watched = Watched(tmp_path, PAGES.format(log=tmp_path / "paged"))
    watched.empty()
    assert done(watched, "incident", "open", "No", "backup", "--alert", "backup", "--lead", "ANA").endswith(", Ana leads\n")
    done(watched, "page", "person:ana", "come", "--alert", "backup", "--yes")
    done(watched, "ack", "backup")
    done(watched, "run", "make", "--alert", "backup", "--yes")
    done(watched, "incident", "lead", "i1", "Ana", "--role", "communications")
    done(watched, "handover", "--note", "look at the backup")
    (shown,) = watched.json("incident", "show", "i1")
    assert (shown["lead"], shown["opened_by"], shown["roles"]["communications"]) == ("ana", "ana", "ana")
    assert {each["who"] for each in shown["timeline"]} == {None, "ana"}
    assert any("ana leads" in each["text"] for each in shown["timeline"])
    for words in (
        ("incident",), ("incident", "show", "i1"), ("incident", "list", "--all"), ("postmortem", "i1"), ("handover",),
        ("handover", "--markdown"), ("handover", "--done", "--to", "ana"),
    ):  # fmt: skip
        told = watched.run(*words).stdout
        assert re.search(r"\bAna\b", told), told
        assert not re.search(r"\bana\b", told), told
