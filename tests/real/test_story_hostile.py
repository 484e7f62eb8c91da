"""What programs, logs and file names say is text and nothing else: on a real terminal, and in a runbook's arguments."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from cockpit.core.text import clean
from support.home import COCKPIT, Home
from support.hostile import SAID, only_ours, settle_alike
from support.pty import ENTER, ESC, Pty
from support.stories import CONFIRMS, settled

pytestmark = pytest.mark.real

ARGUMENT = "/srv/$(touch CANARY);touch CANARY`touch CANARY`|touch CANARY 'a' \"b\" \x1b[2J\u202e\n& {path} {{x}} %s \\n *"
"""A trap's path; it becomes a label, and from there an argument."""

CHECK = """
[traps.{name}]
probe = "command"
run = ["{python}", "-c", "import sys; sys.stdout.buffer.write(open(sys.argv[1], 'rb').read()); sys.exit(2)", "{here}/{name}"]
every = "2s"
severity = "error"
"""

REST = """
[traps.named]
probe = "file"
path = "{here}/files/*"
min_bytes = 1
every = "2s"

[traps.quoted]
probe = "log"
path = "{here}/log"
pattern = "evil"
trip = "in_window >= 1"
every = "2s"

[traps.argument]
probe = "file"
path = {argument}
every = "2s"
severity = "critical"
runbooks = ["dump"]

[runbooks.dump]
title = "Dump {{path}}"
changes = "writes what it was given"
steps = [{{ run = ["{python}", "{here}/dump.py", "{{path}}", "{{{{x}}}}"], env = {{ GIVEN = "<{{path}}>" }}, cwd = "{here}" }}]
"""

DUMP = """
import json, os, sys
json.dump([sys.argv[1:], os.environ["GIVEN"]], open("given.json", "w"))
for path in PATHS:
    sys.stdout.buffer.write(open(path, "rb").read() + b"\\n")
"""
"""The runbook's program: it writes down what it was given, and prints all that the checks say."""


class Stage:
    """A home whose checks, logs and file names say ``said``."""

    def __init__(self, here: Path, said: dict[str, str]) -> None:
        self.here, self.said = here, said
        (here / "files").mkdir(parents=True)
        (here / "home").mkdir()
        self.home = Home(here / "home")
        for name, text in said.items():
            (here / name).write_bytes(text.encode())
        (here / "log").touch()
        (here / "files" / said["title"].replace("/", "_")[:60].replace("\0", "")).touch()
        (here / "dump.py").write_text(f"PATHS = {[str(here / name) for name in said]!r}\n{DUMP}")
        checks = "".join(CHECK.format(name=name, here=here, python=sys.executable) for name in said)
        self.home.config(checks + REST.format(here=here, python=sys.executable, argument=json.dumps(ARGUMENT)))

    def screen(self) -> Pty:
        return Pty(COCKPIT, columns=120, lines=40, env={**self.home.env}, cwd=self.here)

    def speak(self) -> None:
        """Write the log, line by line as it was said."""
        with (self.here / "log").open("ab") as log:
            for text in self.said.values():
                log.write(b"evil " + text.encode() + b"\n")


# safety 1, 3, 4, 5, 6, 9
def test_hostile_words_are_shown_as_words_and_run_as_one_argument(tmp_path: Path) -> None:
    hostile = Stage(tmp_path / "a", SAID)
    twin = Stage(tmp_path / "b", {name: clean(text) for name, text in SAID.items()})
    with hostile.screen() as t, twin.screen() as other:
        for stage, screen in ((hostile, t), (twin, other)):
            screen.wait_for("1 armed", 60)
            stage.speak()
        for screen in (t, other):
            screen.wait_for("11 firing", 60)
        for _ in range(11):
            settle_alike(t, other)
            for screen in (t, other):
                screen.send("j")
        t.send("g")
        t.wait_for("Dump")
        t.send("1")
        t.wait_for(CONFIRMS)
        for _ in range(20):
            if t.row_of(CONFIRMS) < 0:
                break
            t.send("y")
            t.wait_quiet(0.5)
        t.wait_for("done, exit 0", 30)
        run = settled(hostile.home, "dump")
        assert run["state"] == "confirmed"
        assert only_ours(t) == b""
        assert t.clipboard == []
        assert t.titles == other.titles
        t.send(ESC)
        t.wait_gone("esc close")
        t.send("R")
        t.wait_for("Runs, times in UTC")
        t.send(ENTER)
        t.wait_for("/ search")
        t.send(ESC)
        t.wait_gone("/ search")
        t.send(ESC)
        t.wait_gone("Runs, times in UTC")
        t.send("q")
        assert t.wait_exit() == 0
        assert only_ours(t) == b""
    given, environment = json.loads((hostile.here / "given.json").read_text())
    assert given == [clean(ARGUMENT), "{x}"], "one argument, exactly; braces inside it are only braces"
    assert environment == f"<{clean(ARGUMENT)}>"
    assert list(tmp_path.rglob("CANARY*")) == []
    assert not Path("CANARY").exists()
    for words in (("traps",), ("alerts",), ("runs",), ("runs", "--output", run["id"]), ("runbooks", "--alert", "argument")):
        printed = hostile.home.run(*words)
        assert re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2066\u200b]", printed.stdout + printed.stderr) == [], words


# safety 6, 7
def test_values_by_hand_are_exact_or_refused_with_the_reason(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "a", {"title": "harmless"})
    value = "$(touch CANARY);`touch CANARY` 'a' \"b\" \\n {path} * ~ ⟨é⟩ \u202e"
    done = stage.home.run("run", "dump", "--yes", f"path={value}")
    assert done.returncode == 0, done.stderr
    given, environment = json.loads((stage.here / "given.json").read_text())
    assert (given, environment) == ([value, "{x}"], f"<{value}>")
    assert "\u202e" not in done.stdout, "what is executed is exact; what is shown is safe"
    for bad, why in (("-rf", "begins with -"), ("a\nb", "line break"), ("\x1b[2J", "control character")):
        refused = stage.home.run("run", "dump", "--yes", f"path={bad}")
        assert refused.returncode != 0
        assert why in refused.stderr
        assert "\x1b" not in refused.stderr
    assert list(tmp_path.rglob("CANARY*")) == []
