"""Where a link goes: into a browser with a window of its own, where there is one, else to the clipboard."""

from __future__ import annotations

import os
import sys

from textual.app import App

from ..core.text import clean


def browsed(app: App[object], url: str) -> str:
    """Open an address, or copy it: a browser in this terminal would draw over the board. Gives what was done, for the person."""
    windowed = sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    if url.startswith(("http://", "https://")) and windowed and "SSH_CONNECTION" not in os.environ:
        app.open_url(url)
        return f"opened {clean(url)}"
    app.copy_to_clipboard(url)
    return f"copied, no browser here: {clean(url)}"
