"""What a process that was killed left in the system's temporary directory is taken away; what a living one has is not."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cockpit.engine.temporary import Temporary, temporary

HOLDS = """
import sys
from cockpit.engine.temporary import Temporary
made = Temporary("replay")
(made.path / "journal").write_text("what the team did")
print(made.path, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@contextmanager
def holding(folder: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A process of its own that has one."""
    environ = {**os.environ, "TMPDIR": str(folder)}
    with subprocess.Popen([sys.executable, "-c", HOLDS], stdin=-1, stdout=-1, text=True, env=environ) as other:
        try:
            assert other.stdout is not None
            yield other, Path(other.stdout.readline().strip())
        finally:
            other.kill()


def test_it_is_ours_alone_and_gone_at_the_end(tmp_path: Path) -> None:  # safety 21
    with temporary("replay") as place:
        (place / "deep").mkdir()
        (place / "deep" / "file").write_text("x")
        assert (place.parent, place.stat().st_mode & 0o777) == (tmp_path, 0o700)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_taken_away_by_the_next_and_what_a_living_one_has_stays(tmp_path: Path) -> None:
    with holding(tmp_path) as (_, living), holding(tmp_path) as (killed, left):
        killed.kill()
        killed.wait()
        assert (left / "journal").read_text() == "what the team did"
        with temporary("demo") as place:
            assert {*tmp_path.iterdir()} == {living, place}
            assert (living / "journal").exists()


def test_what_is_not_known_to_be_ours_is_left_alone(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (elsewhere / "file").write_text("mine")
    (tmp_path / "cockpit.passing.link").symlink_to(elsewhere)
    (tmp_path / "cockpit.passing.file").write_text("a file")
    (tmp_path / "cockpit.passing.open").mkdir()
    (tmp_path / "cockpit.passing.open").chmod(0o755)
    before = {*tmp_path.iterdir()}
    with temporary("replay") as place:
        assert {*tmp_path.iterdir()} == {*before, place}
    assert (elsewhere / "file").read_text() == "mine"


def test_it_can_be_emptied_and_stays_ours(tmp_path: Path) -> None:
    made = Temporary("demo")
    (made.path / "state").mkdir()
    (made.path / "config").write_text("x")
    (made.path / "link").symlink_to(tmp_path)
    made.clear()
    assert (list(made.path.iterdir()), tmp_path.exists()) == ([], True)
    with temporary("demo"):
        assert made.path.is_dir()
    made.remove()
    assert list(tmp_path.iterdir()) == []
