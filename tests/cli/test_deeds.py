"""What one says to an alert and a trap on the command line, and that it is so afterwards, for every later command."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from support.home import COCKPIT
from support.pty import Pty
from support.watched import Watched


@pytest.fixture
def tripped(tmp_path: Path) -> Watched:
    (tmp_path / "home").mkdir()
    home = Watched(tmp_path / "home")
    home.run("beat", "nightly")
    home.empty()
    return home


def alert(home: Watched) -> dict[str, object]:
    """The one alert there is."""
    (found,) = home.json("alerts")
    assert isinstance(found, dict)
    return found


def test_acknowledging_and_taking_it_back(tripped: Watched) -> None:
    done = tripped.run("ack", "backup", "--note", "on it")
    assert (done.returncode, "confirmed" in done.stdout) == (0, True), done
    assert (alert(tripped)["state"], alert(tripped)["acknowledged_by"]) == ("acknowledged", "ana")
    assert tripped.run("alerts").returncode == 0, "somebody has it"
    assert "  Ana  " in tripped.run("alerts").stdout, "people are called by their names"
    assert "  Ana  ack  " in tripped.run("runs").stdout
    wrong = tripped.path / "wrong.toml"
    wrong.write_text("people = 1", "utf-8")
    assert "  ana  ack  " in tripped.run("--config", str(wrong), "runs").stdout, "what was done is told though the config is wrong"
    again = tripped.run("ack", "backup")
    assert again.returncode == 1
    assert "acknowledged by ana already" in again.stderr
    assert tripped.run("unack", "local/backup").returncode == 0
    assert (alert(tripped)["state"], alert(tripped)["acknowledged_by"]) == ("firing", None)
    assert tripped.run("unack", "backup").returncode == 1
    unknown = tripped.run("ack", "nope")
    assert unknown.returncode == 1
    assert "nope is not an alert now" in unknown.stderr
    assert [run["what"] for run in tripped.json("runs")] == ["unack", "ack"]


def test_a_silence_is_shown_before_it_is_sent_and_can_be_ended(tripped: Watched) -> None:
    wanted = ("silence", "trap=backup", "--for", "2h", "--comment", "disk is being replaced")
    preview = tripped.run(*wanted)
    assert preview.returncode == 2
    assert "Hits 1 alert now" in preview.stdout
    assert "Nothing was sent" in preview.stdout
    assert alert(tripped)["state"] == "firing"
    assert tripped.run(*wanted, "--yes").returncode == 0
    assert alert(tripped)["state"] == "suppressed"
    wrong = tripped.run("silence", "--end", "s-nope")
    assert wrong.returncode == 1
    assert "cockpit silence --list" in wrong.stderr
    (silence,) = tripped.json("silence", "--list")
    assert list(silence) == [
        "source", "id", "match", "starts_at", "ends_at", "who", "comment", "state", "ack", "until_resolved", "hits",
    ]  # fmt: skip
    assert (silence["state"], silence["ack"], silence["until_resolved"], silence["hits"]) == ("active", False, False, 1)
    assert [silence[key] for key in ("source", "match", "who", "comment")] == [
        "local", "trap=backup", "ana", "disk is being replaced",
    ]  # fmt: skip
    lasts = datetime.fromisoformat(silence["ends_at"]) - datetime.fromisoformat(silence["starts_at"])
    assert timedelta(minutes=119) < lasts <= timedelta(hours=2)
    listed = tripped.run("silence", "--list").stdout
    assert f"local/{silence['id']}" in listed
    assert "disk is being replaced" in listed
    assert "  Ana  " in listed
    assert tripped.run("silence", "--end", f"local/{silence['id']}").returncode == 0
    assert tripped.run("silence", "--list").stdout == "There are no silences.\n"
    assert tripped.json("silence", "--list") == []
    assert [each["state"] for each in tripped.json("silence", "--list", "--all")] == ["expired"]
    assert alert(tripped)["state"] == "firing"
    again = tripped.run("silence", "--end", silence["id"])
    assert (again.returncode, "has ended already" in again.stderr) == (1, True), again


def test_a_silence_is_changed_and_made_to_last_longer(tripped: Watched) -> None:
    made = ("silence", "trap=backup", "--for", "1h", "--comment", "replacing the disk", "--yes")
    assert tripped.run(*made).returncode == 0
    (before,) = tripped.json("silence", "--list")
    preview = tripped.run("silence", "--extend", before["id"], "--by", "2h")
    assert (preview.returncode, "Before, until" in preview.stdout, "Nothing was sent" in preview.stdout) == (2, True, True)
    assert tripped.json("silence", "--list") == [before]
    (told,) = tripped.json("silence", "--extend", f"local/{before['id']}", "--by", "2h", "--yes")
    assert (told["sent"], told["state"], told["replaces"], told["hits"]) == (True, "confirmed", before["id"], ["backup"])
    (after,) = tripped.json("silence", "--list")
    assert after["id"] == before["id"]
    assert datetime.fromisoformat(after["ends_at"]) - datetime.fromisoformat(before["ends_at"]) == timedelta(hours=2)
    done = tripped.run("silence", "--edit", after["id"], "alertname=backup", "--comment", "still", "--yes")
    assert done.returncode == 0, done
    (edited,) = tripped.json("silence", "--list")
    assert (edited["match"], edited["comment"], edited["ends_at"]) == ("alertname=backup", "still", after["ends_at"])
    assert tripped.run("silence", "--edit", after["id"], "--until-resolved", "--yes").returncode == 0
    assert tripped.json("silence", "--list")[0]["until_resolved"] is True
    refused = tripped.run("silence", "--extend", after["id"], "--yes")
    assert (refused.returncode, "lasts until" in refused.stderr) == (1, True), refused
    assert tripped.run("silence", "--edit", after["id"], "--for", "30m", "--yes").returncode == 0
    assert tripped.json("silence", "--list")[0]["until_resolved"] is False


def test_one_until_resolved_needs_something_that_fires(tripped: Watched) -> None:
    quiet = tripped.run("silence", "trap=calm", "--until-resolved", "--comment", "x", "--yes")
    assert (quiet.returncode, "would end at once" in quiet.stderr) == (1, True), quiet
    (told,) = tripped.json("silence", "trap=backup", "--until-resolved", "--comment", "replacing the disk")
    assert (told["sent"], told["ends_at"], told["hits"]) == (False, None, ["backup"])
    done = tripped.run("silence", "trap=backup", "--until-resolved", "--comment", "replacing the disk", "--yes")
    assert "until it has resolved" in done.stdout
    assert alert(tripped)["state"] == "suppressed"


REFUSED: tuple[tuple[tuple[str, ...], int, str], ...] = (
    (("silence", "trap=backup", "--yes"), 1, "say why"),
    (("silence", "", "--yes", "--comment", "x"), 1, "everything"),
    (("silence",), 2, "a FILTER to silence, --edit ID, --extend ID, --end ID or --list"),
    (("silence", "trap=backup", "--list"), 2, "say one thing"),
    (("silence", "--end", ""), 2, "say one thing"),
    (("silence", "trap=backup", "--extend", "s-1"), 2, "say one thing"),
    (("silence", "--edit", "s-nope", "--for", "1h"), 1, "there is no silence s-nope now"),
    (("silence", "--extend", "s-nope"), 1, "cockpit silence --list"),
    (("silence", "trap=backup", "--by", "1h"), 2, "--by goes with --extend"),
    (("silence", "trap=backup", "--for", "1h", "--until-resolved"), 2, "not allowed with"),
    (("silence", "alertname!=x", "--comment", "x", "--yes"), 1, "would hush nearly everything"),
    (("silence", "trap=backup", "--for", "2x", "--yes", "--comment", "x"), 2, "'2x' is not a duration"),
    (("silence", "trap=backup", "--for", "90d", "--yes", "--comment", "x"), 1, "30 d at most"),
    (("silence", "trap=backup", "--source", "nope", "--yes", "--comment", "x"), 1, "nope"),
    (("trap", "disarm", "backup", "--for", "2h"), 2, "--why"),
    (("trap", "disarm", "backup", "--for", "9999h", "--why", "x"), 1, "30 days at most"),
    (("trap", "arm", "bakcup"), 2, "did you mean 'backup'?"),
    (("trap", "arm", "backup"), 1, "not disarmed"),
    (("note", "backup", " "), 1, "empty"),
)


def test_what_cannot_be_done_says_why_and_changes_nothing(tripped: Watched) -> None:
    for words, status, said in REFUSED:
        done = tripped.run(*words)
        assert done.returncode == status, (words, done)
        assert said in done.stdout + done.stderr, (words, done)
        assert "Traceback" not in done.stderr
    assert (alert(tripped)["state"], tripped.stands("backup")) == ("firing", "tripped")


def test_a_note_stays_on_the_alert_and_cannot_drive_the_terminal(tripped: Watched) -> None:  # safety 1
    done = tripped.run("note", "backup", "looked\x1b]52;c;aGk=\x07", "at \u202e it")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "\x1b" not in tripped.run("runs").stdout
    assert [run["what"] for run in tripped.json("runs")] == ["note"]


def test_a_trap_rests_for_a_while_and_is_armed_again(tripped: Watched) -> None:
    assert tripped.run("trap", "disarm", "local/backup", "--for", "2h", "--why", "moving data").returncode == 0
    resting = next(each for each in tripped.json("traps") if each["name"] == "backup")
    assert resting["state"] == "disarmed"
    assert "moving data (ana)" in resting["text"]
    until = datetime.fromisoformat(resting["disarmed_until"])
    assert timedelta(hours=1, minutes=50) < until - datetime.now(UTC) <= timedelta(hours=2)
    assert tripped.json("alerts") == []
    assert tripped.run("trap", "arm", "backup").returncode == 0
    assert tripped.stands("backup") == "tripped"


def test_a_resolved_alert_is_gone_and_a_new_firing_is_unacknowledged(tripped: Watched) -> None:
    tripped.run("ack", "backup")
    tripped.fill()
    assert tripped.run("alerts").stdout == "All clear.\n"
    tripped.empty()
    assert alert(tripped)["acknowledged_by"] is None


def test_read_only_refuses_everything_that_writes(tripped: Watched) -> None:  # safety 12
    before = tripped.json("runs")
    for words in (
        ("ack", "backup"), ("unack", "backup"), ("silence", "trap=backup", "--comment", "x", "--yes"), ("note", "backup", "x"),
        ("trap", "disarm", "backup", "--for", "1h", "--why", "x"), ("trap", "arm", "backup"), ("beat", "other"), ("init", "--yes"),
        ("run", "make", "--yes"), ("run", "look", "what=x"), ("run", "wipe", "host=a", "--confirm", "a"), ("login", "x"),
    ):  # fmt: skip
        done = tripped.run("--read-only", *words)
        assert done.returncode == 1, (words, done)
        assert "read-only" in done.stderr, (words, done)
    assert tripped.json("runs") == before
    assert tripped.backup.read_text() == ""
    for looks in (["alerts"], ["trap", "check", "calm"], ["run", "make", "--dry-run"], ["runs"]):
        assert tripped.run(*looks, "--read-only").stderr == "", "looking is allowed"
    file = tripped.config_dir / "config.toml"
    file.write_text("read_only = true\n" + file.read_text())
    for asked in (["ack", "backup"], ["run", "make", "--yes"], ["login", "x"]):
        assert "read" in tripped.run(*asked).stderr
    assert tripped.backup.read_text() == ""


def test_a_beat_that_no_trap_waits_for_is_kept_and_told_without_failing_the_job(tripped: Watched) -> None:
    known = tripped.run("beat", "nightly")
    assert (known.returncode, known.stderr) == (0, "")
    unknown = tripped.run("beat", "nihgtly")
    assert (unknown.returncode, unknown.stdout) == (0, "")
    assert unknown.stderr == "cockpit: nihgtly was written down, but no trap waits for it; traps wait for nightly\n"
    tripped.config("broken = [")
    quiet = tripped.run("beat", "nihgtly")
    assert (quiet.returncode, quiet.stderr) == (0, ""), "a config that cannot be read is not a job's business"


def test_a_beat_answers_whoever_tries_it_at_a_terminal_and_no_job(tripped: Watched) -> None:
    for words, says in ((("nightly",), "nightly: heartbeat written down"), (("nightly", "--quiet"), "")):
        with Pty([*COCKPIT, "beat", *words], env=tripped.env, cwd=tripped.path) as terminal:
            assert terminal.wait_exit(30) == 0
            assert terminal.text.strip() == says
    assert tripped.run("beat", "nightly").stdout == ""


def test_read_only_that_was_asked_for_on_the_command_line_is_not_lifted_and_says_so(tripped: Watched) -> None:  # safety 12
    with Pty([*COCKPIT, "--read-only"], env=tripped.env, cwd=tripped.path) as terminal:
        terminal.wait_for("backup", timeout=30)
        terminal.send("\x0f")
        terminal.wait_for("started with --read-only", timeout=30)
        terminal.send("q")
        assert terminal.wait_exit() == 0
