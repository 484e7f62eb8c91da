"""From files to a configuration, and every way in which they can be wrong."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from cockpit.config import merge
from cockpit.config.load import with_watchdogs
from cockpit.config.model import ConfigError, SourceConfig
from cockpit.core.alerts import Severity
from cockpit.core.units import Seconds
from support.configs import loaded, problems, write
from support.steps import program

PRODUCT = """
me = ["ana", "ana@example.com"]
theme = "night-shift"
[people.ana]
name = "Ana"
timezone = "America/Sao_Paulo"
contacts = { email = "ana@example.com" }
[people.bo]
[rosters.primary]
timezone = "Europe/Berlin"
[[rosters.primary.layers]]
people = ["ana", "bo"]
start = 2026-11-02T09:00:00
turn = "1 week"
[traps.root-disk]
probe = "disk"
path = "/"
warn = "used_percent >= 80"
trip = "used_percent >= 92"
forecast = "used_percent"
for = "2m"
severity = "critical"
runbooks = ["free-disk"]
[runbooks.free-disk]
title = "Free space on {path}"
key = "f"
match = 'trap=root-disk'
changes = "deletes files"
confirm = "yes"
timeout = "2m"
steps = [{ run = ["journalctl", "--vacuum-size=200M"] }]
"""


def test_the_configuration_of_the_handbook_is_read_as_it_is_meant(tmp_path: Path) -> None:
    config = loaded(write(tmp_path / "config.toml", PRODUCT))
    trap, book = config.traps["root-disk"], config.runbooks["free-disk"]
    assert (trap.hold, trap.severity, trap.params) == (Seconds(120), Severity.CRITICAL, {"path": "/"})
    assert trap.trip is not None
    assert (trap.trip.metric, trap.trip.value) == ("used_percent", 92.0)
    assert (program(book.steps[0]).argv, book.timeout) == (("journalctl", "--vacuum-size=200M"), Seconds(120))
    assert config.people["ana"].contacts[0].to == "ana@example.com"
    assert config.people["bo"].name == "bo"
    assert config.rosters["primary"].layers[0].turn == (1, "weeks")
    assert config.files == (tmp_path / "config.toml",)


def test_without_any_file_the_defaults_stand(tmp_path: Path) -> None:
    config = loaded(None, {"XDG_CONFIG_HOME": str(tmp_path)})
    assert config.files == ()
    assert config.traps == {}


def test_a_file_that_was_asked_for_and_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        loaded(tmp_path / "nothing.toml")
    with pytest.raises(ConfigError, match="no such file"):
        loaded(None, {"COCKPIT_CONFIG": str(tmp_path / "nothing.toml")})
    with pytest.raises(ConfigError, match="directory"):
        loaded(tmp_path)


def test_the_command_line_wins_over_the_environment_and_that_over_the_usual_place(tmp_path: Path) -> None:
    usual = write(tmp_path / "cockpit/config.toml", 'title = "usual"')
    other = write(tmp_path / "other.toml", 'title = "other"')
    asked = write(tmp_path / "asked.toml", 'title = "asked"')
    env = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert loaded(None, env).files == (usual,)
    assert loaded(None, {**env, "COCKPIT_CONFIG": str(other)}).title == "other"
    assert loaded(asked, {**env, "COCKPIT_CONFIG": str(other)}).title == "asked"


def test_every_problem_is_named_at_once_with_its_line_and_a_way_out(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """\
tehme = "day"
theme = "dya"
zones = ["Berlin"]
[people.ana]
timezone = "Europe/Berln"
[traps.root-disk]
probe = "disk"
path = "/"
pth = "/var"
warn = 80
trip = "used_precent >= 92"
for = "2 moons"
severity = "critcal"
runbooks = ["free-dsk"]
[traps.other]
probe = "dsk"
[runbooks.free-disk]
key = "ff"
match = "trap=="
steps = [{ run = "journalctl --vacuum-size=200M" }]
[sources.x]
provider = "locale"
""",
    )
    said = {key: (problem.line, f"{problem.what} ({problem.hint})") for key, problem in found.items()}
    wanted = {
        "tehme": (1, "did you mean theme?"),
        "theme": (2, "did you mean day?"),
        "zones[1]": (3, "did you mean Europe/Berlin?"),
        "people.ana.timezone": (5, "did you mean Europe/Berlin?"),
        "traps.root-disk.pth": (9, "did you mean path?"),
        "traps.root-disk.warn": (10, 'warn must be a text like "used_percent >= 80", not a number'),
        "traps.root-disk.trip": (11, "did you mean used_percent?"),
        "traps.root-disk.for": (12, "is not a duration"),
        "traps.root-disk.severity": (13, "did you mean critical?"),
        "traps.root-disk.runbooks[1]": (
            14,
            "trap 'root-disk' wants the runbook 'free-dsk', and there is none (did you mean free-disk?",
        ),
        "traps.other.probe": (16, "did you mean disk?"),
        "runbooks.free-disk.key": (18, "single letter"),
        "runbooks.free-disk.match": (19, "match, at character"),
        "runbooks.free-disk.steps[1].run": (20, '["journalctl", "--vacuum-size=200M"]; there is no shell'),
        "sources.x.provider": (22, "did you mean local?"),
    }
    assert said.keys() == wanted.keys()
    for key, (line, words) in wanted.items():
        assert said[key][0] == line, key
        assert words in said[key][1], key


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a = 1\nb = hello\n", 2, "Invalid value"),
        ("a = 1\n[x\n", 2, "broken TOML"),
        ("a = 1\na = 2\n", 2, "stands further up"),
        ('a = "never ends', 1, "broken TOML"),
        ("a = " + "[" * 5000, 0, "nested too deeply"),
    ],
)
def test_broken_toml_names_file_and_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    found = problems(tmp_path, text)[""]
    assert found.file == str(tmp_path / "config.toml")
    assert found.line == line
    assert words in f"{found.what} ({found.hint})"


def test_bytes_that_are_not_utf8_name_their_line(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b'title = "a"\n# \xff\n')
    with pytest.raises(ConfigError, match=r"config.toml:2: .*not UTF-8"):
        loaded(path)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b'\xef\xbb\xbftitle = "a"\n')
    assert loaded(path).title == "a"


@pytest.mark.parametrize("name", ["config.toml", "conf.d/more.toml"])
def test_a_pipe_in_the_place_of_a_file_is_refused_and_not_waited_for(tmp_path: Path, name: str) -> None:
    write(tmp_path / "config.toml", "")
    (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    os.mkfifo(tmp_path / name)
    with pytest.raises(ConfigError) as refused:
        loaded(tmp_path / "config.toml")
    (problem,) = refused.value.problems
    assert (problem.file, problem.what) == (str(tmp_path / name), "is not a plain file")


def test_a_configuration_may_come_out_of_a_pipe_that_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads, writes = os.pipe()
    os.write(writes, b'me = ["ana"]')
    os.close(writes)
    assert loaded(Path(f"/dev/fd/{reads}")).me == ("ana",)
    os.close(reads)
    monkeypatch.setattr(merge, "PATIENCE", 0.2)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigError) as refused:
        loaded(tmp_path / "pipe")
    (problem,) = refused.value.problems
    assert "not written and closed within" in problem.what


def test_a_number_of_thousands_of_digits_names_its_line(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, f'theme = "day"\n\nfps = {"9" * 5000}\n').values()
    assert (problem.line, problem.what) == (3, "holds a number of thousands of digits")


@pytest.mark.parametrize("key", ["every", "for", "blind_after", "timeout", "window"])
def test_a_duration_of_more_than_ten_years_is_a_slip_of_the_pen(tmp_path: Path, key: str) -> None:
    trap = '[traps.x]\nprobe = "log"\npath = "/a"\npattern = "x"\ntrip = "in_window > 3"\n'
    (problem,) = problems(tmp_path, f'{trap}{key} = "10000000d"\n').values()
    assert "'10000000d' is longer than 10 years" in problem.what
    (problem,) = problems(tmp_path, f"{trap}{key} = 4e8\n").values()
    assert "(10 years)" in problem.what


def test_many_entries_are_gone_through_once_also_to_say_where_a_fault_lies(tmp_path: Path) -> None:
    many = "".join(f'[traps.t{n}]\nprobe = "disk"\npath = "/"\ntrip = "used_percent > 9"\n' for n in range(5000))
    began = time.process_time()
    (problem,) = problems(tmp_path, f'{many}every = "x"\n').values()
    assert (problem.line, problem.key) == (20001, "traps.t4999.every")
    assert time.process_time() - began < 8, "to look through all lines for each entry takes 100,000,000 steps"


def test_a_file_that_anyone_may_change_is_refused_and_one_that_anyone_may_read_is_fine(tmp_path: Path) -> None:  # safety 21
    path = write(tmp_path / "config.toml", 'title = "a"')
    path.chmod(0o644)
    assert loaded(path).title == "a"
    path.chmod(0o646)
    with pytest.raises(ConfigError, match="chmod o-w"):
        loaded(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "config.toml", 'title = "a"')
    path.chmod(0)
    with pytest.raises(ConfigError, match="Permission denied"):
        loaded(path)


def test_drop_ins_are_read_after_it_in_name_order(tmp_path: Path) -> None:
    main = write(
        tmp_path / "config.toml", 'title = "main"\ntheme = "day"\n[keys]\nack = "A"\nopen = "enter"\n' + DISK.format(name="one")
    )
    second = write(tmp_path / "conf.d/20.toml", 'title = "second"\n[keys]\nack = "B"\n' + DISK.format(name="three"))
    first = write(tmp_path / "conf.d/10.toml", 'title = "first"\n' + DISK.format(name="two"))
    write(tmp_path / "conf.d/.hidden.toml", "broken")
    write(tmp_path / "conf.d/readme.md", "broken")
    config = loaded(main)
    assert config.files == (main, first, second)
    assert (config.title, config.theme) == ("second", "day")
    assert config.keys == {"ack": "B", "open": "enter"}
    assert list(config.traps) == ["one", "two", "three"]


@pytest.mark.parametrize(("value", "kept"), [("true", "exported_drill"), ("quiet", "exported_drill"), ("rig-4", "drill")])
def test_a_traps_own_label_says_of_nothing_that_it_is_a_drill_and_keeps_no_watch_from_starting(
    tmp_path: Path, value: str, kept: str
) -> None:
    config = loaded(write(tmp_path / "config.toml", DISK.format(name="x") + f'labels = {{ drill = "{value}", team = "web" }}\n'))
    assert config.traps["x"].labels == {kept: value, "team": "web"}
    assert [("trap x: its label drill is kept as exported_drill" in each) for each in config.remarks] == [True] * (kept != "drill")


def test_what_is_defined_twice_names_both_places(tmp_path: Path) -> None:
    main = write(tmp_path / "config.toml", "\n" + DISK.format(name="one"))
    again = write(tmp_path / "conf.d/10.toml", "\n\n" + DISK.format(name="one"))
    with pytest.raises(ConfigError) as caught:
        loaded(main)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == (str(again), 3)
    assert f"here and at {main}:2" in problem.what


def test_problems_in_drop_ins_name_the_drop_in(tmp_path: Path) -> None:
    main = write(tmp_path / "config.toml", DISK.format(name="one"))
    extra = write(tmp_path / "conf.d/10.toml", "# x\n" + DISK.format(name="two") + "evry = '3s'\n")
    with pytest.raises(ConfigError) as caught:
        loaded(main)
    assert [(p.file, p.line, p.key) for p in caught.value.problems] == [(str(extra), 5, "traps.two.evry")]


def test_a_drop_in_may_add_overrides_to_a_roster_and_their_problems_are_placed_there(tmp_path: Path) -> None:
    main = write(tmp_path / "config.toml", PRODUCT)
    override = '[[rosters.primary.overrides]]\nperson = "{}"\nstart = 2026-12-24T09:00:00\nend = 2026-12-27T09:00:00\n'
    extra = write(tmp_path / "conf.d/20-christmas.toml", override.format("bo"))
    assert [o.person for o in loaded(main).rosters["primary"].overrides] == ["bo"]
    write(extra, override.format("bo") + override.format("zed"))
    with pytest.raises(ConfigError) as caught:
        loaded(main)
    assert [(p.file, p.line) for p in caught.value.problems] == [(str(extra), 6)]


DISK = '[traps.{name}]\nprobe = "disk"\npath = "/"\n'


@pytest.mark.parametrize(
    ("keys", "key", "words"),
    [
        ('forecast = "used_percent"', "forecast", "there is no trip"),
        ('forecast = "used_percent"\ntrip = "free_bytes < 5GB"', "forecast", "same reading"),
        ('forecast = "usd_percent"\ntrip = "used_percent > 5"', "forecast", "did you mean used_percent?"),
        ('warn = "used_percent >= 95"\ntrip = "used_percent >= 90"', "warn", "no earlier than trip"),
        ('trip = "used_percent >= 90 apples"', "trip", "is not a unit"),
        ('warn_within = "4h"', "warn_within", "needs forecast"),
        ('every = "0s"', "every", "at least 1s"),
        ('timeout = "0s"', "timeout", "more than 0"),
        ("every = true", "every", 'every must be a duration like "90s"'),
        ('labels = "team=web"', "labels", 'labels must be a table like { name = "text" }'),
        ('runbooks = "x"', "runbooks", 'write it as a list: ["x"]'),
        ('path = "var"', "", "must be absolute"),
    ],
)
def test_a_trap_that_cannot_work_says_why(tmp_path: Path, keys: str, key: str, words: str) -> None:
    base = DISK.format(name="x") if not keys.startswith("path") else '[traps.x]\nprobe = "disk"\n'
    found = problems(tmp_path, base + keys)
    problem = found[f"traps.x.{key}" if key else "traps.x"]
    assert words in f"{problem.what} ({problem.hint})"


def test_a_probe_may_give_readings_of_any_name_where_it_says_so(tmp_path: Path) -> None:
    assert problems(tmp_path, '[traps.x]\nprobe = "command"\nrun = ["true"]\ntrip = "whatever_it_says > 3"\n') == {}


@pytest.mark.parametrize(
    ("keys", "key", "words"),
    [
        ("steps = []", "steps", "at least one"),
        ("steps = [{ run = [] }]", "steps[1].run", "must begin with a program"),
        ('steps = [{ run = ["df -h"] }]', "steps[1].run", '"df", "-h"'),
        ('steps = ["df"]', "steps[1]", "must be a table"),
        ('steps = [{ name = "x" }]', "steps[1]", "must say what it does, by one of run, script"),
        ('steps = [{ rn = ["df"] }]', "steps[1].rn", "did you mean run?"),
        ('steps = [{ run = ["df"], script = "df" }]', "steps[1]", "this one has run and script"),
        ('steps = [{ run = ["df"], interpreter = "sh" }]', "steps[1].interpreter", "unknown key"),
        ('steps = [{ ssh = "web-3" }]', "steps[1]", "neither run nor script"),
        ('steps = [{ verb = "ack" }]', "steps[1]", "does not say that it does"),
        ('steps = [{ http = "http://a/", method = "POST" }]', "steps[1]", "does not say that it does"),
        ('steps = [{ run = ["df"], undo = { verb = "unack" } }]', "steps[1]", "does not say that it does"),
        ('steps = [{ http = "http://{h}/", bearer = "env:T" }]', "steps[1].http", "write the host out"),
        ('steps = [{ wait = "armed" }]', "steps[1].trap", "which one"),
        ('steps = [{ open = "file:///etc" }]', "steps[1].open", "begins with http"),
        ('steps = [{ ssh = "web-3", run = ["df"], script = "df" }]', "steps[1]", "both run and script"),
        ('steps = [{ ssh = "-oProxyCommand=id", run = ["df"] }]', "steps[1].ssh", "would be an option of ssh"),
        ('steps = [{ ssh = "web", run = ["df"], jump = "a b" }]', "steps[1].jump", "with commas between several"),
        ('steps = [{ ssh = "web", run = ["df"], port = 70000 }]', "steps[1].port", "from 1 to 65535"),
        ('steps = [{ ssh = "web", run = ["df"], config = "c" }]', "steps[1].config", "whole path"),
        ('steps = [{ ssh = "web", run = [""] }]', "steps[1].run", "must begin with a program"),
        ('steps = [{ ssh = "web", run = ["sh", "-c", "rm {x}"] }]', "steps[1].run", "hand it over in env"),
        ('steps = [{ script = "df {x}" }]\nparams.x = {}', "steps[1].script", 'write "$x"'),
        ('steps = [{ script = "df", interpreter = "vi" }]', "steps[1].interpreter", "others: run ="),
        ('steps = [{ run = ["df"], timeout = 0 }]', "steps[1].timeout", "more than 0"),
        ('steps = [{ run = ["df"], when = "x =" }]', "steps[1].when", "at character 3"),
        ('steps = [{ run = ["df"], when = "x == \'a\'" }]', "steps[1].when", "nothing gives it a value"),
        ('steps = [{ run = ["df"], retries = 2 }]', "steps[1].retries", "idempotent = true"),
        ('steps = [{ run = ["df"], retries = 200, idempotent = true }]', "steps[1].retries", "from 0 to 100"),
        ('steps = [{ run = ["df"], keep = true }]', "steps[1].keep", "background = true"),
        ('steps = [{ run = ["df"], background = true, timeout = "2s" }]', "steps[1].timeout", "does not wait for its end"),
        ('steps = [{ run = ["df"], capture.x = { pattern = "a" } }]', "steps[1].capture.x", "either regex or json"),
        ('steps = [{ run = ["df"], capture.x = { regex = "a" } }]', "steps[1].capture.x.pattern", "is missing"),
        ('steps = [{ run = ["df"], capture.x = { regex = "(", pattern = "a" } }]', "steps[1].capture.x", "no"),
        ('steps = [{ run = ["df", "{x}"] }, { run = ["df"], capture.x = { json = "a", pattern = "a" } }]', "steps[1]", "step 2"),
        (
            'steps = [{ run = ["df"], capture.x = { json = "a", pattern = "a" } }]\nparams.x = {}',
            "steps[1].capture.x",
            "a parameter, too",
        ),
        ('steps = [{ run = ["df"], undo = { run = [] } }]', "steps[1].undo.run", "must begin with a program"),
        ('steps = [{ run = ["df"], undo = { run = ["df"], retries = 1 } }]', "steps[1].undo", "no more than"),
        ('steps = [{ http = "https://example.com", background = true }]', "steps[1].background", "only a program"),
        ('steps = [{ manual = "x", timeout = "2s" }]', "steps[1].timeout", "waits for a person"),
        ('steps = [{ ask = "x" }]', "steps[1].into", "is missing"),
        ('steps = [{ ask = "x", into = "a b" }]', "steps[1].into", "cannot stand in braces"),
        ('steps = [{ ask = "x", into = "a", kind = "choice" }]', "steps[1].kind", "a step that picks does"),
        ('steps = [{ pick = "x", into = "a" }]', "steps[1].choices", "either choices or choices_from"),
        (
            'steps = [{ ask = "?", into = "pw", kind = "secret" }, { run = ["x", "{pw}"] }]',
            "steps[2].run[2]",
            "everybody could read it",
        ),
        (
            'steps = [{ ask = "?", into = "pw", kind = "secret" }, { run = ["x"], when = "pw == \'a\'" }]',
            "steps[2].when",
            "a secret",
        ),
        ('steps = [{ interactive = ["vi x"] }]', "steps[1].interactive", '"vi", "x"'),
        ('target = "{x}"\nsteps = [{ run = ["df"], capture.x = { json = "a", pattern = "a" } }]', "target", "only a step"),
        ('steps = [{ run = ["df"], timout = "3s" }]', "steps[1].timout", "did you mean timeout?"),
        ('steps = [{ run = ["sh", "-c", "rm {x}"] }]', "steps[1].run", "hand it over in env"),
        ('steps = [{ run = ["df", "{x"] }]', "steps[1].run[2]", "lone {"),
        ('title = "a } b"', "title", "lone }"),
        ('key = "1"', "key", "single letter"),
        ('confirm = "maybe"', "confirm", "one of yes, type"),
        ("parallel = 0", "parallel", "from 1 to 50"),
        ('changes = ""', "changes", "leave it out"),
        ('timeout = "0s"', "timeout", "more than 0"),
        ('params.a = { from = "lable:x" }', "params.a.from", "label:NAME"),
        ('params.a = { pattern = "(" }', "params.a.pattern", "no regular expression"),
        ('params.a = { pattern = "[a-z]+", default = "A" }', "params.a.default", "does not match"),
        ('params."a b" = {}', "params.a b", "cannot stand in braces"),
        ('params.a = { ask = { kind = "choice" } }', "params.a.ask", "either choices or choices_from"),
        (
            'params.a = { ask = { kind = "tick" } }',
            "params.a.ask.kind",
            "kind must be one of text, number, choice, yes/no, secret, not 'tick'",
        ),
        ('params.a = { ask = { choices = ["x"] } }', "params.a.ask", 'for kind = "choice"'),
        ("params.a = { ask = { min = 1 } }", "params.a.ask", 'for kind = "number"'),
        ('params.a = { ask = { kind = "number", min = 2, max = 1 } }', "params.a.ask", "no number would do"),
        ('params.a = { ask = { kind = "number", max = 1 }, default = "2" }', "params.a.default", "1 is the most"),
        ('params.a = { ask = { kind = "secret" }, default = "x" }', "params.a.default", "for everybody"),
        ('params.a = { ask = { kind = "secret" }, from = "label:a" }', "params.a.from", "only asked for"),
        ('params.a = { ask = { kind = "secret" } }\ntarget = "{a}"', "target", "which is a secret"),
        (
            'steps = [{ run = ["x", "{a}"] }]\nparams.a = { ask = { kind = "secret" } }',
            "steps[1].run[2]",
            "everybody could read it",
        ),
    ],
)
def test_a_runbook_that_cannot_work_says_why(tmp_path: Path, keys: str, key: str, words: str) -> None:
    steps = "" if "steps = [" in keys else 'steps = [{ run = ["df"] }]\n'
    problem = problems(tmp_path, f"[runbooks.x]\n{steps}{keys}\n")[f"runbooks.x.{key}"]
    assert words in f"{problem.what} ({problem.hint})"


def test_what_names_nobody_cannot_say_who_may_run_it(tmp_path: Path) -> None:
    found = problems(tmp_path, '[runbooks.x]\nsteps = [{ run = ["df"] }]\nallow = ["oncall", "roster:"]\ndeny = ["group:ops"]\n')
    assert "allow cannot hold 'roster:': it names nobody" in found["runbooks.x.allow[2]"].what
    assert found["runbooks.x.deny[1]"].hint == "write oncall, roster:NAME, level:1 or a person's name"


def test_two_people_need_a_place_to_meet_and_something_that_changes(tmp_path: Path) -> None:
    book = '[runbooks.x]\nsteps = [{ run = ["df"] }]\napprove = "other"\n'
    assert "there is none" in problems(tmp_path, book + 'changes = "x"\n')["runbooks.x.approve"].what
    assert "changes the world" in problems(tmp_path, 'approvals = "/run/cockpit"\n' + book)["runbooks.x.approve"].what
    found = problems(tmp_path, 'approvals = "/run/cockpit"\n' + book + 'changes = "x"\napprove_within = "0s"\n')
    assert found["runbooks.x.approve_within"].what == "approve_within must be more than 0"


def test_what_is_waited_for_is_a_trap_that_is_there(tmp_path: Path) -> None:
    trap = '[traps.root-disk]\nprobe = "disk"\npath = "/"\ntrip = "used_percent > 92"\n'
    book = '[runbooks.x]\nsteps = [{{ wait = "armed", trap = "{}"{} }}]\nparams.t = {{ default = "a" }}\n'
    problem = problems(tmp_path, trap + book.format("root-dsk", ""))["runbooks.x.steps[1].trap"]
    assert "waits for the trap 'root-dsk', and there is none" in problem.what
    assert problem.hint == "did you mean root-disk?"
    assert "source = " in problems(tmp_path, book.format("up", ""))["runbooks.x.steps[1].trap"].hint
    for named, at in (("root-disk", ""), ("{t}", ""), ("up", ', source = "prom"')):
        assert problems(tmp_path, trap + book.format(named, at)) == {}, named


def test_two_runbooks_cannot_have_one_letter(tmp_path: Path) -> None:
    text = '[runbooks.{}]\nkey = "f"\nsteps = [{{ run = ["df"] }}]\n'
    assert "that of the runbook 'a'" in problems(tmp_path, text.format("a") + text.format("b"))["runbooks.b.key"].what


@pytest.mark.parametrize(
    ("layer", "key", "words"),
    [
        ('people = ["zed"]\nstart = 2026-11-02T09:00:00\nturn = "1 week"', "layers[1].people[1]", "nobody in [people]"),
        ('people = []\nstart = 2026-11-02T09:00:00\nturn = "1 week"', "layers[1].people", "at least one"),
        ('people = ["ana"]\nstart = 2026-11-02T09:00:00Z\nturn = "1 week"', "layers[1].start", "write 2026-11-02T09:00:00"),
        ('people = ["ana"]\nstart = 2026-11-02\nturn = "1 week"', "layers[1].start", "a date and time like"),
        ('people = ["ana"]\nstart = 2026-11-02T09:00:00\nturn = "1 weak"', "layers[1].turn", "1 week"),
        (
            'people = ["ana"]\nstart = 2026-11-02T09:00:00\nend = 2026-11-01T09:00:00\nturn = "1 week"',
            "layers[1].end",
            "later than start",
        ),
    ],
)
def test_a_roster_that_cannot_turn_says_why(tmp_path: Path, layer: str, key: str, words: str) -> None:
    text = f'[people.ana]\n[rosters.primary]\ntimezone = "UTC"\n[[rosters.primary.layers]]\n{layer}\n'
    problem = problems(tmp_path, text)[f"rosters.primary.{key}"]
    assert words in f"{problem.what} ({problem.hint})"


@pytest.mark.parametrize("kind", ["people", "holidays", "rosters", "sources", "traps", "runbooks"])
def test_named_tables_need_names_that_can_be_typed(tmp_path: Path, kind: str) -> None:
    assert "cannot be a name" in problems(tmp_path, f'[{kind}."a b"]\n')[f"{kind}.a b"].what
    assert "tables with names" in problems(tmp_path, f"{kind} = 3\n")[kind].what


def test_what_a_file_brings_into_a_message_cannot_drive_the_terminal(tmp_path: Path) -> None:  # safety 1, 5
    found = problems(tmp_path, '"\\u001b[2J" = 1\n[traps."\\u009b31m"]\nprobe = "\\u001b]0;x\\u0007"\n')
    assert found
    assert all(char.isprintable() for problem in found.values() for char in str(problem))


def test_texts_for_people_are_cleaned_and_commands_are_left_as_they_are(tmp_path: Path) -> None:  # safety 1
    text = '[runbooks.x]\ntitle = "a\\u001b[31mb"\nsteps = [{ run = ["printf", "\\u001b[31m"] }]\n'
    config = loaded(write(tmp_path / "config.toml", text))
    assert "\x1b" not in config.runbooks["x"].title
    assert program(config.runbooks["x"].steps[0]).argv[1] == "\x1b[31m"


def test_the_probe_and_the_provider_are_imported_only_if_they_are_named(tmp_path: Path) -> None:
    from cockpit.config.load import load

    asked: list[str] = []

    def provider_of(name: str) -> type:
        asked.append(name)
        raise AssertionError

    load(
        write(tmp_path / "config.toml", 'title = "x"'),
        env={},
        probe_of=provider_of,
        provider_of=provider_of,
        theme_names=["night-shift"],
    )
    assert asked == []


def test_what_the_key_table_says_of_keys_is_placed_at_the_key(tmp_path: Path) -> None:
    from cockpit.config.load import load

    path = write(tmp_path / "config.toml", '[keys]\nack = "a"\nnope = "x"\n')
    with pytest.raises(ConfigError) as caught:
        load(
            path, env={}, probe_of=lambda _: object, provider_of=lambda _: object, theme_names=["night-shift"],
            key_problems=lambda keys: [("nope", "there is no such key")] if "nope" in keys else [],
        )  # fmt: skip
    assert [(p.line, p.key) for p in caught.value.problems] == [(3, "keys.nope")]


def test_a_trap_that_can_never_say_anything_is_a_mistake(tmp_path: Path) -> None:
    fault = problems(tmp_path, '[traps.load]\nprobe = "load"\n')["traps.load"]
    assert "never warn or trip" in fault.what
    assert "per_cpu" in fault.hint


@pytest.mark.parametrize("provider", ["alertmanager", "prometheus"])
@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("file:///etc/passwd", "must begin with http"),
        ("am.example:9093", "must begin with http"),
        ("http://ana:hunter2@am.example", "must not hold a password"),
        ("http://am.example:990093", "cannot be read"),
    ],
)
def test_an_address_that_cannot_be_asked_is_found_before_anything_is(tmp_path: Path, provider: str, url: str, says: str) -> None:
    (problem,) = problems(tmp_path, f'[sources.am]\nprovider = "{provider}"\nurl = "{url}"\n').values()
    assert says in str(problem)
    assert "hunter2" not in str(problem)


def test_a_member_of_a_cluster_counts_once(tmp_path: Path) -> None:
    urls = '["http://am.example:9093", "http://am.example:9093/"]'
    (problem,) = problems(tmp_path, f'[sources.am]\nprovider = "alertmanager"\nurls = {urls}\n').values()
    assert "twice" in str(problem)


def test_a_prometheus_knows_the_watchdogs_of_the_alertmanagers() -> None:
    sources = {
        "am": SourceConfig(name="am", provider="alertmanager", settings={"watchdog": "Watchdog"}),
        "prom": SourceConfig(name="prom", provider="prometheus", settings={"url": "http://p", "watchdogs": ["Own"]}),
        "pd": SourceConfig(name="pd", provider="pagerduty"),
    }
    found = with_watchdogs(sources)
    assert found["prom"].settings == {"url": "http://p", "watchdogs": ["Own", "Watchdog"]}
    assert (found["am"], found["pd"]) == (sources["am"], sources["pd"])


@pytest.mark.parametrize(
    ("beat", "what"),
    [
        ("hc.example.com/x", "neither an address nor a reference"),
        ("https://", "cannot be asked"),
        ("https://ana:hunter2@hc.example.com/", "must not hold a password"),
        ("env:", "neither an address nor a reference"),
    ],
)
def test_a_beat_that_cannot_be_sent_is_told(tmp_path: Path, beat: str, what: str) -> None:
    problem = problems(tmp_path, f'[watch]\nbeat = "{beat}"\n')["watch.beat"]
    assert what in problem.what
    assert "hunter2" not in str(problem)
    assert problem.line == 2
