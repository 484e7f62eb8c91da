"""Real sshds on free ports of the loopback, and an ssh_config that knows them by name: the person's own files are not touched."""

from __future__ import annotations

import contextlib
import os
import pwd
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from .real import free_port, listening, need, running

__all__ = ["Sshd", "sshd"]


class Sshd(msgspec.Struct, frozen=True):
    """An sshd that lets the user of the tests in: its port, its host key (a line of known_hosts without the host), its process, and
    the ssh_config that calls it ``web-3``."""

    port: int
    key: str
    pid: int
    config: Path


@contextlib.contextmanager
def sshd(
    folder: Path, *more: str, name: str = "web-3", shell: str = "", address: str = "127.0.0.1", before: Sequence[str] = ()
) -> Iterator[Sshd]:
    """Start one. ``more`` are lines for sshd_config; ``shell`` has the command read by that shell, as if it were the person's login
    shell there; ``before`` stands before its own command, for a network of its own. ``folder`` must be new."""
    server, keygen, _ = need("sshd", "ssh-keygen", "ssh")
    folder.mkdir(mode=0o700)
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    for which in ("host", "user"):
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", folder / which], check=True)
    port = free_port()
    user = pwd.getpwuid(os.geteuid()).pw_name
    command = f'command="exec {shell} -c \\"$SSH_ORIGINAL_COMMAND\\"" ' if shell else ""
    (folder / "authorized_keys").write_text(command + (folder / "user.pub").read_text())
    lines = [
        f"ListenAddress {address}\nPort {port}\nHostKey {folder}/host\nPidFile none\nUsePAM no\nStrictModes no",
        f"AuthorizedKeysFile {folder}/authorized_keys\nPasswordAuthentication no\nPermitRootLogin yes\nMaxStartups 100",
        *more,
    ]
    (folder / "sshd_config").write_text("\n".join(lines) + "\n")
    key = " ".join((folder / "host.pub").read_text().split()[:2])
    (folder / "known_hosts").write_text(f"[{address}]:{port} {key}\n")
    config = folder / "ssh_config"
    config.write_text(
        f"Host {name}\n  HostName {address}\n  Port {port}\n  User {user}\n"
        f"Host *\n  IdentityFile {folder}/user\n  IdentitiesOnly yes\n  UserKnownHostsFile {folder}/known_hosts\n"
        "  GlobalKnownHostsFile none\n"
    )
    with running(
        [*before, server, "-D", "-e", "-f", str(folder / "sshd_config")], ready=lambda: listening(port, address)
    ) as process:
        yield Sshd(port, key, process.pid, config)
