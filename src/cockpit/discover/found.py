"""What a look at this machine found: facts alone, no opinion about them."""

from __future__ import annotations

from datetime import datetime

import msgspec


class FileSystem(msgspec.Struct, frozen=True, kw_only=True):
    """A mounted file system that can fill up. Percents 0–100, sizes in bytes; ``None`` where it did not answer in time."""

    mount: str
    device: str
    kind: str
    total: int | None = None
    free: int | None = None
    used_percent: float | None = None
    inodes_used_percent: float | None = None
    remote: bool = False


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """Memory and swap in bytes (``swap`` 0 = none), percent 0–100 in use, and the load of the last 5 minutes for each processor."""

    total: int
    used_percent: float
    swap: int
    swap_used_percent: float
    cpus: int
    load_per_cpu: float


class Listener(msgspec.Struct, frozen=True, kw_only=True):
    """A listening TCP socket. ``connect`` is an own address that reaches it; ``everyone`` says that it takes strangers.

    ``speaks`` is ``http``, ``https``, ``tls``, ``ssh``, ``postgres``, ``redis``, ``mysql``, ``smtp``, ``imap``, ``pop3``, ``ftp``,
    ``memcached``, ``other`` (it answered something else), ``silent`` (it takes connections and says nothing) or "" (it was not
    asked, or takes none). ``status`` is the HTTP status of ``/``. ``unit`` is the systemd service it belongs to. ``program`` is ""
    where the system does not tell whose socket it is.
    """

    connect: str
    port: int
    everyone: bool = False
    program: str = ""
    pid: int | None = None
    unit: str = ""
    speaks: str = ""
    banner: str = ""
    status: int | None = None
    certificate: Served | None = None


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """The certificate a socket showed. ``trusted`` says whether its chain leads to an authority this machine trusts.

    ``names`` are those it is for; ``begins`` and ``ends`` are UTC; ``None`` where it could not be read (an expired one, say).
    """

    trusted: bool
    names: tuple[str, ...] = ()
    begins: datetime | None = None
    ends: datetime | None = None
    expired: bool = False


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Something that runs at its time. ``where`` is the file or timer that says so, ``every`` its usual interval in seconds.

    ``backup`` says that it looks like one. ``writes`` are absolute paths that its command writes to, as far as one can tell.
    """

    name: str
    command: str
    where: str
    every: float | None
    backup: bool = False
    writes: tuple[str, ...] = ()


class Backups(msgspec.Struct, frozen=True, kw_only=True):
    """A directory that looks like a place for backups. ``pattern`` matches its files; ``age`` (seconds) and ``size`` (bytes) are
    the newest's, ``every`` (seconds) the usual distance between two, ``usual`` (bytes) the usual size; ``None``: one file."""

    directory: str
    pattern: str
    newest: str
    age: float
    size: int
    count: int
    every: float | None = None
    usual: int | None = None


class Daemon(msgspec.Struct, frozen=True, kw_only=True):
    """A well-known service's process: its ``program`` name, how many there are, and its systemd unit ("" = none)."""

    program: str
    count: int
    unit: str = ""


class Systemd(msgspec.Struct, frozen=True, kw_only=True):
    """What runs this machine's services, if it is systemd. Unit names with their suffix."""

    failed: tuple[str, ...] = ()
    services: tuple[str, ...] = ()


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """All that one look found. ``at`` is UTC; ``seconds`` is how long it took. ``programs`` are those of the ones that matter which
    are on PATH. ``logs`` are log files that can be read, by program. ``init_scripts`` are the names in ``/etc/init.d``.
    ``remarks`` say what could not be looked at, and why. ``systemd`` is ``None`` where it does not run."""

    at: datetime
    host: str
    seconds: float = 0.0
    root: bool = False
    file_systems: tuple[FileSystem, ...] = ()
    memory: Memory | None = None
    listeners: tuple[Listener, ...] = ()
    certificates: tuple[str, ...] = ()
    systemd: Systemd | None = None
    daemons: tuple[Daemon, ...] = ()
    jobs: tuple[Job, ...] = ()
    backups: tuple[Backups, ...] = ()
    programs: frozenset[str] = frozenset()
    init_scripts: frozenset[str] = frozenset()
    journal: bool = False
    logs: dict[str, str] = {}
    remarks: tuple[str, ...] = ()
