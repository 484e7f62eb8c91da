"""A config that is wrong: file, line, key, what is wrong, what to do; never a traceback, and nothing is lost."""

from __future__ import annotations

import pytest

from support.home import Home
from support.real import without_roots_rights

FAULTS: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    ('theme = "day"\nbroken = [1,\n', 2, ("broken TOML",)),
    ('theme = day\n', 1, ("broken TOML at column", 'theme = "day"')),
    ('[traps.a]\nprobe = "disk"\nprobe = "disk"\npath = "/"\n', 3, ("broken TOML",)),
    ('them = "day"\n', 1, ("unknown key 'them'", "did you mean theme?")),
    ('[traps.a]\nprobe = "disk"\npath = "/"\ntripp = "used_percent > 1"\n', 4, ("traps.a.tripp", "did you mean trip?")),
    ('[traps.a]\nprobe = "disk"\npath = 7\n', 3, ("traps.a.path", "must be a text", "not a number")),
    ('[traps.a]\nprobe = "disk"\npath = "/"\nevery = "2 parsecs"\n', 4, ("traps.a.every", "'2 parsecs' is not a duration")),
    ('[traps.a]\nprobe = "disk"\npath = "/"\nevery = "0.1s"\n', 4, ("every must be at least 1s",)),
    ('[traps.a]\nprobe = "disk"\npath = "/"\ntrip = "used_percent >= lots"\n', 4, ("traps.a.trip", "used_percent >= lots")),
    ('[traps.a]\nprobe = "disk"\npath = "/"\ntrip = "used_percnt >= 1"\n', 4, ("used_percnt", "did you mean used_percent?")),
    ('[traps.a]\nprobe = "disk"\npath = "/"\nseverity = "catastrophic"\n', 4, ("severity must be one of", "critical")),
    ('[traps.a]\nprobe = "dsk"\npath = "/"\n', 2, ("no probe is called 'dsk'", "did you mean disk?")),
    ('[traps.a]\nprobe = "disk"\npath = "/"\nrunbooks = ["nope"]\n', 4, ("trap 'a' wants the runbook 'nope'", "[runbooks.nope]")),
    ('[sources.a]\nprovider = "alertmanger"\n', 2, ("no provider is called 'alertmanger'", "installed are")),
    ('theme = "nite-shift"\n', 1, ("there is no theme 'nite-shift'", "did you mean night-shift?")),
    ('zones = ["Berlin"]\n', 1, ("there is no time zone 'Berlin'", "did you mean Europe/Berlin?")),
    ('[keys]\nack = "ctrl+z"\n', 2, (" keys.ack: 'ctrl+z' is taken",)),
    ('[keys]\nack = "n"\n', 2, (" keys.ack: 'n' would mean both 'ack' and 'note'",)),
    ('[runbooks.a]\nsteps = [{ run = ["df"] }]\nchanges = "frees {path"\n', 3, ("runbooks.a.changes", "a lone {")),
    ('[runbooks.a]\nsteps = [{ run = ["df"] }]\n\nme = ["ana"]\n', 4, ("unknown key 'me'", "before the first [table]")),
    ('[keys]\nack = "K"\ntheme = "day"\n', 3, ("keys.theme", "before the first [table]")),
    ('[traps.a]\nprobe = "command"\nrun = ["x"]\nwithin = "30s"\nevery = "10s"\n', 4,
     ("within is 30 s, and the look would be given up after 20 s",)),
    ('[traps.a]\nprobe = "command"\nrun = ["x"]\nwithin = "30s"\ntimeout = "10s"\n', 4, ("given up after 10 s",)),
    ('[runbooks.a]\nsteps = [{ run = "df -h" }]\n', 2, ("run must be a list", '["df", "-h"]', "no shell")),
    ('[runbooks.a]\nsteps = [{ run = ["sh", "-c", "rm {path}"] }]\n', 2, ("program for sh", "hand it over in env")),
    ('[runbooks.a]\nsteps = [{ run = ["df"] }]\nparams.p = { pattern = "(a+)+" }\n', 3,
     ("params.p.pattern", "endlessly many ways")),
    ('[runbooks.a]\nsteps = [{ run = ["df", "{p}"] }]\nparams.p = { default = "-x" }\n', 3, ("params.p.default", "begins with -")),
    ('[people.a]\n[rosters.r]\ntimezone = "UTC"\n[[rosters.r.layers]]\n'
     'people = ["a"]\nstart = 0001-01-01T00:00:00\nturn = "1 week"\n', 6,
     ("layers[1].start", "between the years 1970 and 2200")),
    ('[people.a]\n[rosters.r]\ntimezone = "UTC"\n[[rosters.r.overrides]]\nperson = "a"\nstart = 2026-01-01T00:00:00\n'
     'end = 9999-12-31T00:00:00\n', 7, ("overrides[1].end", "2200")),
)  # fmt: skip


@pytest.mark.parametrize(("text", "line", "said"), FAULTS)
def test_check_names_file_line_and_key_and_what_to_do(home: Home, text: str, line: int, said: tuple[str, ...]) -> None:
    file = home.config(text)
    done = home.run("check")
    assert done.returncode == 1, done
    assert f"{file}:{line}:" in done.stdout
    for words in said:
        assert words in done.stdout
    assert done.stderr == ""
    assert file.read_text("utf-8") == text


