"""A state directory, a terminal or a locale that is not as it should be: said clearly, and nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from support.home import COCKPIT, Home
from support.pty import Pty
from support.real import without_roots_rights
from support.watched import Watched

NO_UTF8 = (
    {"LC_ALL": "C"},
    {"LC_ALL": "POSIX"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},  # what a locale that is not UTF-8 comes down to
)


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    (tmp_path / "home").mkdir()
    return Watched(tmp_path / "home")


def spoil(home: Home, how: str) -> str:
    """Put something in the way of the state directory; gives the word that must be told."""
    home.state.parent.mkdir(parents=True, exist_ok=True)
    if how == "a link":
        (home.path / "elsewhere").mkdir()
        home.state.symlink_to(home.path / "elsewhere")
        return "is a symbolic link and not a directory"
    if how == "a file":
        home.state.write_text("in the way")
        return "is a file and not a directory"
    if how == "somebody else's":
        if os.geteuid() != 0:
            pytest.skip("only root can give a directory away")
        home.state.mkdir()
        os.chown(home.state, 65534, 65534)
        return "belongs to user id 65534"
    home.before = without_roots_rights()
    home.state.parent.chmod(0o500)
    return "Permission denied"


@pytest.mark.parametrize("how", ["a link", "a file", "somebody else's", "read-only"])
def test_nothing_is_written_where_the_state_directory_cannot_be_used(watched: Watched, how: str) -> None:  # safety 21, 24
    said = spoil(watched, how)
    try:
        watched.backup.write_text("")
        traps = watched.run("traps")
        assert "tripped" in traps.stdout, "the traps are looked at all the same"
        assert said in traps.stderr
        assert "nothing is written down until that is mended" in traps.stderr
        alerts = watched.run("alerts", "--json")
        assert [each["name"] for each in json.loads(alerts.stdout)] == ["backup"], "alerts stay live"
        for words, status in ((("beat", "x"), 3), (("ack", "backup"), 1), (("run", "make", "--yes"), 1), (("runs",), 3)):
            done = watched.run(*words)
            assert done.returncode == status, (words, done)
            assert said in done.stderr
            assert "Traceback" not in done.stderr
        assert watched.backup.read_text() == "", "what changes the world is blocked"
        looks = watched.run("run", "look", "what=x")
        assert (looks.returncode, "looked at x" in looks.stdout.splitlines()) == (0, True), "what only looks is not"
        doctor = {each["check"]: each for each in watched.json("doctor")}
        assert not doctor["journal"]["ok"]
        assert said in doctor["journal"]["detail"]
        assert not list((watched.path / "elsewhere").iterdir()) if how == "a link" else True
        assert watched.state.read_text() == "in the way" if how == "a file" else True
    finally:
        watched.state.parent.chmod(0o700)


def test_a_journal_that_can_only_be_read_is_read(watched: Watched) -> None:
    watched.run("run", "look", "what=x")
    watched.before = without_roots_rights()
    file = watched.state / "journal.sqlite"
    file.chmod(0o400)
    watched.state.chmod(0o500)
    try:
        done = watched.run("runs")
        assert done.returncode == 0
        assert "look" in done.stdout
        assert "it is read-only; nothing is written down" in done.stderr
    finally:
        watched.state.chmod(0o700)


def test_a_damaged_journal_is_set_aside_and_every_command_says_where(watched: Watched) -> None:  # safety 24
    watched.run("run", "look", "what=x")
    file = watched.state / "journal.sqlite"
    file.write_bytes(b"garbage " * 1000)
    done = watched.run("alerts")
    (aside,) = (each for each in watched.state.glob("journal.sqlite.broken-*") if not each.name.endswith("-journal"))
    (told,) = done.stderr.splitlines()
    shown = f"~/{aside.relative_to(watched.path)}"
    assert told == f"cockpit: acks, disarms, silences are gone; damaged journal: {shown}"
    assert len(told) <= len("cockpit: ") + 120
    assert aside.read_bytes().startswith(b"garbage"), "set aside, never deleted"
    assert watched.run("alerts").stderr == ""


def test_others_who_may_look_into_the_state_are_told_of(watched: Watched) -> None:  # safety 21
    watched.run("runs")
    watched.state.chmod(0o755)
    assert f"chmod 700 {watched.state}" in watched.run("runs").stderr


def test_without_a_terminal_the_screen_is_refused_in_clear_words(home: Home) -> None:
    done = home.run()
    assert (done.returncode, done.stdout) == (2, "")
    assert "needs a terminal" in done.stderr
    assert "cockpit alerts" in done.stderr
    assert not home.state.exists(), "nothing was begun"
    with Pty([*COCKPIT], term="dumb", env=home.env) as terminal:
        assert terminal.wait_exit() == 2
        assert "TERM is dumb" in terminal.text
        assert b"\x1b" not in terminal.raw


def test_listings_use_colour_on_a_terminal_alone_and_only_if_wanted(watched: Watched) -> None:
    for words, env, coloured in (
        ((), {}, True), (("--no-color",), {}, False), ((), {"NO_COLOR": "1"}, False), (("--json",), {}, False),
    ):  # fmt: skip
        with Pty([*COCKPIT, "traps", *words], env={**watched.env, **env}, columns=200) as terminal:
            terminal.wait_exit()
            assert (b"\x1b[" in terminal.raw) is coloured, (words, env)
    with Pty([*COCKPIT, "traps"], term="dumb", env=watched.env, columns=200) as terminal:
        terminal.wait_exit()
        assert b"\x1b" not in terminal.raw
    assert "\x1b" not in watched.run("traps").stdout


@pytest.mark.parametrize("env", NO_UTF8)
def test_unicode_and_hostile_text_pass_any_locale(watched: Watched, env: dict[str, str]) -> None:  # safety 1, 4
    text = watched.config_dir.joinpath("config.toml").read_text("utf-8")
    watched.config(text + '\n[traps.odd]\nprobe = "command"\nrun = ["printf", "日本 \\\\033[2J ‮ 🔥"]\nseverity = "error"\n')
    for words in (("alerts",), ("traps",), ("runs",), ("keys",), ("doctor",), ("providers",), ("oncall",)):
        for more in ((), ("--json",)):
            done = raw(watched, *words, *more, **env)
            assert done.returncode in (0, 1, 3), (words, done)
            assert b"Traceback" not in done.stderr
            assert b"\x1b" not in done.stdout
            assert "\u202e".encode() not in done.stdout
    odd = next(each for each in json.loads(raw(watched, "traps", "--json", **env).stdout) if each["name"] == "odd")
    assert odd["text"].startswith("日本 ␛[2J"), "JSON loses nothing"
    shown = raw(watched, "traps", **env).stdout
    assert "日本".encode() in shown or rb"\u65e5\u672c" in shown
    ran = raw(watched, "run", "look", "what=日本 é", **env)
    assert ran.returncode == 0, ran
    (run,) = json.loads(raw(watched, "runs", "--json", **env).stdout)
    assert Path(run["output_path"]).read_text("utf-8").splitlines()[-1] == "looked at 日本 é", (
        "the argument arrived as it was typed"
    )


def test_the_proposed_config_is_utf8_in_any_locale(home: Home) -> None:
    tomllib = pytest.importorskip("tomllib")
    assert tomllib.loads(raw(home, "init", "--print", **NO_UTF8[2]).stdout.decode())["traps"]


def test_a_home_whose_name_is_no_text(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/h\xff\x1b[2J"))
    odd.mkdir()
    home = Home(odd)
    home.config('[runbooks.look]\nsteps = [{ run = ["echo", "x"] }]\n')
    for words in (("check",), ("themes",), ("themes", "--json"), ("run", "look"), ("runs",), ("doctor",)):
        done = raw(home, *words)
        assert b"\x1b" not in done.stdout + done.stderr
        assert b"Traceback" not in done.stderr
        if words[0] in ("check", "themes"):
            assert (done.returncode, done.stderr) == (0, b""), words
        else:
            assert (done.returncode, b"set XDG_STATE_HOME to another place" in done.stderr) == (1, True), words
    home.env["XDG_STATE_HOME"] = str(tmp_path / "state")
    assert raw(home, "run", "look").returncode == 0


def raw(home: Home, *words: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    """As `Home.run`, in bytes."""
    clean = {
        key: value for key, value in os.environ.items() if not key.startswith(("COCKPIT", "XDG_", "LC_", "LANG", "PYTHONUTF8"))
    }
    return subprocess.run(
        [os.fsencode(word) for word in (*COCKPIT, *words)], capture_output=True, timeout=60, env=clean | home.env | env, check=False
    )
