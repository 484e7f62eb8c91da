"""Setting up: init, login, and what is installed."""

from __future__ import annotations

import tomllib
from pathlib import Path

from support.home import COCKPIT, Home
from support.pty import Pty

BACKEND = '''
import json, os
from keyring.backend import KeyringBackend

class Keyring(KeyringBackend):
    """Keeps secrets in memory of a file that only this test has."""
    priority = 1
    def _all(self):
        try:
            return json.load(open(os.environ["TEST_KEYS"]))
        except FileNotFoundError:
            return {}
    def get_password(self, service, name):
        return self._all().get(f"{service}/{name}")
    def set_password(self, service, name, value):
        json.dump(self._all() | {f"{service}/{name}": value}, open(os.environ["TEST_KEYS"], "w"))
    def delete_password(self, service, name):
        raise NotImplementedError
'''


def test_init_writes_a_config_that_passes_check_and_never_touches_one_that_is_there(home: Home) -> None:
    nobody = home.run("init")
    assert nobody.returncode == 2
    assert "--yes takes every proposal" in nobody.stderr
    assert not home.config_dir.exists()
    shown = home.run("init", "--print")
    assert shown.returncode == 0
    assert {"root-disk", "memory"} <= set(tomllib.loads(shown.stdout)["traps"])
    assert not home.config_dir.exists()
    done = home.run("init", "--yes")
    assert done.returncode == 0, done
    file = home.config_dir / "config.toml"
    assert f"Wrote {file}" in done.stdout
    assert file.stat().st_mode & 0o777 == 0o600
    assert home.config_dir.stat().st_mode & 0o777 == 0o700
    assert "Fine:" in home.run("check").stdout
    for trap in tomllib.loads(file.read_text("utf-8"))["traps"].values():
        assert {"went_wrong", "detect", "signs"} <= set(trap), "the three questions"
    before = file.read_bytes()
    again = home.run("init", "--yes")
    assert again.returncode == 1
    assert "is left as it is" in again.stderr
    assert file.read_bytes() == before


def test_init_asks_about_each_trap_and_takes_what_was_taken(home: Home) -> None:
    with Pty([*COCKPIT, "init"], env=home.env, lines=60) as terminal:
        terminal.wait_for("/q]", timeout=30)
        terminal.send("what?\r")
        terminal.wait_for("what?")
        asked = 0
        while terminal.process.poll() is None:
            terminal.wait_until(
                lambda: terminal.text.rstrip().endswith("/q]") or terminal.process.poll() is not None, what="the next question"
            )
            if terminal.process.poll() is None:
                asked += 1
                terminal.send("y\r" if asked == 1 else "n\r")
                terminal.wait_quiet(0.1)
        assert terminal.wait_exit() == 0
    traps = tomllib.loads((home.config_dir / "config.toml").read_text("utf-8"))["traps"]
    assert len(traps) == 1
    assert home.run("check").returncode == 0


def test_init_can_be_left_without_a_trace(home: Home) -> None:
    for leave in ("q\r", "\x04", "\x03"):
        with Pty([*COCKPIT, "init"], env=home.env) as terminal:
            terminal.wait_for("/q]", timeout=30)
            terminal.send(leave)
            assert terminal.wait_exit() == (130 if leave == "\x03" else 1)
            assert "Traceback" not in terminal.text
        assert not home.config_dir.exists()


def test_init_says_where_it_cannot_write(home: Home) -> None:
    home.config_dir.parent.mkdir()
    home.config_dir.write_text("in the way")
    done = home.run("init", "--yes")
    assert done.returncode == 1
    assert str(home.config_dir) in done.stderr
    assert "Traceback" not in done.stderr
    assert home.config_dir.read_text() == "in the way"


