"""log: real files, written, rotated in each way, and hostile."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import msgspec
import pytest

from cockpit.config.model import ConfigError
from cockpit.core.traps import TrapState
from cockpit.probes.matching import Matcher
from cockpit.provider import ProbeError
from support.looking import HandClock, Looks, peak_of, probe
from support.real import need


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with three old errors."""
    path = tmp_path / "app.log"
    path.write_text("ERROR old\n" * 3)
    return path


def write(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as opened:
        opened.write(text)


def matches(looked: Looks) -> float:
    return looked.look().values["matches"]


def test_what_was_there_before_does_not_count_and_what_comes_does(log: Path) -> None:
    looked = probe("log", path=str(log), pattern="ERROR", ignore="harmless")
    assert matches(looked) == 0
    write(log, "ERROR one\nfine\nERROR harmless\nERROR two\n")
    reading = looked.look()
    assert (reading.values["matches"], reading.values["lines"]) == (2, 4)
    assert reading.text == "2 matches in 1 m: “ERROR two”"
    assert reading.verdict is None
    assert matches(looked) == 0


def test_the_rate_looks_back_over_the_window(log: Path) -> None:
    clock = HandClock()
    looked = probe("log", path=str(log), pattern="ERROR", window="5m", clock=clock)
    looked.look()
    clock.turn(minutes=2)
    write(log, "ERROR\n" * 20)
    assert looked.look().values["per_minute"] == 10
    clock.turn(minutes=3)
    reading = looked.look()
    assert (reading.values["per_minute"], reading.values["in_window"]) == (4, 20)
    clock.turn(minutes=3)
    assert looked.look().values["per_minute"] == 0


def test_a_line_counts_once_it_has_ended(log: Path) -> None:
    looked = probe("log", path=str(log), pattern="ERROR$")
    looked.look()
    write(log, "ERR")
    assert matches(looked) == 0
    write(log, "OR")
    assert matches(looked) == 0
    write(log, "\n")
    assert matches(looked) == 1


def test_rotation_by_rename_loses_no_line_of_either_file(log: Path) -> None:
    looked = probe("log", path=str(log), pattern="ERROR")
    looked.look()
    write(log, "ERROR last of the old file\n")
    log.rename(log.with_suffix(".1"))
    log.write_text("ERROR first of the new file\n")
    assert matches(looked) == 2
    write(log, "ERROR\n")
    assert matches(looked) == 1


def test_copy_and_truncate_begins_again(log: Path) -> None:
    looked = probe("log", path=str(log), pattern="ERROR")
    looked.look()
    write(log, "ERROR\n" * 5)
    assert matches(looked) == 5
    shutil.copy(log, log.with_suffix(".1"))
    os.truncate(log, 0)
    write(log, "ERROR\n")
    assert matches(looked) == 1


def test_truncated_and_longer_than_before_already_is_still_noticed(log: Path) -> None:
    looked = probe("log", path=str(log), pattern="NEW")
    looked.look()
    os.truncate(log, 0)
    write(log, "NEW line\n" * 50)
    assert matches(looked) == 50


@pytest.mark.real
@pytest.mark.parametrize("way", ["create", "copytruncate"])
def test_logrotate_itself_rotates(log: Path, tmp_path: Path, way: str) -> None:
    (logrotate,) = need("logrotate")
    rules = tmp_path / "rules"
    rules.write_text(
        f"{log} {{\n rotate 3\n {way}\n su root root\n}}\n" if os.geteuid() == 0 else f"{log} {{\n rotate 3\n {way}\n}}\n"
    )
    rules.chmod(0o644)
    tmp_path.chmod(0o755)
    looked = probe("log", path=str(log), pattern="ERROR")
    looked.look()
    total = 0.0
    for _ in range(3):
        write(log, "ERROR before\n" * 4)
        if way == "copytruncate":
            total += matches(looked)
        subprocess.run([logrotate, "--force", "--state", tmp_path / "state", rules], check=True, capture_output=True)
        write(log, "ERROR after\n" * 3)
        total += matches(looked)
    assert total == 21


def test_a_deleted_file_is_let_go_so_that_its_space_is_freed(log: Path) -> None:
    looked = probe("log", path=str(log), pattern="ERROR")
    looked.look()
    write(log, "ERROR said at the end\n")
    held = os.stat(log).st_ino
    log.unlink()
    with pytest.raises(ProbeError, match="there is no"):
        looked.look()
    open_ones = [
        os.stat(f"/proc/self/fd/{fd}").st_ino for fd in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{fd}")
    ]
    assert held not in open_ones
    log.write_text("ERROR in a new file\n")
    reading = looked.look()
    assert (reading.values["matches"], reading.values["in_window"]) == (1, 2)


def test_no_file_is_blindness_unless_it_may_be_missing(tmp_path: Path) -> None:
    path = tmp_path / "later.log"
    with pytest.raises(ProbeError, match="there is no"):
        probe("log", path=str(path), pattern="x").look()
    looked = probe("log", path=str(path), pattern="ERROR", missing_ok=True)
    assert matches(looked) == 0
    write(path, "ERROR from its first line on\n")
    assert matches(looked) == 1


def test_a_pipe_or_a_directory_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(ProbeError, match="not a plain file"):
            probe("log", path=str(path), pattern="x").look()


def test_bytes_that_are_no_text_and_control_characters_are_shown_harmlessly(log: Path) -> None:
    looked = probe("log", path=str(log), pattern="ERROR")
    looked.look()
    with log.open("ab") as opened:
        opened.write(b"ERROR \xff\xfe \x1b]52;c;eA==\x07 \x00\n")
    text = looked.look().text
    assert "ERROR" in text
    assert not any(ord(letter) < 32 for letter in text)


def test_a_flood_is_read_from_16_mib_before_its_end_in_flat_memory(log: Path) -> None:
    looked = probe("log", path=str(log), pattern="ERROR", within="60s")
    looked.look()
    line = b"x" * 99 + b"\n"
    with log.open("ab") as opened:
        for _ in range(400):
            opened.write(line * 1000)
        opened.write(b"ERROR at the end\n")
    reading, peak = peak_of(looked.look)
    assert reading.values["matches"] == 1
    assert reading.values["skipped_bytes"] == 400 * 100_000 + 17 - 16 * 2**20
    assert "passed over" in reading.text
    assert peak < 12_000_000


def test_one_endless_line_is_cut_at_64_kib(log: Path) -> None:
    looked = probe("log", path=str(log), pattern="START|END")
    looked.look()
    with log.open("ab") as opened:
        opened.write(b"START" + b"x" * 12_000_000)
    reading, peak = peak_of(looked.look)
    assert reading.values["lines"] == 0
    assert peak < 6_000_000
    with log.open("ab") as opened:
        opened.write(b"END\nEND\n")
    assert matches(looked) == 2


def test_a_line_that_stalls_the_pattern_blinds_this_look_alone(log: Path) -> None:
    looked = probe("log", path=str(log), pattern="(a+)+$", within="1s")
    looked.look()
    write(log, "a" * 40 + "!\n")
    with pytest.raises(ProbeError, match="avoid repeats within repeats"):
        looked.look()
    write(log, "aaa\n")
    assert matches(looked) == 1


def test_a_stalling_pattern_leaves_the_other_threads_running(log: Path) -> None:
    import threading

    ticks = 0
    done = threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not done.wait(0.01):
            ticks += 1

    other = threading.Thread(target=tick)
    other.start()
    try:
        with pytest.raises(ProbeError):
            Matcher("(a+)+$").pick(["a" * 40 + "!"], 1.0)
    finally:
        done.set()
        other.join()
    assert ticks > 20


def test_a_pattern_without_repeats_needs_no_other_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*args: object, **options: object) -> None:
        raise AssertionError("another process was started")

    monkeypatch.setattr(subprocess, "run", forbidden)
    assert Matcher(r'ERROR|" 50[234] |a\+b', r"(?i)harmless").pick(["ERROR", '" 503 ', "a+b", "error", "ERROR Harmless"], 1) == [
        0,
        1,
        2,
    ]


