"""From findings to traps and runbooks: sensible, harmless, and a configuration that passes the check."""

from __future__ import annotations

import datetime
import tomllib
from pathlib import Path

import pytest

from cockpit.core.alerts import Severity
from cockpit.discover import Found, Proposal, propose
from cockpit.discover.found import Backups, Daemon, FileSystem, Job, Listener, Memory, Served, Systemd
from cockpit.discover.services import PROGRAMS
from support.configs import loaded
from support.steps import program

NOW = datetime.datetime(2026, 11, 23, 9, 0, tzinfo=datetime.UTC)
DAY = 86400.0
HOSTILE = ["/mnt/a\nb", '/mnt/"quoted"\\', "/mnt/{path}", "/mnt/\x1b]0;x\x07", "/mnt/#[traps.x]", "/mnt/\u202e", "/-rf", "/\u00e9"]


EXPIRED = Served(trusted=False, expired=True)


def disk(mount: str, inodes: float = 1.0) -> FileSystem:
    return FileSystem(
        mount=mount, device="x", kind="ext4", total=10**11, free=5 * 10**9, used_percent=95.0, inodes_used_percent=inodes
    )


def kept(directory: str, files: str, age: float, every: float | None = None, usual: int | None = None) -> Backups:
    pattern = f"{directory}/{files}"
    return Backups(directory=directory, pattern=pattern, newest="x", age=age, size=900, count=9, every=every, usual=usual)


def machine(**changes: object) -> Found:
    """A machine with everything on it, or with ``changes``."""
    everything: dict[str, object] = {
        "at": NOW,
        "host": "shop-1",
        "root": True,
        "file_systems": (
            disk("/", inodes=60.0),
            FileSystem(mount="/srv/nfs", device="nas:/x", kind="nfs4", remote=True),
        ),
        "memory": Memory(total=8 * 10**9, used_percent=40.0, swap=10**9, swap_used_percent=1.0, cpus=4, load_per_cpu=0.2),
        "listeners": (
            Listener(connect="127.0.0.1", port=22, everyone=True, program="sshd", unit="ssh.service", speaks="ssh", banner="SSH-2"),
            Listener(connect="127.0.0.1", port=25, program="master", speaks="smtp"),
            Listener(connect="127.0.0.1", port=80, everyone=True, program="nginx", unit="nginx.service", speaks="http", status=301),
            Listener(
                connect="::1", port=8443, program="nginx", unit="nginx.service", speaks="https", status=403,
                certificate=Served(trusted=False, names=("*.shop.example",), begins=NOW, ends=NOW + datetime.timedelta(days=90)),
            ),
            Listener(connect="127.0.0.1", port=5432, program="postgres", unit="postgresql@15-main.service", speaks="postgres"),
            Listener(connect="127.0.0.1", port=6379, program="redis-server", speaks="redis", banner="+PONG"),
            Listener(connect="127.0.0.1", port=3306, program="mysqld", speaks="mysql"),
            Listener(connect="127.0.0.1", port=11211, program="memcached", speaks="memcached"),
            Listener(connect="127.0.0.1", port=993, program="dovecot", speaks="tls", certificate=EXPIRED),
            Listener(connect="10.0.0.5", port=9000, program="app", speaks="silent"),
            Listener(connect="127.0.0.1", port=40001, program="node", speaks="silent"),
            Listener(connect="127.0.0.1", port=9001, speaks=""),
        ),
        "certificates": ("/etc/letsencrypt/live/shop.example/fullchain.pem", "/etc/ssl/ours.pem"),
        "systemd": Systemd(failed=("certbot.service",), services=("nginx.service", "cron.service")),
        "daemons": (
            Daemon(program="cron", count=1, unit="cron.service"),
            Daemon(program="gunicorn", count=5),
            Daemon(program="dockerd", count=1),
        ),
        "jobs": (
            Job(name="pg_dump", command="pg_dump x", where="/etc/crontab", every=DAY, backup=True, writes=("/srv/backup/x.sql",)),
            Job(name="restic", command="restic backup /home", where="/etc/cron.d/restic", every=DAY, backup=True),
            Job(name="tidy", command="tidy", where="/etc/crontab", every=DAY),
        ),
        "backups": (
            kept("/srv/backup", "*.sql", 3600.0, every=DAY, usual=1000),
            kept("/backup", "*.tar", 400 * DAY),
        ),
        "programs": frozenset(PROGRAMS),
        "journal": True,
        "logs": {"nginx": "/var/log/nginx/error.log", "system": "/var/log/syslog"},
    }  # fmt: skip
    return Found(**(everything | changes))  # type: ignore[arg-type]  # the fields of Found, by name


def written(proposal: Proposal, directory: Path) -> Path:
    path = directory / "config.toml"
    path.write_text(proposal.toml(), "utf-8")
    path.chmod(0o600)
    return path


def names(proposal: Proposal) -> list[str]:
    return [each.trap.name for each in proposal.suggestions]


