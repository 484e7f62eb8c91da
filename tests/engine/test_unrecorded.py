"""What was executed and what was answered stands in the output of a run, and in no recording: the lines are known by who
wrote them, and not by how they look."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import closing
from pathlib import Path

from cockpit.engine.desk import Output
from cockpit.engine.recording import LEFT_OUT
from cockpit.engine.spool import UNRECORDED, Spool, kept
from support.home import COCKPIT, Home
from support.real import wait_until
from support.recordings import unpacked
from support.tmux import tmux

CONFIG = """
[runbooks.fix]
changes = "repairs"
params.what = {}
steps = [
  { run = ["sh", "-c", "echo printed by it; echo '$ looks like one'", "fix", "{what}"] },
  { ask = "Which disk?", into = "disk" },
  { run = ["true", "{disk}"] },
]
"""


def both(spool: Spool, path: Path) -> tuple[Output, Output]:
    """What a screen is given of it, and what whoever reads the file is."""
    spool.close()
    return spool.lines(), kept(path)


def test_the_lines_are_told_by_number_in_memory_and_of_the_file_and_are_shown_like_all_others(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "r1.log"
    spool = Spool(path)
    spool.say("$ mend --key given", unrecorded=True)
    spool.feed(b"unfinished")
    spool.say("$ mend two", unrecorded=True)
    spool.say("ended with status 3")
    for told in both(spool, path):
        assert told.lines == ("$ mend --key given", "unfinished", "$ mend two", "ended with status 3")
        assert told.unrecorded == {0, 2}
    assert kept(path, 2) == Output(("$ mend two", "ended with status 3"), 2, unrecorded=frozenset({2}))


def test_nothing_that_is_printed_passes_for_one(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "r1.log"
    spool = Spool(path)
    spool.feed(f"$ looks like one{UNRECORDED}\r$ so does this\r\n\r\r$ and this\n".encode())
    for told in both(spool, path):
        assert told.unrecorded == frozenset()
        assert [line for line in told.lines if line] == ["$ looks like one⟨U+2060⟩", "$ so does this", "$ and this"]


def test_one_whose_middle_is_cut_knows_those_that_are_left(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "r1.log"
    spool = Spool(path, cap=200)
    spool.say("$ first", unrecorded=True)
    for _ in range(100):
        spool.feed(b"a line that is printed\n")
    spool.say("$ last", unrecorded=True)
    spool.close()
    told = kept(path)
    assert told.truncated
    assert [told.lines[number] for number in sorted(told.unrecorded)] == ["$ first", "$ last"]


def test_a_recording_has_what_was_printed_and_neither_commands_nor_answers(home: Home, tmp_path: Path) -> None:  # safety 22
    home.config(CONFIG)
    path = tmp_path / "a.rec"
    with closing((tmp_path / "log").open("wb")) as log:
        watch = subprocess.Popen((*COCKPIT, "watch", "--record", str(path)), env={**os.environ, **home.env}, stdout=log, stderr=log)
    try:
        wait_until(lambda: path.exists() and path.stat().st_size > 0, 30, "that it records")
        with tmux((*COCKPIT, "run", "fix", "what=given-by-ana", "--yes"), home.env, tmp_path) as screen:
            screen.wait("Which disk?")
            screen.type("answered-by-ana")
            screen.keys("Enter")
            wait_until(lambda: [each["state"] for each in home.json("runs")] == ["confirmed"], 30, "its end")
        (run,) = home.json("runs")
        (file,) = (home.state / "runs").glob("*.log")
        printed = file.read_text()
        assert "given-by-ana" in printed
        assert "answered-by-ana" in printed
        for words in (("runs", "--output", run["id"]), ("runs", "--grep", "given-by-ana"), ("runs", "--grep", "answered")):
            shown = home.run(*words).stdout
            assert "by-ana" in shown, words
            assert "U+2060" not in shown, words
            assert UNRECORDED not in shown, words
        wait_until(lambda: LEFT_OUT.encode() in unpacked(path) and b"confirmed" in unpacked(path), 30, "that it is recorded")
    finally:
        watch.send_signal(signal.SIGTERM)
        watch.wait(30)
    found = unpacked(path)
    assert run["id"].encode() in found
    assert b"printed by it" in found
    assert b"$ looks like one" in found, "a program wrote it"
    assert b"given-by-ana" not in found
    assert b"answered-by-ana" not in found
    assert LEFT_OUT.encode() in found
