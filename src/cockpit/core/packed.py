"""Alerts by the hundred thousand: what they say is kept small, and becomes texts when somebody looks.

An alert as Prometheus makes it is a kilobyte of JSON, and two kilobytes of Python objects. Nearly all of it is said by a thousand
others too, or is read by nobody before the cursor is on that alert. So the value of a label that has few of them is a number of one
or two bytes (`Column`), the other values and the summary are one run of UTF-8, and annotations and links are deflated behind a
dictionary of what alerts of this source say (RFC 1951; `zlib` calls it ``zdict``).
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable, Hashable, ItemsView, Iterator, Mapping, ValuesView
from struct import Struct
from types import MappingProxyType
from typing import Any, TypeVar, cast

import msgspec

from .alerts import Alert, Link
from .links import links_of
from .text import clean, clean_block

H = TypeVar("H", bound=Hashable)

_FEW, _FEWEST = 1024, 256
"""Values of one label that are numbered, in two bytes or in one; those of a label with more are kept as they are."""
_NAMES = 256
"""Labels with numbered values, at most."""
_SHAPES = 4096
"""Sets of labels that are remembered, to be used again."""
_SHARED = 16384
"""Values that are remembered, to be used again."""
_BETWEEN = "\x1f"  # no clean text has it
_WINDOW, _MEMORY, _LEVEL = 12, 3, 1  # of deflate: 4 KB are looked back on, which is quick to begin anew for each alert
_WORDS = 1 << _WINDOW
_FIRST, _THEN, _EACH = 64, 8192, 61  # the dictionary is renewed after so many alerts, out of one of so many
_PLAIN = 2000  # characters that `clean` leaves whole
_NONE: Mapping[str, str] = MappingProxyType({})
_LENGTH = 4


class Column:
    """The values of one label, numbered as they come. ``most`` are numbered: as many as a byte can tell apart, then more."""

    __slots__ = ("_codes", "full", "most", "values")

    def __init__(self) -> None:
        self.values: list[str] = []
        self._codes: dict[str, int] = {}
        self.full, self.most = False, _FEWEST

    def code(self, value: str, most: int) -> int:
        """The number of a value; -1 where it is none of the first ``most``: from then on it is kept otherwise."""
        found = self._codes.get(value)
        if found is None:
            found = len(self.values)
            if found == self.most:
                self.full, self.most = self.most == _FEW, _FEW
                return -1
            self.values.append(value)
            self._codes[value] = found
        return found if found < most else -1


class _Dictionary:
    """What alerts of a source say again and again, and how a text is deflated behind that."""

    __slots__ = ("_primed", "words")

    def __init__(self, words: bytes) -> None:
        self.words = words
        self._primed = zlib.compressobj(_LEVEL, zlib.DEFLATED, -_WINDOW, _MEMORY, zlib.Z_DEFAULT_STRATEGY, words)

    def packed(self, text: bytes) -> bytes:
        packer = self._primed.copy()
        return packer.compress(text) + packer.flush()

    def unpacked(self, data: bytes) -> bytes:
        return zlib.decompressobj(-_WINDOW, zdict=self.words).decompress(data)


class Shape:
    """A set of labels, and where what is kept of an alert has the value of each: the numbered ones first (those of two bytes before
    those of one), then the length of the texts, the texts (the summary is the last), and the rest deflated."""

    __slots__ = ("_begin", "_head", "_kept", "_numbered", "_places", "dictionary", "names")

    def __init__(self, names: tuple[str, ...], columns: Mapping[str, Column], dictionary: _Dictionary) -> None:
        self.names, self.dictionary = names, dictionary
        numbered = [(name, columns[name], columns[name].most) for name in names if name in columns]
        wide, slim = ([each for each in numbered if each[2] == most] for most in (_FEW, _FEWEST))
        self._numbered = (*wide, *slim)
        self._kept = tuple(name for name in names if name not in columns)
        self._places = {name: (number * 2, column.values, True) for number, (name, column, _) in enumerate(wide)}
        self._places |= {name: (len(wide) * 2 + number, column.values, False) for number, (name, column, _) in enumerate(slim)}
        self._begin = len(wide) * 2 + len(slim)
        self._head = Struct(f"<{len(wide)}H{len(slim)}BI")

    def kept(self, labels: Mapping[str, str], summary: str, rest: bytes) -> bytes | None:
        """An alert, packed; ``None`` where a label turns out to have too many values to number."""
        codes = [column.code(labels[name], most) for name, column, most in self._numbered]
        if -1 in codes:
            return None
        texts = _BETWEEN.join((*[labels[name] for name in self._kept], summary)).encode()
        return self._head.pack(*codes, len(texts)) + texts + self.dictionary.packed(rest)

    def label(self, data: bytes, name: str) -> str | None:
        """One label's value."""
        place = self._places.get(name)
        if place is not None:
            at, values, wide = place
            return values[data[at] | data[at + 1] << 8] if wide else values[data[at]]
        return self._texts(data)[self._kept.index(name)] if name in self._kept else None

    def labelled(self, data: bytes) -> dict[str, str]:
        """All labels, in their order."""
        numbers = self._head.unpack_from(data)
        found = dict.fromkeys(self.names, "")
        for (name, column, _), number in zip(self._numbered, numbers, strict=False):
            found[name] = column.values[number]
        found.update(zip(self._kept, self._texts(data), strict=False))
        return found

    def summary(self, data: bytes) -> str:
        """The summary."""
        return self._texts(data)[-1]

    def rest(self, data: bytes) -> tuple[str, dict[str, str]]:
        """(where it came from, its annotations), as they came."""
        start = self._begin + _LENGTH + self._length(data)
        generator, annotations = _REST.decode(self.dictionary.unpacked(data[start:]))
        summary = self.summary(data) if None in annotations.values() else ""
        return generator, {name: summary if value is None else value for name, value in annotations.items()}

    def _length(self, data: bytes) -> int:
        return int.from_bytes(data[self._begin : self._begin + _LENGTH], "little")

    def _texts(self, data: bytes) -> list[str]:
        start = self._begin + _LENGTH
        return data[start : start + self._length(data)].decode().split(_BETWEEN)


