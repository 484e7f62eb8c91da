"""Services: what systemd says of them, well-known daemons among the processes, and what could restart or explain them."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import psutil

from .found import Daemon, Systemd
from .sockets import unit_of
from .timed import Deadline, output

KNOWN = frozenset({
    "nginx", "apache2", "httpd", "haproxy", "caddy", "traefik", "varnishd", "postgres", "mysqld", "mariadbd", "mongod",
    "redis-server", "valkey-server", "memcached", "rabbitmq-server", "dockerd", "podman", "cron", "crond", "sshd",
    "gunicorn", "uwsgi", "celery", "sidekiq", "php-fpm", "dovecot", "exim4", "named", "unbound", "dnsmasq", "chronyd",
    "ntpd", "fail2ban-server", "keepalived", "consul", "vault", "etcd", "kubelet", "prometheus", "alertmanager", "grafana",
    "jenkins", "smbd", "slapd", "bird", "openvpn", "minio", "elasticsearch", "opensearch", "influxd", "mosquitto",
})  # fmt: skip
"""Programs whose absence somebody would notice."""

PROGRAMS = (
    "apache2ctl", "apt-get", "certbot", "crontab", "df", "dmesg", "docker", "du", "find", "free", "haproxy", "journalctl",
    "ls", "lsof", "netstat", "nginx", "openssl", "pg_isready", "pg_lsclusters", "ps", "redis-cli", "service", "ss", "sudo",
    "systemctl", "tail", "top", "uptime",
)  # fmt: skip
"""Programs that the proposed traps and runbooks may run."""

_SCRIPTED = re.compile(r"\b(gunicorn|uwsgi|celery|sidekiq|puma|unicorn|uvicorn|jenkins|elasticsearch|opensearch|kafka|zookeeper)\b")
_LOGS = {
    "nginx": ("var/log/nginx/error.log",),
    "apache2": ("var/log/apache2/error.log", "var/log/httpd/error_log"),
    "redis-server": ("var/log/redis/redis-server.log", "var/log/redis/redis.log"),
    "haproxy": ("var/log/haproxy.log",),
    "mysqld": ("var/log/mysql/error.log", "var/log/mysqld.log"),
    "system": ("var/log/syslog", "var/log/messages"),
    "sshd": ("var/log/auth.log", "var/log/secure"),
}


def systemd(deadline: Deadline, root: Path) -> Systemd | None:
    """Failed and running services; ``None`` where this machine was not booted with systemd, or it doesn't answer."""
    if not (root / "run/systemd/system").is_dir():
        return None
    plain = ("--plain", "--no-legend", "--no-pager", "--full")
    failed = output(("systemctl", "list-units", "--state=failed", "--all", *plain), deadline)
    running = output(("systemctl", "list-units", "--type=service", "--state=running", *plain), deadline)
    if failed is None and running is None:
        return None
    return Systemd(failed=_first_words(failed or ""), services=_first_words(running or ""))


def daemons() -> tuple[Daemon, ...]:
    """The well-known services among the processes, by name."""
    counts: dict[str, list[int]] = {}
    for process in psutil.process_iter(["name", "ppid"]):
        name = str(process.info["name"] or "")
        if name.startswith("php-fpm"):
            name = "php-fpm"
        if name not in KNOWN:
            name = _scripted(process, name)
        if name:
            counts.setdefault(name, []).append(process.pid)
    return tuple(Daemon(program=name, count=len(pids), unit=unit_of(min(pids))) for name, pids in sorted(counts.items()))


def _scripted(process: psutil.Process, name: str) -> str:
    """Services which an interpreter runs, by the program's own name in the command line; Postfix's ``master`` by its path."""
    if not name.startswith(("python", "ruby", "java", "node", "master")) and not _SCRIPTED.search(name):
        return ""
    try:
        words = process.cmdline()[:6]
    except (psutil.Error, OSError):
        return ""
    if name == "master":
        return "postfix" if any("postfix" in word for word in words) else ""
    found = next((match for word in words if (match := _SCRIPTED.fullmatch(os.path.basename(word).split(":")[0]))), None)
    return found[1] if found else ""


def programs() -> frozenset[str]:
    """Which of `PROGRAMS` are on PATH."""
    path = os.environ.get("PATH", os.defpath)
    return frozenset(name for name in PROGRAMS if shutil.which(name, path=path))


def init_scripts(root: Path) -> frozenset[str]:
    """The services that ``service NAME restart`` knows."""
    try:
        return frozenset(
            entry.name for entry in os.scandir(root / "etc/init.d") if entry.is_file() and os.access(entry.path, os.X_OK)
        )
    except OSError:
        return frozenset()


def has_journal(root: Path) -> bool:
    """Whether systemd's journal keeps anything here."""
    return any((root / place).is_dir() for place in ("var/log/journal", "run/log/journal"))


def logs(root: Path) -> dict[str, str]:
    """Log files of well-known programs that this user may read."""
    out: dict[str, str] = {}
    for program, places in _LOGS.items():
        for place in places:
            path = root / place
            if path.is_file() and os.access(path, os.R_OK):
                out[program] = str(path)
                break
    return out


def _first_words(text: str) -> tuple[str, ...]:
    lines = (line.lstrip("●*× ").split() for line in text.splitlines())
    return tuple(words[0] for words in lines if words)
