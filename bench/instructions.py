"""How many instructions it takes from exec to the first live frame (bar 2), and to that of a bare Textual app, counted by valgrind:
a figure that a busy machine does not change, where times double. It counts no system calls and no waiting.

``python bench/instructions.py``, with `valgrind` installed. The first run of each fills caches and is not told.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from subject import BARE, Pty, options, subject, versions

END = """
import os
class Ends(Bare):
    def on_mount(self):
        self.call_after_refresh(lambda: os._exit(0))
Ends().run()
"""
"""In place of the bare app's last line: it ends when it has been drawn."""

OURS = """
import importlib.util, os, sys
from cockpit.cli import main

class Ends:
    def find_spec(self, name, path=None, target=None):
        if name != "cockpit.cli.screen":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        load = spec.loader.exec_module
        def loaded(module):
            load(module)
            module._drawn, module.AT_THE_LATEST = lambda desk: os._exit(0), 1000.0
        spec.loader.exec_module = loaded
        return spec

sys.meta_path.insert(0, Ends())
sys.argv = ["cockpit"]
main([])
"""
"""The command, which ends when its first live frame has gone to the terminal, and begins no engine before."""


def counted(script: str, environ: dict[str, str | None]) -> int:
    """Instructions until the script ends."""
    with tempfile.TemporaryDirectory() as folder:
        file, log = Path(folder) / "script.py", Path(folder) / "log"
        file.write_text(script, "utf-8")
        argv = ["valgrind", "--tool=cachegrind", "--cache-sim=no", f"--log-file={log}", "--cachegrind-out-file=/dev/null"]
        with Pty([*argv, sys.executable, str(file)], env={**environ, "PYTHONHASHSEED": "0"}, draws=False) as terminal:
            terminal.wait_exit(timeout=300)
        found = re.search(r"I\s*refs:\s*([\d,]+)", log.read_text("utf-8"))
    if found is None:
        raise SystemExit("valgrind did not say how many")
    return int(found[1].replace(",", ""))


def main() -> None:
    """Count and print."""
    chosen = options(__doc__ or "").parse_args()
    with subject(chosen) as cockpit:
        with cockpit.opened() as terminal:  # leaves a last known board behind
            terminal.wait_for(cockpit.ready, timeout=60)
            terminal.send("q")
            terminal.wait_exit(timeout=60)
        bare = BARE.replace("Bare().run()\n", END)
        once, ours = ([counted(script, cockpit.env) for _ in range(2)][1] for script in (bare, OURS))
    print(versions())
    print(f"bare Textual app  {once / 1e6:7.1f} million instructions")
    print(f"cockpit, live     {ours / 1e6:7.1f} million instructions, × {ours / once:.3f}")


if __name__ == "__main__":
    main()