class Labels(Mapping[str, str]):
    """The labels of a packed alert; one of them costs no more than itself."""

    __slots__ = ("_data", "_shape")

    def __init__(self, shape: Shape, data: bytes) -> None:
        self._shape, self._data = shape, data

    def __getitem__(self, name: str) -> str:
        found = self._shape.label(self._data, name)
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._shape.names)

    def __len__(self) -> int:
        return len(self._shape.names)

    def __contains__(self, name: object) -> bool:
        return name in self._shape.names

    def items(self) -> ItemsView[str, str]:
        """All of them, unpacked at once."""
        return self._shape.labelled(self._data).items()

    def values(self) -> ValuesView[str]:
        """All of them, unpacked at once."""
        return self._shape.labelled(self._data).values()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Labels) and other._shape is self._shape and other._data == self._data:
            return True
        return len(self) == len(other) and self.items() == other.items() if isinstance(other, Mapping) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as a dict has none

    def __repr__(self) -> str:
        return repr(self._shape.labelled(self._data))


_REST = msgspec.json.Decoder(tuple[str, dict[str, str | None]])
_labels_of: Any = Alert.labels  # the fields themselves, which `Packed` hides
_annotations_of: Any = Alert.annotations
_links_of: Any = Alert.links
_summary_of: Any = Alert.summary