def test_check_has_stable_json_and_names_every_fault(home: Home) -> None:
    file = home.config('them = "x"\n[traps.a]\nprobe = "dsk"\n')
    found = home.json("check")
    assert [list(each) for each in found] == [["file", "line", "key", "what", "hint"]] * 2
    assert [(each["file"], each["line"], each["key"]) for each in found] == [
        (str(file), 1, "them"),
        (str(file), 3, "traps.a.probe"),
    ]
    home.config('theme = "day"\n')
    assert home.run("check", "--json").stdout == "[]\n"
    assert "Fine:" in home.run("check").stdout


def test_check_names_every_fault_of_the_keys_once(home: Home) -> None:
    home.config('[keys]\nfoo = "x"\nack = "ctrl+z ctrl+s"\nnote = "1"\nquit = "hyper+q"\nunack = "s"\nsilence = 7\n')
    found = [(each["line"], each["key"]) for each in home.json("check")]
    assert found == [(2, "keys.foo"), (3, "keys.ack"), (3, "keys.ack"), (4, "keys.note"), (5, "keys.quit"), (6, "keys.unack"),
                     (7, "keys.silence")]  # fmt: skip
    assert all(line.count("keys.") == 1 for line in home.run("check").stdout.splitlines()[:-1])


def test_two_keys_may_change_places(home: Home) -> None:
    home.config('[keys]\nack = "u"\nunack = "a"\n')
    assert home.run("check").returncode == 0
    assert {each["id"]: each["keys"] for each in home.json("keys")}["ack"] == ["u"]


def test_a_heartbeats_within_is_the_jobs_time_and_not_the_looks(home: Home) -> None:
    home.config('[traps.a]\nprobe = "heartbeat"\nname = "a"\nwithin = "24h"\nevery = "10s"\n')
    assert home.run("check").returncode == 0


def test_no_other_command_goes_on_with_a_wrong_config_and_doctor_says_it_is_that(home: Home) -> None:
    file = home.config('them = "x"\n')
    for words in (("alerts",), ("traps", "--json"), ("ack", "x"), ("run", "x"), ("oncall",), ("themes",), ("keys",)):
        done = home.run(*words)
        assert (done.returncode, done.stdout) == (1, ""), words
        assert f"{file}:1: them: unknown key" in done.stderr
        assert "`cockpit check` looks again" in done.stderr
    found = {each["check"]: each for each in home.json("doctor")}
    assert not found["config"]["ok"]
    assert found["journal"]["ok"], "the journal is looked at all the same"
    assert home.run("beat", "x").returncode == 0, "a job's heartbeat does not depend on it"


def test_a_config_that_was_asked_for_and_is_not_there(home: Home) -> None:
    nowhere = home.path / "nowhere.toml"
    for done in (home.run("alerts", "--config", str(nowhere)), home.run("alerts", COCKPIT_CONFIG=str(nowhere))):
        assert done.returncode == 1
        assert f"{nowhere}: there is no such file" in done.stderr
        assert "cockpit init" in done.stderr
    folder = home.run("alerts", "--config", str(home.path))
    assert "is a directory, not a file" in folder.stderr


def test_hostile_text_in_a_config_is_shown_harmless(home: Home) -> None:  # safety 1
    home.config('"k\\u001b]0;x\\u0007" = 1\n[traps."\\u202e"]\nprobe = "\\u001b[2J"\n')
    done = home.run("check")
    assert done.returncode == 1
    assert not set("\x1b\x07\u202e") & set(done.stdout)
    home.config("x = \x1b[2J\n")
    assert "\x1b" not in home.run("check").stdout
    (home.config_dir / "config.toml").write_bytes(b'title = "\xff"\n')
    assert "not UTF-8 (0xff)" in home.run("check").stdout


def test_a_config_others_can_write_is_not_obeyed(home: Home) -> None:  # safety 21
    file = home.config('theme = "day"\n')
    file.chmod(0o666)
    done = home.run("check")
    assert done.returncode == 1
    assert f"chmod o-w {file}" in done.stdout


def test_a_config_that_may_not_be_read_says_so(home: Home) -> None:
    home.before = without_roots_rights()
    file = home.config('theme = "day"\n')
    file.chmod(0)
    unreadable = home.run("check")
    assert unreadable.returncode == 1
    assert f"{file}: cannot be read: Permission denied" in unreadable.stdout
    file.chmod(0o600)
    home.config_dir.chmod(0)
    try:
        for words in (("check",), ("alerts",), ("themes",), ("init", "--yes"), ("doctor",)):
            done = home.run(*words)
            assert done.returncode == 1, (words, done)
            assert "Permission denied" in done.stdout + done.stderr
            assert str(home.config_dir) in done.stdout + done.stderr
            assert "Traceback" not in done.stderr
    finally:
        home.config_dir.chmod(0o700)


PROBES = """
[traps.missing]
probe = "command"
run = ["/nonexistent/check_thing"]
[traps.locked]
probe = "command"
run = ["{home}/locked"]
[traps.text]
probe = "command"
run = ["{home}/text"]
"""


def test_a_check_that_is_missing_or_cannot_be_executed_makes_its_trap_blind_with_the_reason(home: Home) -> None:
    for name, mode in (("locked", 0o600), ("text", 0o755)):
        (home.path / name).write_text("just words\n")
        (home.path / name).chmod(mode)
    home.config(PROBES.format(home=home.path))
    done = home.run("traps", "--json")
    assert done.returncode == 3
    said = {each["name"]: (each["state"], each["text"].partition(": ")[2]) for each in home.json("traps")}
    assert said == {
        "missing": ("blind", "there is no program /nonexistent/check_thing"),
        "locked": ("blind", f"{home.path}/locked may not be executed by this user"),
        "text": ("blind", f"{home.path}/text cannot be executed: Exec format error"),
    }
    told = home.run("doctor").stdout
    assert all(text in told for _, text in said.values())
