"""``cockpit action`` over a real journal: added, listed, edited, done, dropped; in the brief, the postmortem and as JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cockpit.core.incidents import Change
from cockpit.engine.clock import SystemClock
from cockpit.engine.journal import open_journal
from support.home import Home

CONFIG = """
me = ["ana"]
[people.ana]
name = "Ana"
[people.bo]
name = "Bo"
[traps.flag]
probe = "file"
path = "/nowhere/flag"
must_exist = false
trip = "age_seconds >= 86400"
"""
TODAY = datetime.now(UTC).date()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.config(CONFIG)
    done(home, "incident", "open", "Shop is down", "--lead", "Bo")
    return home


def done(home: Home, *words: str) -> str:
    """Run it, and insist that it went well."""
    ran = home.run(*words)
    assert ran.returncode == 0, (words, ran.stdout, ran.stderr)
    return ran.stdout


def refused(home: Home, *words: str) -> str:
    """Run it, and insist that it did not."""
    ran = home.run(*words)
    assert ran.returncode in (1, 2), (words, ran.stdout)
    return ran.stderr


def test_added_edited_done_by_hand_and_opened_again(home: Home) -> None:
    said = done(home, "action", "add", "1", "Buy", "a", "disk", "--due", "3d")
    assert said == f"a1 Buy a disk (i1): Bo, due {TODAY + timedelta(days=3):%a %Y-%m-%d}\n", "whoever led owns it"
    assert "Ana, due" in done(home, "action", "edit", "a1", "--owner", "ana", "--due", str(TODAY))
    (item,) = home.json("action", "list", "--owner", "me")
    assert (item["id"], item["incident"], item["owner"], item["due"]) == ("a1", "i1", "ana", str(TODAY))
    assert (item["overdue"], item["days_left"], item["trap"], item["trap_gone"]) == (False, 0, None, False)
    assert home.json("action", "list", "--owner", "Bo") == []
    assert home.json("action", "list", "--incident", "i2") == []
    assert "done " in done(home, "action", "done", "1", "it", "lies", "on", "the", "table")
    assert home.json("action") == []
    assert "done already" in refused(home, "action", "drop", "a1", "--why", "x")
    done(home, "action", "reopen", "a1")
    assert "dropped" in done(home, "action", "drop", "a1", "--why", "the machine goes away")
    (item,) = home.json("action", "list", "--all")
    assert (item["state"], item["how"], item["ended_by"]) == ("dropped", "the machine goes away", "ana")
    (incident,) = home.json("incident", "show", "i1")
    assert incident["action_items"] == [item]
    told = " ".join(each["text"] for each in incident["timeline"])
    for words in (
        "a1 added: Buy a disk",
        "a1 edited (owner ana",
        "a1 done: it lies on the table",
        "a1 reopened",
        "a1 dropped: the",
    ):
        assert words in told, (words, told)


def test_what_cannot_be_says_why_and_changes_nothing(home: Home) -> None:
    done(home, "action", "add", "i1", "Rehearse it", "--trap", "flag")
    assert "did you mean flag?" in refused(home, "action", "add", "i1", "x", "--trap", "flg")
    assert "is over" in refused(home, "action", "add", "i1", "x", "--due", "2020-01-01")
    assert "is no day" in refused(home, "action", "add", "i1", "x", "--due", "soon")
    assert "no incident i9" in refused(home, "action", "add", "i9", "x")
    assert "no action item a9" in refused(home, "action", "done", "9")
    assert "is done when its trap flag has been drilled" in refused(home, "action", "done", "1")
    assert "say what is to change" in refused(home, "action", "edit", "1")
    assert "read-only" in refused(home, "action", "edit", "1", "--owner", "ana", "--read-only")
    assert len(home.json("action", "list", "--all")) == 1


def test_an_item_whose_trap_is_dropped_stays_open_everywhere_and_says_so(home: Home) -> None:
    done(home, "action", "add", "i1", "Rehearse it", "--trap", "flag", "--due", "2d")
    home.config(CONFIG.replace("[traps.flag]", "[traps.banner]"))
    (item,) = home.json("action")
    assert (item["state"], item["trap"], item["trap_gone"]) == ("open", "flag", True)
    gone = "there is no trap flag (any more)"
    assert gone in done(home, "action", "list")
    assert gone in done(home, "incident", "show", "i1")
    assert "there is no trap flag" in done(home, "postmortem", "i1")
    assert gone in " ".join(home.run("handover").stdout.split())
    assert home.json("handover")["action_items"] == [item]
    done(home, "action", "edit", "a1", "--trap", "banner")
    assert home.json("action")[0]["trap_gone"] is False
    done(home, "action", "edit", "a1", "--trap", "-")
    done(home, "action", "done", "a1")


def test_one_that_is_overdue_is_an_answer_that_is_bad_and_stands_first_in_the_brief(home: Home) -> None:
    done(home, "action", "add", "i1", "Later", "--due", "5d")
    done(home, "action", "add", "i1", "Far away", "--due", "20d")
    journal, now = open_journal(home.state, SystemClock()), datetime.now(UTC)
    late = {"text": "Late", "owner": "bo", "due": str((now - timedelta(days=3)).date())}
    journal.change_incident("i1", Change.ITEM_ADDED, who="ana", at=now, data=late)
    journal.close()
    listed = home.run("action")
    assert listed.returncode == 1
    assert "Bo, overdue by 3 d" in listed.stdout
    assert home.run("action", "list", "--owner", "ana").returncode == 0
    assert [each["text"] for each in home.json("handover")["action_items"]] == ["Late", "Later"], "what is due within a week"
    assert "- [ ] a3 Late" in done(home, "postmortem", "i1")
    done(home, "action", "done", "a1", "in time")
    page = done(home, "postmortem", "i1")
    assert "- [x] a1 Later" in page
    assert "in time" in page
