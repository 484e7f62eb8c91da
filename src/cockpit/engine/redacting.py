"""Secrets kept out of what a run prints, however programs spell them, and whatever the pieces in which they come."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator

from .listener import HIDDEN, SHORTEST, Mask

_CUT = "…"  # what `core.text.clean` puts where a text was too long
_NAME = r"⟨U\+[0-9A-F]{4,6}⟩"  # how it names what is not seen
_DRAWN, _SIGN = re.compile(f"[\u2400-\u2421]|{_NAME}"), re.compile(f"{_NAME}|.", re.DOTALL)
_COLUMNS = (64, 76)  # at which openssl and base64(1) break their lines
_CODE = re.compile("%[0-9A-F]{2}")
_WITNESS = 16  # characters of such a line that can be no accident


class Redactor:
    """Takes out of a stream what it is told to `hide`."""

    def __init__(self) -> None:
        self._mask = Mask([])

    @property
    def hides(self) -> bool:
        """Whether there is anything to hide."""
        return bool(self._mask.secrets)

    @property
    def hidden(self) -> tuple[bytes, ...]:
        """All that is hidden."""
        return tuple(self._mask.secrets)

    def hide(self, secret: str) -> tuple[bytes, ...]:
        """Nothing of this may be seen from now on, nor as it stands in JSON, in an address, in HTML, in quotes of a shell, in hex,
        or in base64, by itself or in the middle of something else (``user:secret``); of a secret of several lines, no line of it.
        What is shorter than `SHORTEST` is not hidden: every line would be full of holes, and so tell it. Gives what is hidden now
        and was not before."""
        known = set(self._mask.secrets)
        forms = dict.fromkeys(_forms(secret))
        more = tuple(form for form in forms if len(form.strip()) >= SHORTEST and form not in known)
        self._mask.secrets += more
        return more

    def pass_on(self, data: bytes) -> bytes:
        """What may be shown of ``data``; an end that may be the beginning of a secret is held back."""
        return self._mask.pass_on(data) if self._mask.secrets else data

    def rest(self) -> bytes:
        """What was held back, at the end; what is still the beginning of a secret is hidden, but for a few bytes."""
        return self._mask.rest()

    def line(self, text: str) -> str:
        """A line of our own, without secrets, nor the beginning of one where the line was cut."""
        if not self._mask.secrets:
            return text
        if not text.isprintable() or _DRAWN.search(text) is not None:
            text = self._undrawn(text)
        whole = Mask(self._mask.secrets).whole(text.encode("utf-8", "surrogateescape"))
        *cut, last = whole.split(_CUT.encode())
        ends = [Mask(self._mask.secrets) for _ in cut]
        shown = [mask.pass_on(part) + mask.rest() for mask, part in zip(ends, cut, strict=True)]
        return _CUT.encode().join((*shown, last)).decode("utf-8", "surrogateescape")

    def _undrawn(self, text: str) -> str:
        """Without the secrets in whose middle stands what nobody would see, or what `core.text.clean` has made of that."""
        raw, places = bytearray(), list[tuple[int, int]]()
        for found in _SIGN.finditer(text):
            meant = _meant(found[0])
            raw += meant
            places += [found.span()] * len(meant)
        shown, at = list[str](), 0
        for start, end in Mask(self._mask.secrets).found(bytes(raw)):
            shown += text[at : places[start][0]], HIDDEN.decode()
            at = places[end - 1][1]
        return "".join((*shown, text[at:]))


def _meant(sign: str) -> bytes:
    """What a sign of a cleaned text was before: a picture its control character, a name or an unseen character one that is none."""
    code = ord(sign) if len(sign) == 1 else int(sign[3:-1], 16)
    if 0x2400 <= code <= 0x2421:
        return bytes((0x7F if code == 0x2421 else code - 0x2400,))
    if 0x80 <= code <= 0x9F:
        return bytes((0x1B, code - 0x40))  # ECMA-48, 5.3: the same in seven bits
    if len(sign) > 1 or not (sign.isascii() or sign.isprintable() or 0xD800 <= code <= 0xDFFF):
        return b"\0"
    return sign.encode("utf-8", "surrogateescape")


def _forms(secret: str) -> Iterator[bytes]:
    """A secret as programs print it."""
    import html  # deferred: its table of entities is half a megabyte, and few runs have a secret

    whole = secret.encode("utf-8", "surrogateescape")
    yield whole
    yield from whole.splitlines()
    yield from _in_addresses(whole)
    yield json.dumps(secret, ensure_ascii=True)[1:-1].encode()
    yield json.dumps(secret, ensure_ascii=False)[1:-1].encode("utf-8", "surrogateescape")
    yield html.escape(secret).encode("utf-8", "surrogateescape")
    yield html.escape(secret, quote=False).encode("utf-8", "surrogateescape")
    yield from (whole.replace(b"'", quote) for quote in (b"'\\''", b"'\"'\"'"))  # sh -x; shlex.quote
    yield whole.hex().encode()
    yield whole.hex().upper().encode()
    for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
        code = alphabet(whole).rstrip(b"=")
        yield code
        for before in range(3):
            # what stands before it in the same text moves it; the signs that it shares with its neighbours are left out
            full = (before + len(whole)) * 8 // 6
            yield alphabet(bytes(before) + whole)[(before * 8 + 5) // 6 : full]
        for width in _COLUMNS:
            lines = (code[at : at + width] for at in range(0, len(code), width))
            yield from (line for line in lines if len(line) >= _WITNESS)


def _in_addresses(whole: bytes) -> Iterator[bytes]:
    """Percent-encoded, RFC 3986, 2.1: as the usual functions do it, and every byte; with capitals and without."""
    from urllib.parse import quote, quote_plus  # deferred: most runs hide nothing

    coded = [quote(whole, safe=kept) for kept in ("", "/", "!*'()", ";,/?:@&=+$!*'()#")]
    for form in (*coded, quote_plus(whole), "".join(f"%{byte:02X}" for byte in whole)):
        yield form.encode()
        yield _CODE.sub(lambda code: code[0].lower(), form).encode()
