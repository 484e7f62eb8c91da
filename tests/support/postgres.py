"""A real PostgreSQL of a test's own: on a socket of its own, run by a user without rights, with a tablespace on a small disk."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from support.disks import small_disk
from support.real import need, running

__all__ = ["Postgres", "postgres"]

_OWNER = "shop"
_QUICK = {"fsync": "off", "shared_buffers": "8MB", "max_connections": "20", "listen_addresses": "", "autovacuum": "off"}


class Postgres:
    """One that runs. ``disk`` is the small one that its tablespace ``small`` lies on; ``bin`` has a ``psql`` that finds it."""

    def __init__(self, here: Path, disk: Path) -> None:
        self.here, self.disk, self.bin = here, disk, here / "bin"

    def sql(self, *commands: str, database: str = "shop") -> subprocess.CompletedProcess[str]:
        """Run these with psql, as a person would."""
        words = [word for command in commands for word in ("-c", command)]
        argv = (str(self.bin / "psql"), "-qAtX", "-d", database, *words)
        return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)


@contextlib.contextmanager
def postgres(size: str = "32m") -> Iterator[Postgres]:
    """A cluster with a database and a role ``shop``; the role may make databases and tablespaces."""
    initdb, server, psql = _programs()
    place = Path(tempfile.mkdtemp(prefix="cockpit-pg-"))  # not below pytest's own folder: no other user may enter that
    place.chmod(0o755)
    user = _user()
    as_user = () if os.geteuid() != 0 else (*_setpriv(), f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    try:
        with small_disk(place / "disk", size) as disk:
            for each in (disk, place / "data", place / "run"):
                each.mkdir(exist_ok=True)
                os.chown(each, user.pw_uid, user.pw_gid)
            made = (initdb, "-D", str(place / "data"), "-U", _OWNER, "-A", "trust", "-N", "-E", "UTF8", "--locale=C")
            subprocess.run((*as_user, *made), check=True, capture_output=True, timeout=60, cwd="/")
            _wrapped(place, psql)
            settings = [f"-c{name}={value}" for name, value in {**_QUICK, "unix_socket_directories": str(place / "run")}.items()]
            one = Postgres(place, disk)
            with running(
                (*as_user, server, "-D", str(place / "data"), *settings),
                ready=lambda: one.sql("SELECT 1", database="postgres").returncode == 0,
                stop=signal.SIGINT,  # "fast": whoever is connected is cut off
                cwd="/",
            ):
                made_ = one.sql("CREATE DATABASE shop", f"CREATE TABLESPACE small LOCATION '{disk}'", database="postgres")
                assert made_.returncode == 0, made_.stderr
                yield one
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _programs() -> tuple[str, str, str]:
    """initdb, postgres, psql. Debian keeps the first two out of PATH, by version."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    (psql,) = need("psql")
    if found:
        return str(found[-1].with_name("initdb")), str(found[-1]), psql
    initdb, server = need("initdb", "postgres")
    return initdb, server, psql


def _setpriv() -> tuple[str, ...]:
    return need("setpriv")


def _user() -> pwd.struct_passwd:
    """Who runs it: it refuses to be run by root."""
    return pwd.getpwuid(os.geteuid()) if os.geteuid() != 0 else pwd.getpwnam("nobody")


def _wrapped(place: Path, psql: str) -> None:
    """A psql that finds this server, for whoever has ``bin`` in PATH: what is written in the docs is run as it stands there."""
    (place / "bin").mkdir()
    script = place / "bin" / "psql"
    script.write_text(f'#!/bin/sh\nPGHOST={place / "run"} PGUSER={_OWNER} exec {psql} "$@"\n')
    script.chmod(0o755)
