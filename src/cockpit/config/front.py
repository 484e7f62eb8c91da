"""The front matter of a Markdown file: YAML between two lines ``---``, of which only what cannot surprise is read.

PyYAML gives the nodes with their lines and nothing else: no tag, no anchor, no alias, no merge key and no key twice gets through,
and plain words are what the core schema of YAML 1.2 (10.3.2) makes of them, so that ``no`` and ``on`` are words.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..core.text import clean
from .locate import KeyPath

if TYPE_CHECKING:
    import yaml

LIMIT = 32_768
"""No front matter is larger, in characters."""

_FENCE = re.compile(r"---[ \t]*\n")
_END = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.MULTILINE)
_INT, _FLOAT = re.compile(r"[-+]?[0-9]{1,18}"), re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, object] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_PLAIN = frozenset({"tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"})
"""What PyYAML's resolver gives to nodes that have no tag of their own."""


class FrontError(ValueError):
    """It cannot be read. ``line`` is that of the file, from 1."""

    def __init__(self, line: int, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.line, self.hint = line, hint


def split(text: str) -> tuple[str | None, str, int]:
    """The front matter (``None``: there is none), what follows it, and the line on which that begins, from 1."""
    opening = _FENCE.match(text)
    closing = _END.search(text, opening.end()) if opening is not None else None
    if opening is None or closing is None:
        return None, text, 1
    return text[opening.end() : closing.start()], text[closing.end() :], text.count("\n", 0, closing.end()) + 1


def read(front: str) -> tuple[dict[str, object], dict[KeyPath, int]]:
    """The keys of a front matter as they would be in TOML, and the line of each in the file. Raises `FrontError`."""
    import yaml  # deferred: a cockpit without Markdown runbooks needs none

    if len(front) > LIMIT:
        raise FrontError(1, f"the front matter is longer than {LIMIT:,} characters")
    try:
        root = yaml.compose(front, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = clean(": ".join(filter(None, (error.context, error.problem))), 200)
        hint = 'a text that holds ": " or " #", or begins with { [ * & ! | > % @, stands in quotes'
        raise FrontError((mark.line if mark is not None else 0) + 2, f"broken YAML: {said}", hint) from None
    except yaml.YAMLError as error:
        raise FrontError(2, f"broken YAML: {clean(str(error), 200)}") from None
    except RecursionError:
        raise FrontError(2, "is nested too deeply to be read") from None
    if root is None:
        return {}, {}
    walk = _Walk()
    table = walk.value(root, ())
    if not isinstance(table, dict):
        raise FrontError(2, "the front matter must be keys and values, like title: Free space")
    return table, walk.lines


class _Walk:
    def __init__(self) -> None:
        self.lines: dict[KeyPath, int] = {}
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, path: KeyPath) -> object:
        import yaml

        line = node.start_mark.line + 2
        if id(node) in self._seen:
            raise FrontError(line, "anchors and aliases (&, *) are not read here", "write it out")
        self._seen.add(id(node))
        if node.tag not in _PLAIN:
            raise FrontError(line, f"tags ({clean(node.tag, 60)}) are not read here", "a text that begins with ! stands in quotes")
        if isinstance(node, yaml.MappingNode):
            return self._table(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._item(each, (*path, index)) for index, each in enumerate(node.value)]
        text = str(node.value)
        return text if isinstance(node, yaml.ScalarNode) and node.style else _scalar(text)

    def _item(self, node: yaml.Node, path: KeyPath) -> object:
        self.lines[path] = node.start_mark.line + 2
        return self.value(node, path)

    def _table(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, object]:
        table: dict[str, object] = {}
        for key, value in node.value:
            line = key.start_mark.line + 2
            name = str(key.value)
            if isinstance(key.value, list):
                raise FrontError(line, "a key must be a word")
            if name in table:
                raise FrontError(line, f"{clean(name, 60)} stands here twice", "keep one")
            self.lines[(*path, name)] = line
            table[name] = self.value(value, (*path, name))
        return table


def _scalar(text: str) -> object:
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
