"""A home with one trap that a test can trip and calm: a file that must not be empty."""

from __future__ import annotations

from pathlib import Path

from .home import Home
from .real import wait_until

CONFIG = """
me = ["ana"]

[people.ana]
name = "Ana"
timezone = "America/Sao_Paulo"

[traps.backup]
probe = "file"
path = "{home}/backup"
trip = "size_bytes < 1"
every = "1s"
severity = "critical"
runbooks = ["make"]

[traps.calm]
probe = "command"
run = ["/bin/echo", "OK - fine | load=1.5;5;10"]

[traps.job]
probe = "heartbeat"
name = "nightly"
trip = "age_seconds >= 3600"
every = "1s"

[runbooks.make]
title = "Make {{file}}"
key = "m"
match = "trap=backup"
changes = "writes a file"
steps = [{{ run = ["sh", "-c", 'echo made > backup && echo "did $0"', "it"], cwd = "{home}" }}]
[runbooks.make.params.file]
default = "backup"

[runbooks.wipe]
title = "Wipe {{host}}"
match = "trap=backup"
changes = "deletes everything"
confirm = "type"
target = "{{host}}"
steps = [{{ run = ["echo", "wiped", "{{host}}"] }}]
[runbooks.wipe.params.host]
from = "alert:where"
pattern = "[a-z0-9/_.-]+"
help = "the host"

[runbooks.look]
steps = [{{ run = ["echo", "looked at", "{{what}}"] }}]
[runbooks.look.params.what]

[runbooks.fails]
steps = [{{ run = ["sh", "-c", "printf '\\\\033[31mred\\\\033[0m\\\\n'; exit 7"] }}]
"""


class Watched(Home):
    """`empty` trips the trap ``backup``, `fill` calms it; both return when ``cockpit traps`` says so."""

    def __init__(self, path: Path, more: str = "") -> None:
        super().__init__(path)
        self.backup = path / "backup"
        self.backup.write_text("something")
        self.config(CONFIG.format(home=path) + more)

    def empty(self) -> None:
        """Trip it."""
        self.backup.write_text("")
        wait_until(lambda: self.stands("backup") == "tripped", what="the tripped trap")

    def fill(self) -> None:
        """Calm it."""
        self.backup.write_text("something")
        wait_until(lambda: self.stands("backup") == "armed", what="the armed trap")

    def stands(self, trap: str) -> str:
        """What ``cockpit traps`` says of it."""
        return next(str(each["state"]) for each in self.json("traps") if each["name"] == trap)
