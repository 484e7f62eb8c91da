"""A shell that is recorded at a real terminal, and the runbook that comes of it, which is then run."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from support.home import COCKPIT, Home
from support.pty import Pty
from support.real import need
from support.watched import Watched

PROMPT = "ready> "


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    made = Watched(tmp_path)
    for name in (".bashrc", ".zshrc"):
        (tmp_path / name).write_text(f"PS1='{PROMPT}'\nalias greet='echo hello'\n")
    fish = tmp_path / ".config" / "fish"
    fish.mkdir(parents=True)
    (fish / "config.fish").write_text(f"function fish_prompt; echo -n '{PROMPT}'; end\nset -g fish_greeting\n")
    return made


def recording(home: Home, shell: str, name: str = "mend", *more: str, columns: int = 120, lines: int = 40) -> Pty:
    """A terminal with the shell of that name in it, being recorded; it has given its prompt."""
    env: dict[str, str | None] = {**home.env, "SHELL": need(shell)[0], "LANG": "C.UTF-8", "ZDOTDIR": None}
    terminal = Pty([*COCKPIT, "run", "--record", name, *more], env=env, cwd=home.path, columns=columns, lines=lines)
    terminal.wait_for(PROMPT)
    return terminal


def typed(terminal: Pty, line: str) -> None:
    """Type a command and wait until the shell is ready for the next."""
    before = terminal.raw.count(PROMPT.encode())
    terminal.send(line + "\r")
    terminal.wait_until(lambda: terminal.raw.count(PROMPT.encode()) > before, what=f"the prompt after {line!r}")
    terminal.wait_quiet(0.1)


def runbook(home: Home, name: str = "mend") -> str:
    return (home.config_dir / "runbooks" / f"{name}.md").read_text("utf-8")


def test_what_is_typed_becomes_a_runbook_that_is_read_and_run(watched: Watched) -> None:
    watched.run("beat", "nightly")
    watched.empty()
    with recording(watched, "bash", "mend", "--alert", "backup") as terminal:
        for line in ("greet there", "cat nothing", f"cd {watched.path}", " echo unseen", "echo again >backup", "ls -l"):
            typed(terminal, line)
        terminal.send("read -rs -p 'Password: ' x\r")
        terminal.wait_for("Password: ")
        terminal.send("geheimnis\r")
        typed(terminal, "")
        terminal.send("exit\r")
        assert terminal.wait_exit() == 0
        assert terminal.termios_now == terminal.termios_before
        assert "Written: " in terminal.text
        assert "cockpit run mend --alert local/backup --dry-run" in " ".join(terminal.text.split())
    text = runbook(watched)
    assert "geheimnis" not in text
    assert "unseen" not in text
    assert "echo hello there" in text, "the alias is spelt out"
    assert "# status 1: cat nothing" in text
    assert "match: 'trap=backup'" in text
    watched.backup.write_text("")
    refused = watched.run("run", "mend", "--alert", "backup")
    assert (refused.returncode, "add --yes" in refused.stderr) == (2, True), refused
    with Pty([*COCKPIT, "run", "mend", "--alert", "backup", "--yes"], env=watched.env, cwd=watched.path, columns=200) as terminal:
        terminal.wait_for("Enter, once it is done")  # what needed the screen is a box, at which the run waits
        terminal.send("\r")
        assert terminal.wait_exit() == 0, terminal.text
        assert "hello there" in terminal.text
    assert watched.backup.read_text() == "again\n"
    assert [(each["runbook"], each["helped"]) for each in watched.json("runs", "--alert", "backup")] == [("mend", "helped")]
    told = json.loads(watched.run("report", "--json").stdout)["toil"]
    assert {each["kind"] for each in told} == {"runbook", "step", "command"}, "a tick in a run is counted once"
    assert "geheimnis" not in str(told)


def test_a_secret_in_a_command_is_asked_for_when_it_is_run_and_kept_nowhere(watched: Watched) -> None:
    with recording(watched, "bash") as terminal:
        typed(terminal, "API_TOKEN=geheimnis sh -c 'echo long: ${#API_TOKEN}'")
        terminal.send("exit\r")
        assert terminal.wait_exit() == 0
    assert "geheimnis" not in runbook(watched)
    with Pty([*COCKPIT, "run", "mend", "--yes"], env=watched.env, cwd=watched.path, columns=200) as terminal:
        terminal.wait_for("what stood where *** is")
        terminal.wait_for("(not shown)")
        terminal.send("verborgen\r")
        assert terminal.wait_exit() == 0, terminal.text
        assert "long: 9" in terminal.text
        assert b"verborgen" not in terminal.raw
    state = [path for path in watched.state.rglob("*") if path.is_file()]
    assert all(word not in path.read_bytes() for path in state for word in (b"verborgen", b"geheimnis"))


def test_nothing_that_is_there_is_overwritten(watched: Watched) -> None:
    folder = watched.config_dir / "runbooks"
    folder.mkdir()
    (folder / "mend.md").write_text("mine")
    done = watched.run("run", "--record", "mend")
    assert (done.returncode, "never overwritten" in done.stderr) == (2, True)
    with recording(watched, "bash", "other") as terminal:
        typed(terminal, "echo one")
        (folder / "other.md").write_text("somebody was faster")
        terminal.send("exit\r")
        assert terminal.wait_exit() == 0
    assert runbook(watched, "mend") == "mine"
    assert runbook(watched, "other") == "somebody was faster"
    assert "echo one" in runbook(watched, "other-2")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_tells_what_is_typed_with_its_status_directory_and_length(watched: Watched, shell: str) -> None:
    with recording(watched, shell) as terminal:
        for line in ("echo one | tr a-z A-Z", " echo unseen", "false", "cd /", "echo 'a", "b'", "sleep 1.2", "sleep 1.2"):
            if line == "echo 'a":
                terminal.send(line + "\r")
                terminal.wait_quiet(0.2)
            else:
                typed(terminal, line)
        terminal.send("exit\r")
        assert terminal.wait_exit() == 0
    text, language = runbook(watched), "sh" if shell == "fish" else shell
    assert f"```{language} cwd={watched.path}\necho one | tr a-z A-Z\n```" in text
    assert f"```{language} cwd=/\necho 'a\nb'\n```" in text
    assert text.count("Took 1 s, exit status 0.") == 2, "the same again is typed again"
    assert "# status 1: false" in text
    assert "unseen" not in text
    shown = watched.run("runbooks", "--json")
    assert '"mend"' in shown.stdout


def test_job_control_and_programs_on_the_full_screen_are_as_always(watched: Watched) -> None:
    (pager,) = need("less")
    (watched.path / "long").write_text("".join(f"line {n}\n" for n in range(200)))
    with recording(watched, "bash", columns=80, lines=24) as terminal:
        terminal.send("sleep 300\r")
        terminal.wait_quiet(0.2)
        terminal.send("\x1a")
        terminal.wait_for("Stopped")
        typed(terminal, "kill %1; wait")
        terminal.send(f"{pager} long\r")
        terminal.wait_for("line 20")
        terminal.wait_quiet(0.3)  # it is at its prompt: a pager that is still beginning may miss a change of the window
        terminal.resize(100, 30)
        terminal.wait_for("line 27")
        terminal.send("q")
        typed(terminal, "")
        typed(terminal, "stty size")
        assert "30 100" in terminal.text
        terminal.send("exit\r")
        assert terminal.wait_exit() == 0
        assert terminal.termios_now == terminal.termios_before
    assert "- [ ] by hand, for it needs the screen" in runbook(watched)


def test_a_shell_that_is_killed_leaves_the_terminal_and_what_was_typed(watched: Watched) -> None:
    with recording(watched, "bash") as terminal:
        typed(terminal, "echo one")
        terminal.send("stty -echo raw; kill -9 $$\r")
        assert terminal.wait_exit() == 0
        assert terminal.termios_now == terminal.termios_before
    assert "echo one" in runbook(watched)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_asked_to_end_it_keeps_what_was_typed(watched: Watched, number: signal.Signals) -> None:
    with recording(watched, "bash") as terminal:
        typed(terminal, "echo one")
        terminal.signal(number)
        assert terminal.wait_exit() == 128 + number
        assert terminal.termios_now == terminal.termios_before
    assert "echo one" in runbook(watched)
    assert not list(watched.state.glob("recording-*"))


def test_what_cannot_be_recorded_says_why(watched: Watched) -> None:
    refused: tuple[tuple[tuple[str, ...], str, str], ...] = (
        (("run", "--record", "a/b"), "", "cannot be a runbook's name"),
        (("run", "--record", "make"), "", "there is a runbook make already"),
        (("run", "--record", "mend", "--read-only"), "", "read-only is on"),
        (("run", "make", "--record", "mend"), "", "takes no runbook"),
        (("run", "--record", "mend"), "", "at a terminal"),
        (("run", "--record", "mend"), "other", "recorded already"),
        (("run",), "", "name the runbook"),
    )
    for words, recorded, said in refused:
        done = watched.run(*words, COCKPIT_RECORDING=recorded)
        assert done.returncode != 0
        assert said in done.stderr, (words, done)
    with Pty([*COCKPIT, "run", "--record", "mend"], env={**watched.env, "SHELL": "/bin/tcsh"}, cwd=watched.path) as terminal:
        assert terminal.wait_exit() == 2
        assert "tcsh tells nobody what is typed into it" in terminal.text.replace("\n", " ")
    assert not (watched.config_dir / "runbooks").exists()