def test_without_a_keyring_login_names_what_to_do_instead_and_stores_nothing(home: Home) -> None:  # safety 23
    done = home.run("login", "am", stdin="s3cret-canary\n", PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")
    assert done.returncode == 1
    for way in ("env:", "file:", "command:"):
        assert way in done.stderr
    assert "s3cret-canary" not in done.stdout + done.stderr
    assert not any("s3cret-canary" in file.read_text("utf-8", "replace") for file in home.path.rglob("*") if file.is_file())


def test_login_stores_under_the_name_that_the_config_refers_to(home: Home, tmp_path: Path) -> None:  # safety 22
    (tmp_path / "testring.py").write_text(BACKEND)
    keys = tmp_path / "keys.json"
    home.env |= {"PYTHONPATH": str(tmp_path), "PYTHON_KEYRING_BACKEND": "testring.Keyring", "TEST_KEYS": str(keys)}
    done = home.run("login", "am", stdin="s3cret-canary\n")
    assert done.returncode == 0, done
    assert 'as "keyring:am"' in done.stdout
    assert "s3cret-canary" not in done.stdout + done.stderr
    assert '"cockpit/am": "s3cret-canary"' in keys.read_text()
    home.config('[sources.am]\nprovider = "alertmanager"\nurl = "https://127.0.0.1:1"\nauth.bearer = "keyring:am-prod"\n')
    assert 'as "keyring:am-prod"' in home.run("login", "am", stdin="s3cret-canary\n").stdout
    empty = home.run("login", "other", stdin="\n")
    assert (empty.returncode, "nothing was stored" in empty.stderr) == (2, True)
    with Pty([*COCKPIT, "login", "typed"], env=home.env) as terminal:
        terminal.wait_for("Secret for typed")
        terminal.send("0ther-canary\r")
        assert terminal.wait_exit() == 0
        assert "0ther-canary" not in terminal.raw.decode("utf-8", "replace"), "it is not shown while it is typed"
    assert "0ther-canary" in keys.read_text()


def test_providers_and_probes_say_what_they_do_and_where_they_come_from(home: Home) -> None:
    found = {(each["kind"], each["name"]): each for each in home.json("providers")}
    assert all(list(each) == ["name", "kind", "origin", "does", "can"] for each in found.values())
    assert {name for kind, name in found if kind == "probe"} >= {
        "disk", "memory", "load", "process", "systemd", "tcp", "http", "tls", "dns", "file", "log", "command", "heartbeat",
    }  # fmt: skip
    assert set(found["provider", "local"]["can"]) == {
        "Alerts", "Acks", "Unacks", "Silences", "Edits", "Checks", "Upkeep", "Notes", "Rosters", "Shifts", "Overrides", "Traps",
        "Rests",
    }  # fmt: skip
    assert "used_percent" in found["probe", "disk"]["can"]
    assert all(each["origin"].startswith("ops-cockpit ") for each in found.values())
    assert all(len(each["does"]) > 15 for each in found.values())
    assert home.run("providers").returncode == 0


def test_themes_and_keys_are_listed_as_the_config_has_them(home: Home) -> None:
    (home.config_dir / "themes").mkdir(parents=True)
    (home.config_dir / "themes" / "mine.toml").write_text("")
    home.config('theme = "day"\n[keys]\nack = "K"\n')
    themes = home.json("themes")
    assert [each["name"] for each in themes if each["current"]] == ["day"]
    assert {"night-shift", "day", "high-contrast", "colour-blind", "sixteen", "mono", "mine"} == {each["name"] for each in themes}
    assert all(Path(each["path"]).is_file() for each in themes)
    keys = {each["id"]: each for each in home.json("keys")}
    assert list(keys["ack"]) == ["id", "keys", "label", "help", "group"]
    assert keys["ack"]["keys"] == ["K"]
    assert "K " in next(line for line in home.run("keys").stdout.splitlines() if " ack " in line)


def test_every_command_explains_itself_and_refuses_what_it_does_not_know(home: Home) -> None:
    whole = home.run("--help")
    assert whole.returncode == 0
    for command in ("init", "check", "doctor", "alerts", "ack", "silence", "oncall", "trap", "beat", "run", "login", "keys"):
        assert f"\n    {command} " in whole.stdout
    assert "exit status: 0 fine" in whole.stdout
    assert "--comment" in home.run("silence", "--help").stdout
    for wrong in (("alrts",), ("--jsn",), ("trap",), ("trap", "look", "x"), ("ack",), ("alerts", "--js")):
        done = home.run(*wrong)
        assert (done.returncode, done.stdout) == (2, ""), wrong
        assert "usage: cockpit" in done.stderr
    nameless = home.run("run")
    assert (nameless.returncode, "name the runbook" in nameless.stderr) == (2, True)
    assert home.run("--version").stdout.startswith("cockpit ")