def test_what_is_written_passes_the_check_and_is_what_is_used_at_once(tmp_path: Path) -> None:
    proposal = propose(machine())
    read, used = loaded(written(proposal, tmp_path)), proposal.config()
    assert read.traps == used.traps
    assert {name: read.runbooks[name] for name in used.runbooks} == used.runbooks
    assert used.proposed


def test_everything_on_the_machine_gets_its_trap() -> None:
    proposal = propose(machine())
    kinds = {each.trap.name: each.trap.probe for each in proposal.suggestions}
    assert kinds == {
        "root-disk": "disk",
        "root-inodes": "disk",
        "srv-nfs-disk": "disk",
        "memory": "memory",
        "swap": "memory",
        "load": "load",
        "failed-units": "systemd",
        "sshd-22": "tcp",
        "master-25": "tcp",
        "nginx-80": "http",
        "nginx-8443": "http",
        "tls-www-shop-example": "tls",
        "postgres-5432": "command",
        "redis-server-6379": "tcp",
        "mysqld-3306": "process",
        "memcached-11211": "tcp",
        "tls-993": "tls",
        "app-9000": "tcp",
        "tls-file-shop-example": "tls",
        "tls-file-ours": "tls",
        "cron": "systemd",
        "gunicorn": "process",
        "dockerd": "process",
        "backup-srv-backup": "file",
        "backup-backup": "file",
        "restic-ran": "heartbeat",
        "nginx-errors": "log",
        "out-of-memory": "log",
    }


def test_a_disk_that_is_nearly_full_gets_the_usual_bounds_and_so_trips() -> None:
    trap = propose(machine()).suggestions[0].trap
    assert trap.trip is not None
    assert trap.trip.holds(95.0)
    assert (trap.forecast, trap.severity) == ("used_percent", Severity.CRITICAL)


def test_the_three_answers_are_questions() -> None:
    for each in propose(machine()).suggestions:
        assert each.trap.went_wrong.endswith("?"), each.trap.name
        assert each.trap.signs.endswith("?"), each.trap.name
        assert each.trap.detect, each.trap.name
        assert each.because, each.trap.name


def test_every_runbook_that_a_trap_wants_is_there_and_the_other_way_round() -> None:
    proposal = propose(machine())
    wanted = {name for each in proposal.suggestions for name in each.trap.runbooks}
    assert wanted == {book.name for book in proposal.runbooks}


def test_what_changes_something_says_so_and_what_keeps_data_wants_its_name_typed() -> None:
    books = {book.name: book for book in propose(machine()).runbooks}
    changing = {name for name, book in books.items() if book.changes}
    assert changing == {
        "vacuum-journal", "clean-apt", "prune-images", "renew-certificates", "restart-nginx", "restart-postgresql-15-main",
        "restart-cron",
    }  # fmt: skip
    assert program(books["restart-nginx"].steps[0]).argv == ("nginx", "-t")
    assert program(books["restart-nginx"].steps[1]).argv == ("systemctl", "restart", "nginx.service")
    assert books["restart-postgresql-15-main"].confirm.value == "type"
    for book in books.values():
        acts = any(
            word in program(step).argv
            for step in book.steps
            for word in ("restart", "prune", "clean", "renew", "--vacuum-size=200M")
        )
        assert acts is bool(book.changes), book.name


def test_only_programs_that_are_here_are_run() -> None:
    for missing in PROGRAMS:
        proposal = propose(machine(programs=frozenset(PROGRAMS) - {missing}))
        runs = [program(step).argv[0] for book in proposal.runbooks for step in book.steps]
        runs += [str(each.trap.params["run"][0]) for each in proposal.suggestions if each.trap.probe == "command"]  # type: ignore[index]  # a list of words
        assert missing not in runs


def test_a_bare_machine_still_gets_a_configuration(tmp_path: Path) -> None:
    bare = machine(
        programs=frozenset(), systemd=None, daemons=(), listeners=(), jobs=(), backups=(), certificates=(), logs={}, journal=False
    )
    proposal = propose(bare)
    assert names(proposal) == ["root-disk", "root-inodes", "srv-nfs-disk", "memory", "swap", "load"]
    assert proposal.runbooks == ()
    assert len(loaded(written(proposal, tmp_path)).traps) == 6
    nothing = propose(Found(at=NOW, host="x"))
    assert loaded(written(nothing, tmp_path)).traps == {}


def test_without_systemd_services_are_restarted_as_this_machine_does_it() -> None:
    found = machine(systemd=None, journal=False, init_scripts=frozenset({"nginx", "postgresql"}))
    listeners = tuple(_without_unit(each) for each in found.listeners)
    proposal = propose(machine(systemd=None, journal=False, listeners=listeners, init_scripts=found.init_scripts))
    books = {book.name: book for book in proposal.runbooks}
    runs = [program(step).argv for book in books.values() for step in book.steps]
    assert not any("systemctl" in run or "journalctl" in run for run in runs)
    assert program(books["restart-nginx"].steps[-1]).argv == ("service", "nginx", "restart")
    assert books["restart-postgresql"].target == "postgresql"


