"""Why an action cannot be done now: asked once, answered the same in footer, palette, help, toast and on the command line."""

from __future__ import annotations

from .actions import Action
from .view import View


def why_not(action: Action | type, view: View, can: frozenset[tuple[str, str]]) -> str | None:
    """The reason for the person, or ``None`` if it can be done.

    ``can`` holds (source, capability) pairs such as ``("local", "Acks")``. Given a class, the answer is the general one (read-only,
    no journal); given an action, it looks at its targets.
    """
    raise NotImplementedError
