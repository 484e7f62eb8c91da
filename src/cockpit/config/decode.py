"""TOML values → typed structs, with a sentence a person understands for everything that does not fit.

One decoder serves the cockpit's own structs and the ``Config`` of every probe and provider: it walks the struct's fields, so that
every fault is found and not just the first, and leaves single values to msgspec.
"""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ..core.alerts import SEVERITY_WORDS, Severity
from ..core.asking import CONFIGURED, Answers
from ..core.units import Bound, Seconds, bound, seconds
from ..provider import Secret
from . import sentences
from .faults import Faults, dotted, suggestion
from .locate import KeyPath
from .merge import NAMED
from .model import NOT_KEYS, Config

StructT = TypeVar("StructT", bound=msgspec.Struct)

Secrets = Callable[[str], Secret]
"""Turns a reference (``env:TOKEN``) into the secret; raises `SecretError`."""


class Field(msgspec.Struct, frozen=True):
    """A field of a struct ``owner``: its attribute's name, the file's key, and its default (`msgspec.NODEFAULT` where that is made
    anew each time, or there is none: then it is ``required``)."""

    owner: type[msgspec.Struct]
    name: str
    encode_name: str
    default: Any
    required: bool

    @property
    def type(self) -> object:
        """What its annotation says. Read when somebody asks: it costs more than to decode a value, and most are not in a file."""
        return _read(self.owner, self.name)


@cache
def fields_of(kind: type[msgspec.Struct]) -> tuple[Field, ...]:
    """The fields of a struct."""
    defaults = kind.__struct_defaults__
    missing = (msgspec.NODEFAULT,) * (len(kind.__struct_fields__) - len(defaults))
    said = zip(kind.__struct_fields__, kind.__struct_encode_fields__, (*missing, *defaults), strict=True)
    return tuple(
        Field(kind, name, key, msgspec.NODEFAULT if _made_anew(default) else default, default is msgspec.NODEFAULT)
        for name, key, default in said
    )


def _made_anew(default: object) -> bool:
    return type(default) is _FACTORY


class _Made(msgspec.Struct):
    each: list[object] = msgspec.field(default_factory=list)


_FACTORY = type(_Made.__struct_defaults__[0])


@cache
def _read(kind: type[msgspec.Struct], name: str) -> object:
    for owner in kind.__mro__:
        written = vars(owner).get("__annotations__", {})
        if name in written:
            alone = type(owner.__name__, (), {"__module__": owner.__module__, "__annotations__": {name: written[name]}})
            return typing.get_type_hints(alone, include_extras=True)[name]
    return next(field.type for field in msgspec.structs.fields(kind) if field.name == name)  # generic, or of a newer Python


class Bad(enum.Enum):
    """Stands where a value could not be decoded; its problem has been noted."""

    BAD = enum.auto()


BAD = Bad.BAD


def decode_settings(config_type: type[StructT], settings: Mapping[str, object], secrets: Secrets, name: str = "") -> StructT:
    """A probe's or provider's own keys as its ``Config``, secrets resolved with ``secrets``.

    Raises `ConfigError` for what does not fit (``name``, like ``traps.root-disk``, says where), `SecretError` for a secret that
    cannot be had.
    """
    faults = Faults(lambda _: (name or "settings", 0))
    decoded = Decoder(faults, secrets).struct(config_type, settings, ())
    faults.raise_if_any()
    if isinstance(decoded, Bad):  # pragma: no cover  # BAD comes with a problem, always
        raise TypeError(f"{config_type.__name__} was not decoded")
    return decoded


def misplaced(key: str) -> str:
    """The hint for a top-level key that was found inside a table; "" for every other key."""
    top = key in set(Config.__struct_encode_fields__) - {*NAMED, *NOT_KEYS}
    return f"top-level keys must stand before the first [table]: move {key} up" if top else ""


