"""A real nginx of a test's own, on a port of its own."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from .real import free_port, listening, need, wait_until

__all__ = ["Nginx"]

NGINX = """
daemon on;
pid {here}/nginx.pid;
error_log {here}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {here}/body; proxy_temp_path {here}/proxy; fastcgi_temp_path {here}/fastcgi;
  uwsgi_temp_path {here}/uwsgi; scgi_temp_path {here}/scgi;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 "the shop is open"; }} }}
}}
"""


class Nginx:
    """One of its own, on a port of its own."""

    def __init__(self, here: Path) -> None:
        (self.program,) = need("nginx")
        self.here, self.port = here, free_port()
        here.mkdir()
        (here / "nginx.conf").write_text(NGINX.format(here=here, port=self.port))

    def start(self) -> None:
        subprocess.run((self.program, "-c", str(self.here / "nginx.conf")), check=True, timeout=20, capture_output=True)
        wait_until(lambda: listening(self.port), 20, "nginx")

    def stop(self) -> None:
        """By its master's id, as `nginx -s stop` does."""
        pid = self.master
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not listening(self.port) and not self.runs, 20, "nginx to end")

    @property
    def master(self) -> int:
        return int((self.here / "nginx.pid").read_text())

    @property
    def runs(self) -> bool:
        return (self.here / "nginx.pid").exists()
