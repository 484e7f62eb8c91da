"""A real ssh session over a wire that counts: sshd on a free port, and a relay before it that adds up the payload each way."""

from __future__ import annotations

import contextlib
import os
import selectors
import shlex
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from support.real import free_port, listening, need, running


class Wire:
    """Give `command` to a pseudo-terminal; ``came`` is the TCP payload, in bytes, that has come from the server so far."""

    def __init__(self, key: Path, port: int) -> None:
        self._key, self._port = key, port
        self.came = 0

    def command(self, argv: Sequence[str], env: Mapping[str, str | None], cwd: Path) -> list[str]:
        """What opens argv on a terminal at the far end."""
        far = {name: value for name, value in env.items() if value is not None} | {"LANG": "C.UTF-8", "COLORTERM": "truecolor"}
        words = shlex.join(["env", *(f"{name}={value}" for name, value in far.items()), *argv])
        options = ("BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "Compression=no")
        ssh = ["ssh", "-tt", "-F", "/dev/null", "-p", str(self._port), "-i", str(self._key), *(f"-o{each}" for each in options)]
        return [*ssh, "127.0.0.1", f"cd {shlex.quote(str(cwd))} && exec {words}"]

    def relay(self, near: socket.socket, port: int) -> None:
        """One connection, until either end closes it."""
        with near, socket.create_connection(("127.0.0.1", port)) as far, selectors.DefaultSelector() as ready:
            ready.register(near, selectors.EVENT_READ, far)
            ready.register(far, selectors.EVENT_READ, near)
            while True:
                for key, _ in ready.select():
                    end = key.fileobj
                    assert isinstance(end, socket.socket)  # those two were registered
                    if not (data := end.recv(65536)):
                        return
                    self.came += len(data) if end is far else 0
                    key.data.sendall(data)


@contextlib.contextmanager
def wire(folder: Path) -> Iterator[Wire]:
    """An sshd with keys of its own in this folder, and the counting wire to it, for one session."""
    sshd, _, keygen = need("sshd", "ssh", "ssh-keygen")
    for name in ("host", "user"):
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    port = free_port()
    (folder / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nPidFile none\nStrictModes no\nUsePAM no\n"
        f"AuthorizedKeysFile {folder}/user.pub\nPrintMotd no\n"
    )
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with (
        running([sshd, "-D", "-e", "-f", str(folder / "sshd_config")], ready=lambda: listening(port)),
        socket.create_server(("127.0.0.1", 0)) as door,
    ):
        counted = Wire(folder / "user", door.getsockname()[1])
        threading.Thread(target=lambda: counted.relay(door.accept()[0], port), daemon=True).start()
        yield counted
