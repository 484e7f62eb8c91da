"""Overrides that the cockpit writes down: in a file of its own, whole or not at all, one writer after the other."""

from __future__ import annotations

import fcntl
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cockpit.config import write as writing
from cockpit.config.overriding import Gone, add, end
from cockpit.config.reread import Reread
from cockpit.config.write import WriteError, change_dropin, read_dropin
from cockpit.core.covers import Cover
from support.configs import loaded, write

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def main(tmp_path: Path) -> Path:
    return write(tmp_path / "config.toml", '[people.ana]\n[people.bo]\n[rosters.primary]\ntimezone = "Europe/Berlin"\n')


def test_what_lasts_less_than_a_second_keeps_no_config_from_being_read(main: Path) -> None:
    tenth = timedelta(seconds=0.1)
    (hasty,) = add(main, "primary", [Cover("bo", NOW + tenth, NOW + HOUR)], "Ana", "", NOW + tenth)
    assert end(main, hasty, NOW + 5 * tenth).start == NOW
    assert loaded(main).rosters["primary"].overrides == ()
    add(main, "primary", [Cover("bo", NOW + tenth, NOW + 2 * tenth)], "Ana", "", NOW)
    (short,) = loaded(main).rosters["primary"].overrides
    assert (short.start, short.end) == (NOW, NOW + timedelta(seconds=1))


def test_what_is_written_is_read_as_it_was_meant(main: Path) -> None:
    (first,) = add(main, "primary", [Cover("bo", NOW.replace(microsecond=7), NOW + HOUR)], "Ana", 'a "dentist"', NOW)
    pair = add(main, "primary", [Cover("bo", NOW, NOW + HOUR), Cover("ana", NOW + 9 * HOUR, NOW + 10 * HOUR)], "Ana", "", NOW)
    found = loaded(main).rosters["primary"].overrides
    assert [each.id for each in found] == [first, *pair]
    assert (found[0].person, found[0].start, found[0].end, found[0].why, found[0].by) == (
        "bo",
        NOW,
        NOW + HOUR,
        'a "dentist"',
        "Ana",
    )
    assert found[0].together == ""
    assert found[1].together == found[2].together != ""
    assert main.read_text() == '[people.ana]\n[people.bo]\n[rosters.primary]\ntimezone = "Europe/Berlin"\n'
    file = main.parent / "conf.d/50-cockpit-overrides.toml"
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)  # safety 21


def test_one_that_runs_ends_now_and_one_that_has_not_begun_goes(main: Path) -> None:
    runs, waits = add(
        main, "primary", [Cover("bo", NOW - HOUR, NOW + HOUR), Cover("bo", NOW + HOUR, NOW + 2 * HOUR)], "Ana", "", NOW
    )
    assert end(main, runs, NOW).end == NOW + HOUR
    end(main, waits, NOW)
    (left,) = loaded(main).rosters["primary"].overrides
    assert (left.id, left.end) == (runs, NOW), "that Bo had it until now stays true"
    for gone in (runs, waits, "o-nothing"):
        with pytest.raises(Gone):
            end(main, gone, NOW)


@pytest.mark.parametrize("key", ["start", "end"])
def test_one_whose_times_were_written_by_hand_is_refused_with_its_place_and_nothing_is_lost(main: Path, key: str) -> None:
    first, second = (add(main, "primary", [Cover("bo", NOW - HOUR, NOW + hours * HOUR)], "Ana", "", NOW)[0] for hours in (1, 2))
    file = main.parent / "conf.d/50-cockpit-overrides.toml"
    lines = file.read_text().splitlines()
    place = [number for number, line in enumerate(lines) if line.startswith(key)][1]
    lines[place] = lines[place].replace("+00:00", "").replace("Z", "")
    file.write_text("\n".join(lines))
    before = file.read_bytes()
    with pytest.raises(WriteError, match=rf"50-cockpit-overrides\.toml: rosters\.primary\.overrides\[1\]\.{key} has no offset"):
        end(main, second, NOW)
    assert file.read_bytes() == before
    assert end(main, first, NOW).end == NOW + HOUR, "it keeps nobody from ending another"
    assert file.read_text().count(second) == 1
    assert lines[place] in file.read_text().splitlines()


