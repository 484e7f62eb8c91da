"""Whether a tree of files is still as it was gone through: told by asking for each directory and file once more, which takes a
quarter of going through it again."""

from __future__ import annotations

import os
import time

Mark = tuple[int, ...]
"""How a file or directory differs from itself at another time."""

UNSETTLED = 2.0
"""Seconds for which a directory that changed is not relied upon: file systems count time in ticks, and what comes within the same
tick leaves no trace."""


def mark_of(facts: os.stat_result) -> Mark:
    """What differs whenever the contents, the owner's rights or the thing itself do."""
    return (facts.st_dev, facts.st_ino, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size, facts.st_mode)


class Standing:
    """``saw`` is told of all that was gone through. A directory's own mark tells of what was put into it, taken away or renamed; of
    what was written within a file, only that file's does."""

    def __init__(self) -> None:
        self._marks: dict[str, Mark] = {}
        self._settled = True

    def saw(self, path: str, facts: os.stat_result, *, directory: bool = False) -> Mark:
        """Remember it, and give back its mark."""
        if directory and facts.st_ctime > time.time() - UNSETTLED:
            self._settled = False
        found = self._marks[path] = mark_of(facts)
        return found

    def doubt(self) -> None:
        """Something could not be looked at: nothing tells whether that changes."""
        self._settled = False

    @property
    def still(self) -> bool:
        """Whether everything is there as it was seen. Asks the disk."""
        if not self._settled:
            return False
        try:
            return all(mark_of(os.stat(path, follow_symlinks=False)) == mark for path, mark in self._marks.items())
        except OSError:
            return False
