"""Responding from the command line, at a PagerDuty of our own: shown before it is sent, and true there afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from support.home import Home
from support.pagerduty import USER_TOKEN, Server, pagerduty
from support.pagerduty_account import Incident
from support.real import free_port


@pytest.fixture
def server() -> Iterator[Server]:
    with pagerduty() as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, server: Server) -> Home:
    made = Home(tmp_path)
    made.config(
        'me = ["ana"]\n[people.ana]\nname = "Ana"\ncontacts = { email = "ana@example.com" }\n'
        f'[sources.pd]\nprovider = "pagerduty"\nurl = "{server.url}"\ntoken = "env:PD_TOKEN"\n'
    )
    made.env["PD_TOKEN"] = USER_TOKEN
    return made


@pytest.fixture
def fire(server: Server) -> Incident:
    return server.account.fire("5xx over 12 %", minutes=7)


def test_incidents_and_rosters_are_listed(home: Home, server: Server, fire: Incident) -> None:
    (alert,) = [each for each in home.json("alerts") if each["source"] == "pd"]
    assert (alert["name"], alert["summary"], alert["state"], alert["severity"]) == (
        "Shop API", "5xx over 12 %", "firing", "critical",
    )  # fmt: skip
    rosters = {each["roster"]: each["name"] for each in home.json("oncall") if each["source"] == "pd"}
    assert rosters == {"Primary rotation": "Bo", "Web level 2": "Bo"}


def test_an_alert_may_be_called_by_its_name_where_no_other_has_it(home: Home, server: Server, fire: Incident) -> None:
    by_name = home.run("note", "Shop API", "looking")
    assert by_name.returncode == 0, by_name
    opened = home.run("incident", "open", "Shop is down", "--alert", "Shop API")
    assert opened.returncode == 0, opened
    assert home.json("incident")[0]["alerts"] == [f"pd/{fire.id}"]
    other = server.account.fire("too slow")
    refused = home.run("ack", "Shop API")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("cockpit: Shop API is the name of 2 alerts: give the id of one\n")
    assert all(f"  pd/{each.id}  " in refused.stderr for each in (fire, other)), refused.stderr
    assert home.run("ack", other.id).returncode == 0


def test_a_name_means_none_while_another_source_may_have_one_of_that_name_unseen(
    home: Home, server: Server, fire: Incident
) -> None:
    config = (home.config_dir / "config.toml").read_text()
    dead = f"http://127.0.0.1:{free_port()}"
    home.config(config + f'[sources.team]\nprovider = "calendar"\nurl = "{dead}/team.ics"\nholds = "absences"\n')
    seen = home.run("note", "Shop API", "looking")
    assert seen.returncode == 0, ("a calendar has no alerts", seen)
    home.config(config + f'[sources.am-prod]\nprovider = "alertmanager"\nurl = "{dead}"\n')
    for words in (("ack", "Shop API"), ("resolve", "Shop API", "--yes"), ("incident", "open", "Down", "--alert", "Shop API")):
        refused = home.run(*words)
        assert (refused.returncode, refused.stdout) == (3, ""), refused
        first, why, way = refused.stderr.splitlines()
        assert first == "cockpit: Shop API may be the name of other alerts, too, that cannot be seen now: nothing was done"
        assert why.startswith("  am-prod is blind: "), refused
        assert way == f"  By its id this one can be meant all the same: pd/{fire.id}"
    assert {each["state"] for each in home.json("alerts") if each["source"] == "pd"} == {"firing"}
    assert home.run("ack", fire.id).returncode == 0


def test_nothing_is_sent_without_yes(home: Home, server: Server, fire: Incident) -> None:
    other = server.account.fire("disk", "PDB")
    for words in (
        ("resolve", "#1001", "--note", "mended"),
        ("snooze", "#1001", "--for", "2h"),
        ("escalate", "#1001", "--level", "2"),
        ("reassign", "#1001", "--to", "bo"),
        ("merge", "#1001", other.id),
        ("maintenance", "Shop API", "--comment", "new disks"),
    ):
        shown = home.run(*words)
        assert shown.returncode == 2, shown
        assert "Nothing was sent. Add --yes to send it." in shown.stdout
        assert "Shop API" in shown.stdout
    assert {each.method for each in server.heard} == {"GET"}


def test_resolving_says_how_it_was_mended(home: Home, server: Server, fire: Incident) -> None:
    done = home.run("resolve", "#1001", "--note", "rolled back", "--yes")
    assert (done.returncode, fire.status) == (0, "resolved"), done
    assert "resolve Shop API · #1001: confirmed" in done.stdout
    assert home.run("resolve", "#1001", "--yes").returncode == 1


def test_a_snooze_is_shown_with_its_end(home: Home, fire: Incident) -> None:
    assert home.run("snooze", "pd/" + fire.id, "--for", "2h", "--yes").returncode == 0
    listed = home.run("alerts", "@state=suppressed")
    assert "suppressed" in listed.stdout
    assert fire.unack_at is not None
    assert abs(fire.unack_at - datetime.now(fire.unack_at.tzinfo) - timedelta(hours=2)) < timedelta(minutes=1)
    too_long = home.run("snooze", fire.id, "--for", "8d", "--yes")
    assert too_long.returncode == 1
    assert "longer than 7 days" in too_long.stderr


def test_levels_are_listed_and_escalated_to(home: Home, fire: Incident) -> None:
    levels = home.json("escalate", "#1001")
    assert [(each["level"], each["who"], each["policy"]) for each in levels] == [(1, ["Bo"], "Web"), (2, ["Bo"], "Web")]
    assert home.run("escalate", "#1001", "--level", "3", "--yes").returncode == 2
    assert home.run("escalate", "#1001", "--level", "2", "--yes").returncode == 0
    assert fire.level == 2


def test_people_are_listed_and_given_to_by_name(home: Home, fire: Incident) -> None:
    assert [each["name"] for each in home.json("reassign", "#1001")] == ["Ana Souza", "Bo"]
    wrong = home.run("reassign", "#1001", "--to", "sou", "--yes")
    assert (wrong.returncode, "did you mean Ana Souza?" in wrong.stderr) == (2, True)
    done = home.run("reassign", "#1001", "--to", "ana@example.com", "--yes")
    assert (done.returncode, fire.assigned) == (0, ["PANA"]), done


def test_several_are_merged_into_one(home: Home, server: Server, fire: Incident) -> None:
    others = [server.account.fire(f"fire {number}") for number in range(2)]
    done = home.run("merge", "#1001", "#1002", "#1003", "--yes")
    assert (done.returncode, {each.status for each in others}, fire.alerts) == (0, {"resolved"}, 3), done


def test_a_play_is_run_by_name(home: Home, server: Server, fire: Incident) -> None:
    assert "There are none." in home.run("play", "#1001").stdout
    server.account.workflows["PFLOW"] = "Page the managers"
    assert [each["name"] for each in home.json("play", "#1001")] == ["Page the managers"]
    done = home.run("play", "#1001", "page the managers", "--yes")
    assert (done.returncode, server.account.started) == (0, [("PFLOW", fire.id)]), done


def test_a_maintenance_is_begun_listed_and_ended(home: Home, server: Server) -> None:
    assert home.run("maintenance", "Shop API", "--yes").returncode == 1, "it wants to know why"
    begun = home.run("maintenance", "Shop API", "--for", "2h", "--comment", "new disks", "--yes")
    assert begun.returncode == 0, begun
    (stands,) = home.json("maintenance")
    assert (stands["services"], stands["comment"], stands["who"]) == (["Shop API"], "new disks", "Ana Souza")
    assert "new disks" in home.run("maintenance").stdout
    assert home.run("maintenance", "--end", stands["id"], "--yes").returncode == 0
    assert server.account.windows == {}


def test_an_acknowledgement_cannot_be_taken_back_and_says_what_can(home: Home, fire: Incident) -> None:
    assert home.run("ack", "#1001").returncode == 0
    assert fire.status == "acknowledged"
    refused = home.run("unack", "#1001")
    assert refused.returncode == 1
    assert "pagerduty has no way to take an acknowledgement back: escalate or reassign it" in refused.stderr


def test_a_source_that_cannot_says_so(home: Home, server: Server) -> None:
    home.config("[traps.nightly]\nprobe = 'heartbeat'\nname = 'nightly'\nwithin = '1h'\n")
    refused = home.run("resolve", "nightly", "--yes")
    assert refused.returncode == 1
    assert "is not an alert now" in refused.stderr or "local cannot do that" in refused.stderr


def test_read_only_does_none_of_it(home: Home, server: Server, fire: Incident) -> None:
    # safety 12
    refused = home.run("--read-only", "resolve", "#1001", "--yes")
    assert (refused.returncode, fire.status) == (1, "triggered")
    assert "read-only is on" in refused.stderr