@pytest.mark.parametrize(
    "texts", [["x=1", "y=12", "x=", "ignore x=3"], ["", "\n", "x=4\ny"], ["nul \0 x=5", "lone \ud800 x=6", "emoji 🙂 x=7"], []]
)
def test_both_ways_of_matching_agree(texts: list[str]) -> None:
    import re

    expected = [at for at, text in enumerate(texts) if re.search(r"x=\d+", text) and not re.search("^ignore.*", text)]
    assert Matcher(r"x=\d+", "^ignore.*").pick(texts, 10) == expected


def test_two_looks_at_once_do_not_count_twice(log: Path) -> None:
    import threading

    looked = probe("log", path=str(log), pattern="(a+)+$", within="3s")
    looked.look()
    write(log, "a" * 40 + "!\n")

    def stall() -> None:
        with pytest.raises(ProbeError, match="took longer"):
            looked.look()

    slow = threading.Thread(target=stall)
    slow.start()
    end = time.monotonic() + 3
    said = ""
    while "has not ended" not in said and time.monotonic() < end:
        try:
            looked.look()
        except ProbeError as error:
            said = str(error)
    slow.join()
    assert "has not ended" in said


def test_what_cannot_be_meant_is_refused() -> None:
    for keys, said in (
        ({"path": "app.log", "pattern": "x"}, "must be absolute"),
        ({"path": "/x", "pattern": ""}, "must not be empty"),
        ({"path": "/x", "pattern": "[a"}, "pattern is not a regular expression: unterminated character set at position 0"),
        ({"path": "/x", "pattern": "x", "ignore": "*"}, "ignore is not a regular expression"),
    ):
        with pytest.raises(ConfigError, match=said):
            probe("log", keys)


