"""Several real users of one machine, each with a home of their own, who meet in a directory that is root's."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import cockpit

_NAMES = ("daemon", "bin", "mail", "games")
_SOURCE = Path(cockpit.__file__).parents[1]


class Neighbour:
    """One user: an own home, and the group of the meeting place."""

    def __init__(self, name: str, home: Path, group: int, python: str) -> None:
        self.name, self.home, self.group, self.python = name, home, group, python
        self.uid = pwd.getpwnam(name).pw_uid
        self.pids: list[subprocess.Popen[str]] = []

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Start a command of the cockpit as this user."""
        env = {
            "PATH": os.defpath,
            "HOME": str(self.home),
            "PYTHONPATH": _path(),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LC_ALL": "C.UTF-8",
        }
        child = subprocess.Popen(
            [self.python, "-m", "cockpit", *words], env=env, cwd=self.home, user=self.uid, group=self.group,
            extra_groups=[self.group], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.pids.append(child)
        return child

    def run(self, *words: str, types: str = "") -> subprocess.CompletedProcess[str]:
        """One command to its end."""
        child = self.begin(*words)
        out, err = child.communicate(types, timeout=60)
        return subprocess.CompletedProcess(words, child.returncode, out, err)

    def python_says(self, code: str) -> str:
        """What a little program prints as this user."""
        done = subprocess.run(
            [self.python, "-c", code], env={"PYTHONPATH": _path(), "PATH": os.defpath}, cwd=self.home, user=self.uid,
            group=self.group, extra_groups=[self.group], capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        return done.stdout.strip()

    def json(self, *words: str) -> Any:
        """What a listing says in JSON."""
        return json.loads(self.run(*words, "--json").stdout)


class Street:
    """The users, and where they meet."""

    def __init__(self, folder: Path, meeting: Path, asker: Neighbour, other: Neighbour) -> None:
        self.folder, self.meeting, self.asker, self.other = folder, meeting, asker, other

    def configure(self, text: str, *, both: bool = True) -> None:
        """Write the config, of the asker alone unless ``both``."""
        for each in (self.asker, self.other) if both else (self.asker,):
            place = each.home / ".config" / "cockpit" / "config.toml"
            place.write_text(f'approvals = "{self.meeting}"\n{text}')

    @property
    def sockets(self) -> list[str]:
        """What lies in the meeting place."""
        return sorted(os.listdir(self.meeting))


@contextmanager
def street() -> Iterator[Street]:
    """Two users of this machine. Skips where this process is not root, who alone can be several."""
    if os.geteuid() != 0:
        pytest.skip("only root can be several users")
    names = [name for name in _NAMES if _is_user(name)][:2]
    if len(names) < 2:
        pytest.skip("this system has not two users that nobody else is")
    python = _python(pwd.getpwnam(names[0]).pw_uid)
    folder = Path(tempfile.mkdtemp(prefix="street-"))
    folder.chmod(0o755)
    group = pwd.getpwnam(names[0]).pw_gid
    users: list[Neighbour] = []
    try:
        meeting = folder / "meeting"
        meeting.mkdir()
        os.chown(meeting, 0, group)
        meeting.chmod(0o3770)
        for name in names:
            home = folder / name
            (home / ".config" / "cockpit").mkdir(parents=True)
            users.append(Neighbour(name, home, group, python))
            for each in (home, home / ".config", home / ".config" / "cockpit"):
                os.chown(each, users[-1].uid, group)
        here = Street(folder, meeting, *users)
        yield here
    finally:
        for user in users:
            for child in user.pids:
                child.kill()
                child.communicate()
        shutil.rmtree(folder)


def _is_user(name: str) -> bool:
    try:
        return pwd.getpwnam(name).pw_uid not in (0, os.getuid())
    except KeyError:
        return False


def _path() -> str:
    return os.pathsep.join([str(_SOURCE), *(each for each in sys.path if each.endswith("-packages"))])


def _python(uid: int) -> str:
    """A Python of this version that this user can start: that of the tests may lie in somebody's home."""
    own = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for each in (sys.executable, f"/usr/bin/{own}", f"/usr/local/bin/{own}"):
        try:
            done = subprocess.run(
                ["/bin/sh", "-c", '"$0" -c "import cockpit.cli.run, msgspec"', each],
                user=uid, group=uid, extra_groups=[], env={"PYTHONPATH": _path(), "PATH": os.defpath}, capture_output=True, cwd="/",
            )  # fmt: skip
        except OSError:
            continue
        if done.returncode == 0:
            return each
    pytest.skip("no Python here can be started by other users: it lies in a home that is closed to them")