class Decoder:
    """Decodes values of one configuration; faults go to ``faults``, secret references through ``secrets``."""

    def __init__(self, faults: Faults, secrets: Secrets) -> None:
        self.faults = faults
        self.secrets = secrets

    def struct(self, kind: type[StructT], raw: object, path: KeyPath) -> StructT | Bad:
        """``raw`` as ``kind``; unknown keys are faults, with a suggestion."""
        fields = self.fields(kind, raw, path)
        return fields if isinstance(fields, Bad) else self.built(kind, fields, path)

    def built(self, kind: type[StructT], values: Mapping[str, object], path: KeyPath) -> StructT | Bad:
        """The struct of decoded ``values``; what its ``__post_init__`` refuses is a fault of the whole table."""
        if BAD in values.values():
            return BAD
        try:
            return kind(**values)
        except (ValueError, TypeError) as error:  # a Config's own rules speak through these
            self.faults.add(path, str(error))
            return BAD

    def fields(
        self, kind: type[msgspec.Struct], raw: object, path: KeyPath, *, without: Iterable[str] = (), also: Iterable[str] = ()
    ) -> dict[str, object] | Bad:
        """The fields of ``kind`` found in the table ``raw``, by attribute name; `BAD` for each that does not fit.

        ``without`` are attributes that are not keys of the file; ``also`` are keys which belong to somebody else here.
        """
        if not isinstance(raw, Mapping):
            self.faults.add(path, sentences.wrong_type(path, dict, raw))
            return BAD
        known = {f.encode_name: f for f in fields_of(kind) if f.name not in set(without)}
        others = set(also)
        out: dict[str, object] = {}
        for key, value in raw.items():
            if key in known:
                out[known[key].name] = self.value(known[key].type, value, (*path, key))
            elif key not in others:
                hint = (misplaced(str(key)) if path else "") or suggestion(str(key), (*known, *others))
                self.faults.add((*path, str(key)), f"unknown key {key!r}", hint)
        for key, field in known.items():
            if field.required and key not in raw:
                self.faults.add((*path, key), f"{key} is missing: it must be {sentences.wanted(field.type)}")
                out[field.name] = BAD
        return out

    def value(self, kind: object, raw: object, path: KeyPath) -> object:
        """One value as ``kind``, or `BAD`."""
        kind = _without_none(kind)
        if kind is object:  # whatever it is: the body of a request, say
            return raw
        special = _SPECIAL.get(kind) if isinstance(kind, type) else None
        if special is not None:
            return special(self, raw, path)
        origin, items = typing.get_origin(kind), typing.get_args(kind)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return self.struct(kind, raw, path)
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            return self.word({member.value: member for member in kind}, raw, path)
        if origin is typing.Literal:
            return self.word({item: item for item in items}, raw, path)
        if origin in (list, tuple, set, frozenset, Sequence) and items:
            return self.sequence(origin, items, raw, path, kind)
        if origin in (dict, Mapping) and len(items) == 2:
            return self.mapping(items[1], raw, path, kind)
        return self.leaf(kind, raw, path)

    def sequence(self, origin: object, items: tuple[object, ...], raw: object, path: KeyPath, kind: object) -> object:
        """A list, tuple or set of one kind of item; other shapes are left to msgspec."""
        if origin is tuple and (len(items) != 2 or items[1] is not Ellipsis):
            return self.leaf(kind, raw, path)
        if not isinstance(raw, list | tuple):
            self.faults.add(path, sentences.wrong_type(path, kind, raw), sentences.as_meant(path, kind, raw))
            return BAD
        values = [self.value(items[0], item, (*path, index)) for index, item in enumerate(raw)]
        if BAD in values:
            return BAD
        return values if origin is list else tuple(values) if origin in (tuple, Sequence) else frozenset(values)

    def mapping(self, item: object, raw: object, path: KeyPath, kind: object) -> object:
        """A table of freely named values of one kind."""
        if not isinstance(raw, Mapping):
            self.faults.add(path, sentences.wrong_type(path, kind, raw))
            return BAD
        values = {str(key): self.value(item, value, (*path, str(key))) for key, value in raw.items()}
        return BAD if BAD in values.values() else values

    def word(self, words: Mapping[str, object] | Mapping[object, object], raw: object, path: KeyPath) -> object:
        """One of a few words."""
        key = raw.lower() if isinstance(raw, str) and raw not in words else raw
        for word, value in words.items():
            if word == key and type(word) is type(key):
                return value
        said = repr(raw) if isinstance(raw, str) else sentences.called(raw)
        names = [str(word) for word in words]
        hint = suggestion(raw, names, listed=False) if isinstance(raw, str) else ""
        self.faults.add(path, f"{_last(path)} must be one of {', '.join(names)}, not {said}", hint)
        return BAD

    def leaf(self, kind: object, raw: object, path: KeyPath) -> object:
        """A single value, decoded by msgspec; its complaint becomes a sentence."""
        try:
            return msgspec.convert(raw, kind, dec_hook=_hook)
        except msgspec.ValidationError as error:
            self.faults.add(path, sentences.complaint(path, kind, raw, str(error)), sentences.as_meant(path, kind, raw))
        except (TypeError, NotImplementedError) as error:
            self.faults.add(path, f"{_last(path)} cannot be given in a file: {error}", "this is a fault of the plug-in")
        return BAD

    def bound(self, raw: object, path: KeyPath) -> object:
        """``used_percent >= 80``."""
        return self._read(bound, raw if isinstance(raw, str) else BAD, raw, Bound, path)

    def seconds(self, raw: object, path: KeyPath) -> object:
        """``2m``, ``1h30m`` or a number of seconds."""
        fits = isinstance(raw, str | int | float) and not isinstance(raw, bool)
        return self._read(seconds, raw if fits else BAD, raw, Seconds, path)

    def answers(self, raw: object, path: KeyPath) -> object:
        """The kind of a question that a config may ask."""
        return self.word(CONFIGURED, raw, path)

    def severity(self, raw: object, path: KeyPath) -> object:
        """A severity's word."""
        return self.word(SEVERITY_WORDS, raw, path)

    def secret(self, raw: object, path: KeyPath) -> object:
        """A reference to a secret. The value is never repeated: it may be the secret itself."""
        from .secrets import malformed

        wrong = malformed(raw) if isinstance(raw, str) else f"must be a reference, not {sentences.called(raw)}"
        if wrong:
            hint = 'write "keyring:NAME", "env:NAME", "file:PATH" or "command:PROGRAM ARGUMENTS"'
            self.faults.add(path, f"{_last(path)} {wrong}", hint)
            return BAD
        return self.secrets(str(raw))

    def _read(self, reader: Callable[..., object], fit: object, raw: object, kind: type, path: KeyPath) -> object:
        if fit is BAD:
            self.faults.add(path, sentences.wrong_type(path, kind, raw))
            return BAD
        try:
            return reader(fit)
        except ValueError as error:
            self.faults.add(path, f"{_last(path)}: {error}")
            return BAD


_SPECIAL: dict[type, Callable[[Decoder, object, KeyPath], object]] = {
    Answers: Decoder.answers,
    Bound: Decoder.bound,
    Seconds: Decoder.seconds,
    Severity: Decoder.severity,
    Secret: Decoder.secret,
}


def _without_none(kind: object) -> object:
    """``X`` of ``X | None``: TOML has no way to write None."""
    if typing.get_origin(kind) not in (typing.Union, types.UnionType):
        return kind
    rest = [item for item in typing.get_args(kind) if item is not type(None)]
    return rest[0] if len(rest) == 1 else kind


def _hook(kind: type, raw: object) -> object:
    """The kinds msgspec does not know by itself, where they stand deep inside others."""
    if kind is Seconds and isinstance(raw, str | int | float):
        return seconds(raw)
    if kind is Path and isinstance(raw, str):
        return Path(raw).expanduser()
    raise NotImplementedError(f"{kind.__name__} has no form in TOML")


def _last(path: KeyPath) -> str:
    """The key a sentence speaks of: ``warn``, ``people[2]``."""
    names = [index for index, part in enumerate(path) if isinstance(part, str)]
    return dotted(path[names[-1] :]) if names else dotted(path) or "it"