def test_what_is_long_over_is_left_out_and_an_empty_file_goes_away(main: Path) -> None:
    add(main, "primary", [Cover("bo", NOW - 900 * 24 * HOUR, NOW - 890 * 24 * HOUR)], "Ana", "", NOW - 900 * 24 * HOUR)
    (kept,) = add(main, "primary", [Cover("bo", NOW + HOUR, NOW + 2 * HOUR)], "Ana", "", NOW)
    assert [each.id for each in loaded(main).rosters["primary"].overrides] == [kept]
    end(main, kept, NOW)
    assert not (main.parent / "conf.d/50-cockpit-overrides.toml").exists()


def test_two_that_write_at_once_lose_nothing(main: Path) -> None:  # safety 25
    def add_many(name: str) -> None:
        for _ in range(10):
            add(main, "primary", [Cover(name, NOW, NOW + HOUR)], name, "", NOW)

    with ThreadPoolExecutor(2) as writers:  # each with a handle of its own on the folder, as two processes have
        list(writers.map(add_many, ("ana", "bo")))
    found = [each.person for each in loaded(main).rosters["primary"].overrides]
    assert (found.count("ana"), found.count("bo")) == (10, 10)


def test_who_waits_too_long_for_another_writer_writes_nothing_and_says_so(main: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "PATIENCE", 0.1)
    add(main, "primary", [Cover("bo", NOW, NOW + HOUR)], "Ana", "", NOW)
    other = os.open(main.parent / "conf.d", os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(other, fcntl.LOCK_EX)
    with pytest.raises(WriteError, match="nothing was written"):
        add(main, "primary", [Cover("ana", NOW, NOW + HOUR)], "Ana", "", NOW)
    os.close(other)
    assert [each.person for each in loaded(main).rosters["primary"].overrides] == ["bo"]


def test_a_change_that_fails_leaves_the_file_as_it_was(main: Path) -> None:
    add(main, "primary", [Cover("bo", NOW, NOW + HOUR)], "Ana", "", NOW)
    before = read_dropin(main, "overrides")

    def breaks(tables: dict[str, object]) -> None:
        tables.clear()
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        change_dropin(main, "overrides", breaks)
    assert read_dropin(main, "overrides") == before


def test_a_changed_drop_in_of_ours_is_noticed_and_a_persons_file_is_not(main: Path) -> None:
    files = Reread(main, lambda _: loaded(main))
    assert not files.changed()
    write(main, main.read_text() + "# a comment\n")
    write(main.parent / "conf.d/70-mine.toml", "")
    assert not files.changed()
    add(main, "primary", [Cover("bo", NOW, NOW + HOUR)], "Ana", "", NOW)
    assert files.changed()
    assert len(files.read().rosters["primary"].overrides) == 1
    assert not files.changed()
    write(main, "broken =")
    add(main, "primary", [Cover("ana", NOW, NOW + HOUR)], "Ana", "", NOW)
    with pytest.raises(Exception, match="broken TOML"):
        files.read()
    assert files.changed(), "it is tried again"


def test_what_people_wrote_is_newer_until_the_next_start_and_only_what_says_something_else(main: Path) -> None:
    write(main.parent / "conf.d/70-mine.toml", "")
    files = Reread(main, lambda _: loaded(main))
    before = main.stat()
    os.utime(main, ns=(before.st_atime_ns, before.st_mtime_ns + 10**9))
    assert files.newer() == "", "touched"
    same = write(main.parent / "same", main.read_text())
    same.replace(main)
    assert files.newer() == "", "written again"
    text = main.read_text()
    write(main, 'theme = "day"\n' + text)
    (main.parent / "conf.d/70-mine.toml").unlink()
    assert files.newer() == "config.toml and 1 more"
    add(main, "primary", [Cover("bo", NOW, NOW + HOUR)], "Ana", "", NOW)
    files.read()
    assert files.newer() == "config.toml and 1 more", "the theme is not taken over with an override"
    write(main, text)
    write(main.parent / "conf.d/70-mine.toml", "")
    assert files.newer() == "", "as it was"
    main.unlink()
    assert files.newer() == "config.toml"


def test_a_config_that_can_be_read_but_once_is_left_for_whom_it_is_meant(tmp_path: Path) -> None:
    os.mkfifo(pipe := tmp_path / "config.toml")
    assert Reread(pipe, lambda _: loaded(pipe)).newer() == ""
