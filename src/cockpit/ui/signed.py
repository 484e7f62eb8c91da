"""What the two lines of the board share: a sign before what is typed, and that they open and close over the footer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textual.widget import Widget


class Signed(Widget):
    """A line that is hidden until it is opened. ``turns`` are the keys that type nothing, each with what it does: they come
    in their turn among those that do."""

    DEFAULT_CSS = """
    Signed { height: auto; display: none; layout: vertical; }
    Signed.-open { display: block; }
    Signed > Horizontal { height: 1; }
    Signed .sign { width: 2; height: 1; color: $accent; text-style: bold; }
    Signed Typed { width: 1fr; border: none; height: 1; padding: 0; background: $panel; }
    """
    turns: Mapping[str, Callable[[], None]] = {}

    @property
    def is_open(self) -> bool:
        """Whether it has the keys."""
        return self.has_class("-open")

    def close(self) -> None:
        """Hide it, and give the keys back."""
        self.remove_class("-open")
        self.screen.set_focus(None)

    def turn(self, key: str) -> bool:
        """Do what a key does that types nothing; gives back whether it is one."""
        act = self.turns.get(key)
        if act is not None:
            act()
        return act is not None