def _without_unit(listener: Listener) -> Listener:
    import msgspec

    return msgspec.structs.replace(listener, unit="")


def test_whoever_is_not_root_goes_through_sudo_which_may_not_ask() -> None:
    books = {book.name: book for book in propose(machine(root=False)).runbooks}
    assert program(books["restart-nginx"].steps[1]).argv == ("sudo", "-n", "systemctl", "restart", "nginx.service")
    without = {book.name: book for book in propose(machine(root=False, programs=frozenset(PROGRAMS) - {"sudo"})).runbooks}
    assert program(without["restart-nginx"].steps[1]).argv == ("systemctl", "restart", "nginx.service")


def test_what_a_person_must_do_first_stands_as_a_comment_until_it_is_chosen(tmp_path: Path) -> None:
    proposal = propose(machine())
    assert {each.trap.name for each in proposal.suggestions if not each.active} == {"restic-ran", "backup-backup"}
    text = proposal.toml()
    assert "# [traps.restic-ran]" in text
    assert "add `&& cockpit beat restic`" in text
    chosen = proposal.only({"restic-ran", "root-disk"})
    assert list(loaded(written(chosen, tmp_path)).traps) == ["root-disk", "restic-ran"]
    assert {book.name for book in chosen.runbooks} == {name for each in chosen.suggestions for name in each.trap.runbooks}


def test_a_backup_is_watched_by_its_own_pace_and_size() -> None:
    trap = next(each.trap for each in propose(machine()).suggestions if each.trap.name == "backup-srv-backup")
    assert trap.params == {"path": "/srv/backup/*.sql", "max_age": "27h", "min_bytes": 500}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_a_name(tmp_path: Path, name: str) -> None:  # safety 6, 9
    hostile = machine(
        host=name,
        file_systems=(
            FileSystem(mount=name, device=name, kind="ext4", total=100, free=5, used_percent=95.0, inodes_used_percent=60.0),
        ),
        listeners=(
            Listener(connect="127.0.0.1", port=80, program=name, unit=f"{name}.service", speaks="http", status=200, banner=name),
        ),
        certificates=(name,),
        systemd=Systemd(failed=(name,), services=(name,)),
        daemons=(Daemon(program="nginx", count=1, unit=f"{name}.service"),),
        jobs=(Job(name=name, command=name, where=name, every=DAY, backup=True),),
        backups=(Backups(directory=name, pattern=f"{name}/*", newest=name, age=1.0, size=1, count=1),),
        logs={"nginx": name, "system": name},
        remarks=(name,),
    )
    proposal = propose(hostile)
    path = written(proposal, tmp_path)
    text = path.read_text("utf-8")
    assert all(char == "\n" or char.isprintable() for char in text)
    read = loaded(path)
    disk = next(trap for trap in read.traps.values() if trap.probe == "disk")
    assert disk.params["path"] == name
    assert read.traps == proposal.config().traps
    assert set(tomllib.loads(text)) == {"traps", "runbooks"}
    assert {trap.name for trap in read.traps.values()} == {each.trap.name for each in proposal.suggestions if each.active}


def test_names_that_are_no_text_are_left_out_and_counted(tmp_path: Path) -> None:
    broken = disk("/mnt/\udcff")
    proposal = propose(machine(file_systems=(broken,)))
    assert not any("disk" in name for name in names(proposal))
    assert any("not UTF-8" in remark for remark in proposal.remarks)
    loaded(written(proposal, tmp_path))


def test_things_with_one_name_get_names_of_their_own() -> None:
    disks = tuple(disk(mount) for mount in ("/a b", "/a-b", "/日本"))
    assert [name for name in names(propose(machine(file_systems=disks))) if "disk" in name] == [
        "a-b-disk",
        "a-b-disk-2",
        "other-disk",
    ]


def test_a_machine_with_a_thousand_ports_is_not_watched_at_each(tmp_path: Path) -> None:
    many = tuple(Listener(connect="127.0.0.1", port=1000 + n, program="app", speaks="http", status=200) for n in range(1000))
    proposal = propose(machine(listeners=many))
    assert len(proposal.suggestions) == 60
    assert any("more could be watched" in remark for remark in proposal.remarks)
    assert len(loaded(written(proposal, tmp_path)).traps) <= 60


@pytest.mark.parametrize(("days", "warn", "trip"), [(90, 21, 7), (398, 21, 7), (30, 8, 3), (6, 2, 1)])
def test_short_lived_certificates_are_given_less_notice(days: int, warn: int, trip: int) -> None:
    certificate = Served(trusted=True, names=("x.example",), begins=NOW, ends=NOW + datetime.timedelta(days=days))
    listener = Listener(connect="127.0.0.1", port=443, speaks="tls", certificate=certificate)
    trap = next(each.trap for each in propose(machine(listeners=(listener,))).suggestions if each.trap.probe == "tls")
    assert trap.warn is not None
    assert trap.trip is not None
    assert (trap.warn.value, trap.trip.value) == (warn, trip)
