"""What the cockpit writes itself: whole or not at all, for its owner alone, and never over a person's file."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path

import pytest

from cockpit.config.model import ConfigError
from cockpit.config.write import WriteError, dropin_path, read_dropin, write_dropin, write_new


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def _careless_umask() -> object:
    before = os.umask(0)
    yield
    os.umask(before)


def test_a_drop_in_is_written_read_back_replaced_and_taken_away(tmp_path: Path) -> None:
    main = tmp_path / "cockpit/config.toml"
    tables = {"traps": {"x": {"probe": "disk", "path": 'a "quoted"\npath'}}}
    path = write_dropin(main, "traps", tables)
    assert path == tmp_path / "cockpit/conf.d/50-cockpit-traps.toml"
    assert read_dropin(main, "traps") == tables == tomllib.loads(path.read_text())
    write_dropin(main, "traps", {"traps": {}})
    assert read_dropin(main, "traps") == {"traps": {}}
    write_dropin(main, "traps", {})
    assert not path.exists()
    assert read_dropin(main, "traps") == {}


def test_files_and_directories_are_the_owners_alone_whatever_the_umask(tmp_path: Path) -> None:  # safety 21
    path = write_dropin(tmp_path / "a/b/config.toml", "traps", {"traps": {}})
    write_new(tmp_path / "a/b/config.toml", "")
    assert [mode(p) for p in (path, path.parent, path.parent.parent, tmp_path / "a/b/config.toml")] == [0o600, 0o700, 0o700, 0o600]


def test_nothing_else_is_left_in_the_directory(tmp_path: Path) -> None:
    write_dropin(tmp_path / "config.toml", "traps", {"traps": {}})
    write_new(tmp_path / "config.toml", "")
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["50-cockpit-traps.toml", "conf.d", "config.toml"]


def test_a_link_in_the_way_is_refused_and_what_it_leads_to_stays(tmp_path: Path) -> None:  # safety 21
    main, target = tmp_path / "config.toml", tmp_path / "precious"
    target.write_text("precious")
    path = dropin_path(main, "traps")
    path.parent.mkdir(mode=0o700)
    path.symlink_to(target)
    choices: tuple[dict[str, object], ...] = ({"traps": {}}, {})
    for tables in choices:
        with pytest.raises(WriteError, match="symbolic link"):
            write_dropin(main, "traps", tables)
    assert target.read_text() == "precious"


def test_a_drop_in_that_cannot_be_taken_away_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # safety 24
    main = tmp_path / "config.toml"
    write_dropin(main, "overrides", {"rosters": {}})

    def locked(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as denied:
        denied.setattr(Path, "unlink", locked)
        with pytest.raises(WriteError, match=r"cannot be removed: Permission denied"):
            write_dropin(main, "overrides", {})
    assert read_dropin(main, "overrides") == {"rosters": {}}


def test_a_directory_that_anyone_may_write_to_is_refused(tmp_path: Path) -> None:  # safety 21
    directory = tmp_path / "conf.d"
    directory.mkdir()
    directory.chmod(0o777)
    with pytest.raises(WriteError, match="chmod o-w"):
        write_dropin(tmp_path / "config.toml", "traps", {"traps": {}})


def test_init_never_writes_over_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("mine")
    with pytest.raises(WriteError, match="left as it is: mv "):
        write_new(path, "theirs")
    dangling = tmp_path / "dangling.toml"
    dangling.symlink_to(tmp_path / "elsewhere.toml")
    with pytest.raises(WriteError):
        write_new(dangling, "theirs")
    assert path.read_text() == "mine"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["config.toml", "dangling.toml"]


def test_where_there_are_no_hard_links_a_new_file_is_written_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    write_new(tmp_path / "config.toml", "new")
    assert (tmp_path / "config.toml").read_text() == "new"
    with pytest.raises(WriteError):
        write_new(tmp_path / "config.toml", "newer")
    assert (tmp_path / "config.toml").read_text() == "new"


def test_a_full_disk_leaves_the_old_drop_in_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # safety 24
    main = tmp_path / "config.toml"
    path = write_dropin(main, "traps", {"traps": {"old": {}}})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteError, match="No space left"):
        write_dropin(main, "traps", {"traps": {"new": {}}})
    assert read_dropin(main, "traps") == {"traps": {"old": {}}}
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_drop_in_that_was_broken_by_hand_is_not_written_over_unread(tmp_path: Path) -> None:
    main = tmp_path / "config.toml"
    path = write_dropin(main, "traps", {"traps": {}})
    path.write_text("broken [")
    with pytest.raises(ConfigError, match="50-cockpit-traps"):
        read_dropin(main, "traps")


@pytest.mark.parametrize("what", ["", "../x", "a/b", "A", "x" * 60])
def test_a_drop_ins_name_cannot_lead_elsewhere(tmp_path: Path, what: str) -> None:
    with pytest.raises(ValueError, match="file's name"):
        dropin_path(tmp_path / "config.toml", what)