class Packed(Alert, frozen=True, kw_only=True, gc=False):
    """An alert whose labels, annotations, links and summary are unpacked whenever they are asked for. All of them are clean. Made
    by a `Packer`; what `msgspec.structs.replace` puts in the place of one of them counts."""

    shape: Shape
    kept: bytes

    @property  # type: ignore[misc]  # a field that is made when it is read
    def labels(self) -> Mapping[str, str]:
        """See `Alert`."""
        return _labels_of.__get__(self) or Labels(self.shape, self.kept)

    @property  # type: ignore[misc]  # as above
    def annotations(self) -> Mapping[str, str]:
        """See `Alert`."""
        return _annotations_of.__get__(self) or self.shape.rest(self.kept)[1]

    @property  # type: ignore[misc]  # as above
    def links(self) -> tuple[Link, ...]:
        """See `Alert`."""
        return _links_of.__get__(self) or links_of(*self.shape.rest(self.kept))

    @property  # type: ignore[misc]  # as above
    def summary(self) -> str:
        """See `Alert`."""
        return _summary_of.__get__(self) or self.shape.summary(self.kept)

    def label(self, name: str) -> str | None:
        """See `Alert`; nothing else is unpacked."""
        own = _labels_of.__get__(self)
        return own.get(name) if own else self.shape.label(self.kept, name)

    @property
    def untouched(self) -> bool:
        """Whether what it says is what its `Packer` was given, and so is clean."""
        fields = (_labels_of, _annotations_of, _links_of, _summary_of)
        return not any(field.__get__(self) for field in fields)

    def __eq__(self, other: object) -> bool:
        """As two alerts are; how they are packed does not matter."""
        if self is other:
            return True
        if isinstance(other, Packed) and self.shape is other.shape:
            return Alert.__eq__(self, other)  # what is packed alike says the same
        if not isinstance(other, Alert):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in Alert.__struct_fields__)

    def __ne__(self, other: object) -> bool:
        equal = self.__eq__(other)
        return NotImplemented if equal is NotImplemented else not equal

    __hash__ = None  # type: ignore[assignment]  # as an alert with labels has none


class Packer:
    """Packs the alerts of one source. What it is given may be of any kind: it is cleaned here (`core.text`)."""

    def __init__(self) -> None:
        self._columns: dict[str, Column] = {}
        self._shapes: dict[tuple[str, ...], Shape] = {}
        self._shared: dict[Hashable, Hashable] = {}
        self._dictionary = _Dictionary(b"")
        self._heard = deque[bytes](maxlen=64)
        self._packed, self._renew_at = 0, _FIRST

    def packed(
        self, labels: Mapping[str, str], annotations: Mapping[str, str], generator: str, summary: str, **facts: Any
    ) -> Packed:
        """An alert that says this; ``facts`` are the other fields of `Alert`."""
        if len(self._shared) > _SHARED:
            self._shared.clear()
        summary, generator = clean(summary), clean(generator)
        labels, annotations = clean_table(labels), clean_table(annotations, clean_block)
        said = {name: None if value == summary else value for name, value in annotations.items()}
        rest = msgspec.json.encode((generator, said))
        names = tuple(labels)
        while (kept := (shape := self._shape(names)).kept(labels, summary, rest)) is None:
            self._shapes.clear()  # a label's values turned out to be many: it is kept otherwise from now on
        self._hear(rest)
        return Packed(
            shape=shape, kept=kept, labels=_NONE, annotations=_NONE, links=(), summary="", **facts
        )  # one empty mapping for all: a default would be a new one for each

    def shared(self, value: H) -> H:
        """The very same object for what is equal: names, places and times come again and again."""
        return cast(H, self._shared.setdefault(value, value))

    def _shape(self, names: tuple[str, ...]) -> Shape:
        found = self._shapes.get(names)
        if found is None:
            for name in names:
                if name not in self._columns and len(self._columns) < _NAMES:
                    self._columns[name] = Column()
            open_ones = {name: self._columns[name] for name in names if name in self._columns and not self._columns[name].full}
            if len(self._shapes) >= _SHAPES:
                self._shapes.clear()
            found = self._shapes[names] = Shape(names, open_ones, self._dictionary)
        return found

    def _hear(self, rest: bytes) -> None:
        """Renew the dictionary from time to time: rules change, and the first alerts of a source say little of the others."""
        self._packed += 1
        if self._packed % _EACH == 0 or self._packed <= _FIRST:
            self._heard.append(rest[:_WORDS])
        if self._packed == self._renew_at:
            self._renew_at += _THEN
            self._dictionary = _Dictionary(b"".join(self._heard)[-_WORDS:])
            self._shapes.clear()


def clean_table(table: Mapping[str, str], read: Callable[[str], str] = clean) -> Mapping[str, str]:
    """Names and values cleaned; the very same where there is nothing to clean."""
    joined = "".join((*table, *table.values()))
    if len(joined) <= _PLAIN and joined.isascii() and joined.isprintable():
        return table
    safe = {clean(name): read(value) for name, value in table.items()}
    return table if safe == table else safe
