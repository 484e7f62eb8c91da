"""What `cockpit export prometheus` prints, and real servers that live by it: a node exporter, a blackbox exporter, a Prometheus."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from support.home import Home
from support.prometheuses import Server
from support.real import free_port, http_ready, listening, need, running

__all__ = ["HOST", "checked", "living", "open_port", "printed"]

HOST = "this-host"


def printed(home: Home, *options: str) -> str:
    """One of the files. Its exit status may be 1: that only says that some trap does not go."""
    done = home.run("export", "prometheus", "--instance", HOST, *options)
    assert done.returncode in (0, 1), done.stderr
    assert done.stdout, done.stderr
    return done.stdout


def checked(place: Path, home: Home, *where: str) -> Path:
    """All three files in a directory, as the real programs accept them."""
    promtool, blackbox = need("promtool", "prometheus-blackbox-exporter")
    place.mkdir(exist_ok=True)
    (place / "rules.yml").write_text(printed(home), "utf-8")
    (place / "blackbox.yml").write_text(printed(home, "--blackbox"), "utf-8")
    quick = "global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [rules.yml]\n"
    (place / "prometheus.yml").write_text(quick + printed(home, "--scrape", *where), "utf-8")
    for argv in (
        (promtool, "check", "rules", "rules.yml"),
        (promtool, "check", "config", "prometheus.yml"),
        (blackbox, "--config.check", "--config.file=blackbox.yml"),
    ):
        done = subprocess.run(argv, cwd=place, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return place


@contextlib.contextmanager
def living(place: Path, home: Home, push: int = 1) -> Iterator[Server]:
    """A Prometheus that scrapes and evaluates what was exported, and the exporters beside it."""
    node, blackbox, prometheus = need("prometheus-node-exporter", "prometheus-blackbox-exporter", "prometheus")
    node_port, blackbox_port, port = free_port(), free_port(), free_port()
    places = (f"--node-exporter=127.0.0.1:{node_port}", f"--blackbox-exporter=127.0.0.1:{blackbox_port}")
    checked(place, home, *places, f"--pushgateway=127.0.0.1:{push}")
    url = f"http://127.0.0.1:{port}"
    with contextlib.ExitStack() as stack:
        own = f"--web.listen-address=127.0.0.1:{node_port}"
        stack.enter_context(running([node, own], ready=lambda: listening(node_port)))
        asks = [blackbox, f"--web.listen-address=127.0.0.1:{blackbox_port}", f"--config.file={place / 'blackbox.yml'}"]
        stack.enter_context(running(asks, ready=lambda: listening(blackbox_port)))
        argv = [prometheus, f"--config.file={place / 'prometheus.yml'}", f"--storage.tsdb.path={place / 'data'}"]
        argv += [f"--web.listen-address=127.0.0.1:{port}", "--web.enable-lifecycle"]
        process = stack.enter_context(running(argv, ready=lambda: http_ready(url)))
        yield Server(url, process, place / "rules.yml")


@contextlib.contextmanager
def open_port(port: int) -> Iterator[None]:
    """Somebody listens there."""
    with socket.create_server(("127.0.0.1", port)):
        yield
