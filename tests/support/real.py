"""What a test of the real thing needs: is the program here, a free port, a server that is started, awaited and stopped by id."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest

__all__ = ["free_port", "http_ready", "listening", "need", "running", "wait_until", "without_roots_rights"]


def need(*programs: str) -> tuple[str, ...]:
    """The paths of these programs. A test that lacks one is skipped with the reason; where ``CI`` is set it fails: nothing
    may be missing there."""
    paths = {program: shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") for program in programs}
    missing = [program for program, path in paths.items() if path is None]
    if missing:
        reason = f"needs {', '.join(missing)} on PATH"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return tuple(path for path in paths.values() if path is not None)


def without_roots_rights() -> tuple[str, ...]:
    """What to put before a command so that file permissions count for it, even where the tests run as root."""
    if os.geteuid() != 0:
        return ()
    (setpriv,) = need("setpriv")
    return (setpriv, "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-dac_override,-dac_read_search")


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port on which nothing listens at this moment."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def listening(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something accepts connections there, for ``running(ready=lambda: listening(port))``."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def http_ready(url: str) -> bool:
    """Whether a server of the Prometheus family says there that it is ready, or wants a password first."""
    try:
        with urllib.request.urlopen(f"{url}/-/ready", timeout=1) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        return error.code == 401
    except OSError:
        return False


def wait_until(condition: Callable[[], object], timeout: float = 15.0, what: str = "the condition") -> None:
    """Wait until the condition is true; `TimeoutError` that names ``what`` after ``timeout`` seconds."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come within {timeout} s")
        time.sleep(0.02)


@contextlib.contextmanager
def running(
    argv: Sequence[str],
    *,
    ready: Callable[[], object] = lambda: True,
    timeout: float = 20.0,
    env: Mapping[str, str] | None = None,
    cwd: str | os.PathLike[str] | None = None,
    stop: signal.Signals = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process, wait until ``ready()`` is true, and stop it (by its id; KILL after 5 s) when the block ends.

    ``env`` is laid over the surroundings. If it ends before it is ready, what it wrote is in the error's message.
    """
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env={**os.environ, **(env or {})}, cwd=cwd
        )

        def up() -> bool:
            if process.poll() is not None:
                output.seek(0)
                said = output.read().decode("utf-8", "replace")[-4000:]
                raise RuntimeError(f"{argv[0]} ended with {process.returncode} before it was ready:\n{said}")
            return bool(ready())

        try:
            wait_until(up, timeout, f"{argv[0]}")
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(stop)
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    process.kill()
            process.wait()
