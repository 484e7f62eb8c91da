"""A probe's or provider's own settings, decoded into its struct."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest

from cockpit.config.decode import decode_settings
from cockpit.config.model import ConfigError
from cockpit.config.secrets import SecretError, resolve
from cockpit.core.units import Bound, Seconds
from cockpit.provider import Secret


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Auth(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    bearer: Secret | None = None
    user: str = ""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: str
    auth: Auth = Auth()
    every: Seconds = Seconds(15.0)
    limit: Bound | None = None
    limits: tuple[Bound, ...] = ()
    size: Annotated[int, msgspec.Meta(ge=1, le=10)] = 1
    mode: Literal["fast", "slow"] = "fast"
    colour: Colour = Colour.RED
    path: Path | None = None
    mixed: tuple[int | str, ...] = ()
    ratio: float = 0.5
    names: dict[str, str] = {}
    many: dict[str, Auth] = {}

    def __post_init__(self) -> None:
        if self.url == "bad":
            raise ValueError("url must not be bad")


def decode(**settings: object) -> Settings:
    return decode_settings(Settings, settings, lambda reference: resolve(reference, {"TOKEN": "canary-7"}))


def said(**settings: object) -> str:
    with pytest.raises(ConfigError) as caught:
        decode(**settings)
    return "\n".join(f"{p.key}: {p.what} ({p.hint})" for p in caught.value.problems)


def test_every_kind_of_value_is_read() -> None:
    got = decode(
        url="x",
        auth={"bearer": "env:TOKEN"},
        every="2m",
        limit="used > 5GB",
        limits=["a > 1", "b < 2"],
        size=3,
        mode="slow",
        colour="blue",
        path="/x",
        mixed=[200, "201-204"],
        ratio=1,
        names={"a": "b"},
        many={"one": {"user": "u"}},
    )
    assert got.auth.bearer is not None
    assert got.auth.bearer.reveal() == "canary-7"
    assert (got.every, got.limit and got.limit.value, len(got.limits)) == (Seconds(120), 5e9, 2)
    assert (got.size, got.mode, got.colour, got.path, got.mixed) == (3, "slow", Colour.BLUE, Path("/x"), (200, "201-204"))
    assert got.many["one"].user == "u"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "url is missing: it must be a text in quotes"),
        ({"url": "bad"}, "url must not be bad"),
        ({"url": 3}, 'url must be a text in quotes, like "this", not a number'),
        ({"url": "x", "ulr": 3}, "did you mean url?"),
        ({"url": "x", "auth": {"baerer": "env:TOKEN"}}, "auth.baerer: unknown key 'baerer' (did you mean bearer?)"),
        ({"url": "x", "auth": "env:TOKEN"}, "auth must be a table"),
        ({"url": "x", "size": 0}, "size must be at least 1"),
        ({"url": "x", "size": "3"}, "size must be a whole number, not a text"),
        ({"url": "x", "mode": "fsat"}, "mode must be one of fast, slow, not 'fsat' (did you mean fast?)"),
        ({"url": "x", "colour": "green"}, "colour must be one of red, blue, not 'green'"),
        ({"url": "x", "limits": ["a > 1", 3]}, 'limits[2] must be a text like "used_percent >= 80", not a number'),
        ({"url": "x", "limit": "used"}, "is not a bound"),
        ({"url": "x", "every": "soon"}, "is not a duration"),
        ({"url": "x", "names": {"a": 1}}, 'names.a: a must be a text in quotes, like "this", not a number'),
        ({"url": "x", "mixed": "200"}, 'write it as a list: ["200"]'),
    ],
)
def test_what_does_not_fit_is_said_in_a_sentence(settings: dict[str, object], words: str) -> None:
    assert words in said(**settings)


def test_every_fault_is_found_not_just_the_first() -> None:
    assert len(said(size=0, every="soon", ulr=1).splitlines()) == 4


@pytest.mark.parametrize("plain", ["canary-secret-9", "canary:secret-9", "Bearer canary-secret-9", 99123, ["canary-secret-9"]])
def test_a_secret_in_plain_text_is_refused_and_never_repeated(plain: object) -> None:  # safety 22
    words = said(url="x", auth={"bearer": plain})
    assert "keyring:NAME" in words
    assert "canary" not in words
    assert "99123" not in words


def test_a_secret_that_cannot_be_had_is_an_error_of_its_own() -> None:
    with pytest.raises(SecretError, match="no environment variable NOPE"):
        decode(url="x", auth={"bearer": "env:NOPE"})


@pytest.mark.parametrize(
    ("raw", "hint"),
    [
        ("yes", "write true, without quotes"),
        ("Off", "write false, without quotes"),
        ("loud", "write true or false, without quotes"),
    ],
)
def test_a_text_where_true_or_false_is_wanted_is_answered_with_the_bare_word(raw: str, hint: str) -> None:
    class Bell(msgspec.Struct, frozen=True):
        bell: bool = True

    with pytest.raises(ConfigError) as failed:
        decode_settings(Bell, {"bell": raw}, resolve)
    assert [problem.hint for problem in failed.value.problems] == [hint]
