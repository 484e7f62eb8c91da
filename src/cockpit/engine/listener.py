"""Listens to a runbook's program when the cockpit that started it is no more: a process of its own, one for each program.

It holds the reading end of the program's output beside the cockpit and does nothing, until the cockpit is gone; only then it reads.
Without it a program that prints would be ended by SIGPIPE the moment the cockpit is killed, half-way through a repair. What it
reads goes on at the end of the run's output file, `MOST` bytes of it; the rest goes nowhere. It ends when the program, and whatever
else holds its output, has ended; and the cockpit ends it once a step is over.

What may not be seen of it, the secrets of the run, the cockpit tells it by the pipe whose end is the cockpit's: each with its
length before it, in four bytes. A secret of no length says that the cockpit is not gone, but has left the program to itself.

It is executed as a file (``python -I -S listener.py OUTPUT LIFE FILE``, numbers of descriptors) and imports nothing but ``os`` and
``signal``, so that it costs the machine little. That is why `Mask` is here: what hides secrets while the cockpit is there must hide
them afterwards in the same way.
"""

import os
import signal
import sys

MOST = 2**20
"""Bytes that are kept of what a program prints without its cockpit."""
HIDDEN = b"***"
"""What stands for a secret."""
SHORTEST = 4
"""Bytes of a secret, and of the beginning of one, that are hidden at least."""
LONGEST_SEQUENCE = 1024
"""Bytes of an escape sequence; what goes on longer is none."""
HOLDS = 2**16
"""Bytes, escape sequences among them, that are held back where they might yet become a secret."""
_ESC = 0x1B
_CONTROLS = bytes(code for code in (*range(0x20), 0x7F) if code not in b"\t\n\r")
_PARAMETERS, _BETWEEN = bytes(range(0x20, 0x40)), bytes(range(0x20, 0x30))
_SAFE = {code: "?" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"}
_HERE = "\n… the cockpit was killed here; the program went on and printed: …\n"
_LEFT = "\n… the run has ended here; the program went on, as it should, and printed: …\n"


class Mask:
    """Takes ``secrets`` out of a stream of bytes, however it is cut into pieces, and whatever escape sequences and control
    characters stand in their middle. Where several overlap, or one begins another, all that belongs to any of them is hidden."""

    def __init__(self, secrets: list[bytes]) -> None:
        self.secrets = secrets
        self._held = b""
        self._covered = 0  # so many bytes at the beginning of what is held belong to a secret that stands as hidden already

    def pass_on(self, data: bytes) -> bytes:
        """What may be shown of it; an end that may be the beginning of a secret is held back."""
        data = self._held + data
        read = self._read(data)
        return self._passed(data, len(data) - self._begun(data, read)[0], self._spans(read))

    def whole(self, text: bytes) -> bytes:
        """What may be shown of a text that came in one piece."""
        return self._passed(text, len(text), self._spans(self._read(text)))

    def found(self, text: bytes) -> list[tuple[int, int]]:
        """Where secrets stand in a text that came in one piece, from where to where, in their order."""
        return _joined(self._spans(self._read(text)))

    def rest(self) -> bytes:
        """What was held back, at the end. What is still the beginning of a secret, and not just a few bytes, is hidden."""
        data, read = self._held, self._read(self._held)
        (begun, letters), spans = self._begun(data, read), self._spans(read)
        if letters >= SHORTEST:
            spans.append((len(data) - begun, len(data)))
        return self._passed(data, len(data), spans)

    def _passed(self, data: bytes, cut: int, spans: list[tuple[int, int]]) -> bytes:
        """``data`` up to ``cut`` without what ``spans`` cover; the rest is held."""
        goes_on = self._covered > 0
        shown, at = bytearray(), 0
        for start, end in _joined(spans):
            if start >= cut:
                break
            shown += data[at:start]
            if start or not goes_on:
                shown += HIDDEN
            at = end
        shown += data[at:cut]
        self._held, self._covered = data[cut:], max(0, at - cut)
        return bytes(shown)

    def _read(self, data: bytes) -> "list[_Reading]":
        return _readings(data) if self.secrets else []

    def _spans(self, readings: "list[_Reading]") -> list[tuple[int, int]]:
        """Wherever a secret stands in it, from where to where."""
        found = [(0, self._covered)] if self._covered else []
        for read in readings:
            for secret in self.secrets:
                at = read.text.find(secret)
                while at >= 0:
                    found.append((read.place(at), read.place(at + len(secret) - 1) + 1))
                    at = read.text.find(secret, at + 1)
        return found

    def _begun(self, data: bytes, readings: "list[_Reading]") -> tuple[int, int]:
        """So many bytes at the end of it are the beginning of a secret, and so many of that secret they are."""
        most = (0, 0)
        for read in readings:
            letters = self._begins(read.text)
            held = len(data) - read.place(len(read.text) - letters) if letters else 0
            if held > most[0] and (held == letters or held <= HOLDS):
                most = held, letters
        return most

    def _begins(self, text: bytes) -> int:
        """So many letters at the end of a text are the beginning of a secret."""
        most = 0
        for secret in self.secrets:
            end = text[-(len(secret) - 1) :] if len(secret) > 1 else b""
            at = end.find(secret[:1])
            while at >= 0 and len(end) - at > most:
                if secret.startswith(end[at:]):
                    most = len(end) - at
                at = end.find(secret[:1], at + 1)
        return most


class _Reading:
    """What is read in some bytes: a ``text``, of the ``stretches`` (from where to where) without control characters; all of them as
    they are, where there are none. Where a byte of it stands is reckoned when it is asked for: that is seldom."""

    def __init__(self, text: bytes, data: bytes, stretches: list[tuple[int, int]] | tuple[tuple[int, int], ...]) -> None:
        self.text, self._data, self._stretches = text, data, stretches
        self._places: list[int] = []

    def place(self, at: int) -> int:
        """Where the byte at that place of the text stands."""
        if not self._stretches:
            return at
        if not self._places:
            data = self._data
            self._places = [n for start, end in self._stretches for n in range(start, end) if data[n] not in _CONTROLS]
        return self._places[at]


def _readings(data: bytes) -> list[_Reading]:
    """What of it can be read: as it is; without escape sequences, as a terminal shows it; and without control characters alone, as
    they are shown where they are made harmless."""
    bare = data.translate(None, _CONTROLS)
    if len(bare) == len(data):
        return [_Reading(data, data, ())]
    whole = ((0, len(data)),)
    readings = [_Reading(data, data, ()), _Reading(bare, data, whole)]
    if b"\x1b" in data:
        stretches = _stretches(data)
        text = b"".join([data[start:end] for start, end in stretches])
        readings.append(_Reading(text.translate(None, _CONTROLS), data, stretches))
    return readings


def _stretches(data: bytes) -> list[tuple[int, int]]:
    """What stands between its escape sequences."""
    found: list[tuple[int, int]] = []
    at, esc = 0, data.find(b"\x1b")
    while esc >= 0:
        if esc > at:
            found.append((at, esc))
        at = _behind(data, esc)
        esc = data.find(b"\x1b", at)
    found.append((at, len(data)))
    return found


def _behind(data: bytes, esc: int) -> int:
    """Where the escape sequence ends that begins there (ECMA-48, 5.3 to 5.6); one that may go on ends with the data."""
    kind, end = data[esc + 1 : esc + 2], min(len(data), esc + LONGEST_SEQUENCE)
    if kind and kind in b"]PX^_":
        ends = [found for found in (data.find(b"\a", esc, end), data.find(b"\x1b\\", esc + 1, end)) if found >= 0]
        over = min(ends) + 1 if ends else end
        return over + (data[over - 1] == _ESC)
    csi = kind == b"["
    at = end - len(data[esc + 1 + csi : end].lstrip(_PARAMETERS if csi else _BETWEEN))
    if at == esc + LONGEST_SEQUENCE:
        return esc + 1
    return at + 1 if at < end and 0x30 <= data[at] <= 0x7E else at


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """In their order, those that overlap as one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def listen(output: int, life: int, file: int) -> None:
    """Wait for the end of ``life``, a pipe whose other end only the cockpit holds; then read ``output`` until it ends, too. What is
    read goes to ``file``; -1 if the output is not kept."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # who ends the cockpit by its name or its group does not mean the repair
    told = b""
    while data := os.read(life, 65536):
        told += data
    secrets, here = _secrets(told)
    os.set_blocking(output, True)  # as the cockpit had it, it was not; now nobody else reads it
    left, mask = MOST if file >= 0 else 0, Mask(secrets)
    while data := os.read(output, 65536):
        left = _kept(file, mask.pass_on(data), left, here)
    _kept(file, mask.rest(), left, here)


def _secrets(told: bytes) -> tuple[list[bytes], str]:
    """(what may not be seen, what stands before the output)."""
    secrets: list[bytes] = []
    here = _HERE
    while len(told) >= 4:
        size = int.from_bytes(told[:4], "big")
        if size:
            secrets.append(told[4 : 4 + size])
        else:
            here = _LEFT
        told = told[4 + size :]
    return secrets, here


def _kept(file: int, data: bytes, left: int, here: str) -> int:
    """Write it, as far as there is room; gives what is left of that."""
    if left <= 0 or not data:
        return left
    try:
        if left == MOST:
            os.write(file, here.encode())
        os.write(file, data[:left].decode("utf-8", "replace").translate(_SAFE).encode())
    except OSError:
        return 0  # the disk is full, and perhaps this very run is freeing it
    return left - len(data)


if __name__ == "__main__":
    listen(*map(int, sys.argv[1:4]))
