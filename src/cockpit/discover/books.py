"""The runbooks that make sense on this machine: only programs that are here, and services as this machine runs them."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ..core.placeholders import literal
from ..core.runbooks import Confirm, Param, Runbook
from ..core.steps.run import RunStep
from ..core.steps.step import Step
from ..core.units import Seconds
from .found import Found

_INIT = {"postgres": "postgresql", "sshd": "ssh", "mysqld": "mysql", "mariadbd": "mariadb", "dockerd": "docker", "httpd": "apache2",
         "valkey-server": "valkey", "fail2ban-server": "fail2ban"}  # fmt: skip
_DATA = frozenset(
    {"postgres", "mysqld", "mariadbd", "mongod", "redis-server", "valkey-server", "etcd", "elasticsearch", "opensearch"}
)
"""Programs that keep data: whoever restarts them types their name."""

_CHECKS = {
    "nginx": ("nginx", "-t"),
    "apache2": ("apache2ctl", "configtest"),
    "haproxy": ("haproxy", "-c", "-f", "/etc/haproxy/haproxy.cfg"),
}
_PATH = {"path": Param(source="label:path", default="/", help="any path on the file system")}


class Shelf:
    """Makes runbooks on demand and keeps those that were taken. Each method gives the names for a trap's ``runbooks``."""

    def __init__(self, found: Found) -> None:
        self._found = found
        self._has = found.programs.__contains__
        self._taken: dict[str, Runbook] = {}

    @property
    def taken(self) -> tuple[Runbook, ...]:
        """Every runbook that some trap wants."""
        return tuple(self._taken.values())

    def disk(self) -> tuple[str, ...]:
        """For a disk that fills up: where the space went, and what can be given back safely."""
        large = ("find", "{path}", "-xdev", "-type", "f", "-size", "+100M", "-ls")
        cleaned = "deletes the package files apt has downloaded"
        big = ("du", "-xh", "-d", "2", "-t", "200M", "{path}") if sys.platform == "linux" else ("du", "-xh", "-d", "1", "{path}")
        return self._take(
            self._look("show-space", "Show how full {path} is", [("df", "-h", "{path}"), ("df", "-i", "{path}")], "f", _PATH),
            self._look("largest-directories", "Largest directories on {path}", [big], "d", _PATH, tolerant=True),
            self._look("largest-files", "Files over 100 MB on {path}", [large], "l", _PATH, tolerant=True),
            self._look("deleted-files", "Deleted files that still take space", [("lsof", "-nP", "+L1")], "", tolerant=True),
            self._vacuum(),
            self._act("clean-apt", "Delete downloaded packages", [("apt-get", "clean")], cleaned),
            *self._docker(),
        )

    def memory(self) -> tuple[str, ...]:
        """Who takes the memory."""
        by_memory = (
            [("ps", "-eo", "pid,user,rss,pmem,etime,args", "--sort=-rss")] if sys.platform == "linux" else [("ps", "aux", "-m")]
        )
        return self._take(
            self._look("memory-use", "Processes by memory", by_memory, "m"),
            self._look("free-memory", "Memory and swap", [("free", "-h")]),
            self._journal("kernel-warnings", "Kernel warnings (out of memory?)", "-k", "-p", "warning"),
        )

    def load(self) -> tuple[str, ...]:
        """Who takes the processors."""
        columns = "pid,user,pcpu,stat,etime,args"
        by_cpu = [("ps", "-eo", columns, "--sort=-pcpu")] if sys.platform == "linux" else [("ps", "aux", "-r")]
        return self._take(
            self._look("busy-processes", "Processes by processor time", by_cpu, "b"),
            self._look("uptime", "Load and who is logged in", [("uptime",)]),
        )

    def units(self) -> tuple[str, ...]:
        """What failed, and what it said."""
        return self._take(
            self._look("failed-units", "Failed units", [("systemctl", "--failed", "--no-pager", "--full")], "u", tolerant=True),
            self._journal("recent-errors", "Recent errors in the journal", "-p", "err"),
        )

    def sockets(self) -> tuple[str, ...]:
        """Who listens where."""
        argv = ("ss", "-ltnp") if self._has("ss") else ("netstat", "-ltn")
        return self._take(self._look("listening-sockets", "Who listens where", [argv], "s"))

    def service(self, program: str, unit: str) -> tuple[str, ...]:
        """For a service: its state, its log, and a restart as this machine does it. Nothing it could not do is offered."""
        name = _INIT.get(program, program) if not unit else unit.removesuffix(".service")
        script = name if name in self._found.init_scripts else ""
        slug = "".join(char if char.isalnum() or char in "-_." else "-" for char in name)[:40]
        if not slug or not slug[0].isalnum():
            return ()
        books: list[Runbook | None] = []
        if unit and self._found.systemd is not None and not unit.startswith("-"):
            shown = literal(unit)
            books.append(
                self._look(
                    f"status-{slug}", f"State of {shown}", [("systemctl", "status", "--no-pager", "--full", shown)], tolerant=True
                )
            )
            books.append(self._journal(f"log-{slug}", f"What {shown} said", "-u", shown))
            restart: Sequence[str] = ("systemctl", "restart", shown)
        elif script:
            books.append(self._look(f"status-{slug}", f"State of {script}", [("service", script, "status")], tolerant=True))
            restart = ("service", script, "restart")
        else:
            restart = ()
        if program in self._found.logs:
            log = self._found.logs[program]
            books.append(self._look(f"error-log-{slug}", f"End of {literal(log)}", [("tail", "-n", "100", literal(log))]))
        check = _CHECKS.get(program, ())
        if check and self._has(check[0]):
            books.append(self._look(f"check-{slug}", f"Check {program}'s configuration", [check], root=True))
        books.append(self._restart(slug, program, restart, check if check and self._has(check[0]) else ()))
        return self._take(*books)

    def certificate(self, file: str, connect: str = "", port: int = 0, name: str = "") -> tuple[str, ...]:
        """What the certificate says of itself, and its renewal where certbot does that."""
        if file:
            argv: tuple[str, ...] = ("openssl", "x509", "-in", literal(file), "-noout", "-dates", "-subject", "-issuer")
            slug, title = _slug(file), f"Show {literal(file)}"
        else:
            at = f"[{connect}]:{port}" if ":" in connect else f"{connect}:{port}"
            argv = ("openssl", "s_client", "-connect", at, "-showcerts", *(("-servername", name) if name else ()))
            slug, title = f"port-{port}", f"Show the certificate on port {port}"
        renew = None
        if "/letsencrypt/" in file:
            renew = self._act("renew-certificates", "Renew certificates that end soon", [("certbot", "renew")],
                              "asks the authority for new certificates and reloads what uses them")  # fmt: skip
        return self._take(self._look(f"certificate-{slug}", title, [argv], tolerant=True), renew)

    def backups(self, directory: str) -> tuple[str, ...]:
        """What lies in a backup directory, newest first."""
        shown = literal(directory)
        listing = self._look(f"list-{_slug(directory)}", f"List {shown}", [("ls", "-lht", "--", shown), ("df", "-h", "--", shown)])
        return self._take(listing, self._cron())

    def jobs(self) -> tuple[str, ...]:
        """What cron did."""
        return self._take(self._cron(), self._look("show-crontab", "Your crontab", [("crontab", "-l")], tolerant=True))

    def redis(self, connect: str, port: int) -> tuple[str, ...]:
        """Redis's own view of its memory and clients."""
        at = ("redis-cli", "-h", connect, "-p", str(port))
        steps = [(*at, "INFO", "memory"), (*at, "INFO", "clients"), (*at, "INFO", "persistence")]
        return self._take(self._look(f"redis-info-{port}", f"Memory, clients and persistence of Redis on {port}", steps))

    def postgres(self) -> tuple[str, ...]:
        """Which clusters there are, and whether they are up."""
        return self._take(self._look("postgres-clusters", "PostgreSQL clusters", [("pg_lsclusters",)]))

    def _take(self, *books: Runbook | None) -> tuple[str, ...]:
        here = [book for book in books if book is not None]
        for book in here:
            self._taken.setdefault(book.name, book)
        return tuple(book.name for book in here)

    def _look(
        self, name: str, title: str, argvs: Sequence[Sequence[str]], key: str = "", params: dict[str, Param] | None = None, *,
        tolerant: bool = False, root: bool = False,
    ) -> Runbook | None:  # fmt: skip
        """A runbook that only looks; ``None`` without its programs. With ``tolerant`` a status other than 0 is no failure."""
        if not all(self._has(argv[0]) for argv in argvs):
            return None
        steps = tuple(Step(RunStep(self._as_root(argv) if root else tuple(argv)), continue_on_error=tolerant) for argv in argvs)
        return Runbook(name=name, title=title, key=key, steps=steps, params=params or {}, timeout=Seconds(120.0))

    def _act(
        self, name: str, title: str, argvs: Sequence[Sequence[str]], changes: str, *, target: str = "", timeout: float = 300.0
    ) -> Runbook | None:
        """A runbook that changes something; with ``target`` that name must be typed."""
        if not argvs or not all(self._has(argv[0]) for argv in argvs):
            return None
        return Runbook(
            name=name,
            title=title,
            changes=changes,
            confirm=Confirm.TYPE if target else Confirm.YES,
            target=target,
            steps=tuple(Step(RunStep(self._as_root(argv))) for argv in argvs),
            timeout=Seconds(timeout),
        )

    def _restart(self, slug: str, program: str, restart: Sequence[str], check: Sequence[str]) -> Runbook | None:
        """A restart, after a look at whether the configuration would stand it."""
        if not restart or program in ("sshd", ""):  # a restart of sshd at night is how people lock themselves out
            return None
        keeps = program in _DATA
        what = f"restarts {program}: " + (
            "whoever uses its data waits, and work under way is lost" if keeps else "requests under way break off"
        )
        argvs = [check, restart] if check else [restart]
        return self._act(f"restart-{slug}", f"Restart {program}", argvs, what, target=slug if keeps else "", timeout=120.0)

    def _vacuum(self) -> Runbook | None:
        if not self._found.journal:
            return None
        argv = ("journalctl", "--vacuum-size=200M")
        return self._act(
            "vacuum-journal", "Shrink systemd's journal to 200 MB", [argv], "deletes the oldest logs of systemd's journal"
        )

    def _docker(self) -> tuple[Runbook | None, ...]:
        if not any(daemon.program == "dockerd" for daemon in self._found.daemons):
            return ()
        prune = ("docker", "image", "prune", "--force")
        return (
            self._look("docker-space", "What Docker keeps", [("docker", "system", "df")]),
            self._act(
                "prune-images", "Delete Docker images without a name", [prune], "deletes images that no tag and no container uses"
            ),
        )

    def _cron(self) -> Runbook | None:
        return self._journal("cron-log", "What cron did", "-t", "CRON", "-t", "crond")

    def _journal(self, name: str, title: str, *which: str) -> Runbook | None:
        if not self._found.journal or self._found.systemd is None:
            return None
        return self._look(name, title, [("journalctl", *which, "-n", "200", "--no-pager")])

    def _as_root(self, argv: Sequence[str]) -> tuple[str, ...]:
        """Through sudo where needed; ``-n`` fails at once instead of asking for a password nobody can type."""
        return tuple(argv) if self._found.root or not self._has("sudo") else ("sudo", "-n", *argv)


def _slug(text: str) -> str:
    return (
        "-".join(part for part in "".join(c if c.isascii() and c.isalnum() else " " for c in text.lower()).split())[-40:].strip("-")
        or "it"
    )