def told(looked: Looks, memory: dict[str, str | float]) -> Looks:
    """A probe of another process, told what the last look gave as the journal keeps it."""
    looked.recall(msgspec.json.decode(msgspec.json.encode(memory), type=dict[str, str | float]))  # type: ignore[attr-defined]  # of `log`
    return looked


def test_a_first_look_says_that_it_has_only_begun(log: Path) -> None:
    # safety 17
    reading = probe("log", path=str(log), pattern="ERROR").look()
    assert reading.verdict is TrapState.BLIND
    assert reading.text == f"has only begun to watch {log}: the next look can tell"
    absent = probe("log", path=str(log) + ".none", pattern="ERROR", missing_ok=True).look()
    assert absent.verdict is None, "no file counts as an empty one, which is seen whole"


def test_another_process_goes_on_where_the_last_look_ended(log: Path) -> None:
    def new() -> Looks:
        return probe("log", path=str(log), pattern="ERROR", clock=clock)

    clock = HandClock()
    first = new().look()
    write(log, "ERROR\n" * 20 + "ERR")
    clock.turn(minutes=2)
    second = told(new(), first.memory).look()
    assert (second.values["matches"], second.values["per_minute"], second.verdict) == (20, 10, None)
    write(log, "OR\n")
    clock.turn(minutes=1)
    third = told(new(), second.memory).look()
    assert (third.values["matches"], third.values["in_window"]) == (1, 21)
    clock.turn(minutes=6)
    assert told(new(), third.memory).look().values["in_window"] == 0


@pytest.mark.parametrize("way", ["renamed", "truncated", "deleted"])
def test_another_process_goes_on_through_a_rotation(log: Path, way: str) -> None:
    first = probe("log", path=str(log), pattern="ERROR").look()
    write(log, "ERROR last of the old file\n")
    if way == "renamed":
        log.rename(log.with_name(log.name + ".1"))
    elif way == "truncated":
        os.truncate(log, 0)
    else:
        log.unlink()
    write(log, "ERROR first of the new file\n")
    again = told(probe("log", path=str(log), pattern="ERROR"), first.memory)
    assert matches(again) == (2 if way == "renamed" else 1)
    write(log, "ERROR\n")
    assert matches(again) == 1


def test_what_came_in_a_day_between_two_looks_is_no_storm(log: Path) -> None:
    clock = HandClock()
    first = probe("log", path=str(log), pattern="ERROR", clock=clock).look()
    write(log, "ERROR\n" * 24)
    clock.turn(hours=24)
    reading = told(probe("log", path=str(log), pattern="ERROR", clock=clock), first.memory).look()
    assert reading.values["per_minute"] < 0.1
    assert reading.text.startswith("24 matches in 1 d")
    assert len(str(reading.memory)) < 4000


def test_a_memory_of_another_file_or_version_is_passed_over(log: Path) -> None:
    first = probe("log", path=str(log), pattern="ERROR").look().memory
    wrongs: list[dict[str, str | float]] = [
        {**first, "path": "/other"},
        {"path": str(log)},
        {**first, "seen": "x"},
        {**first, "at": "?"},
    ]
    for wrong in wrongs:
        assert told(probe("log", path=str(log), pattern="ERROR"), wrong).look().verdict is TrapState.BLIND
