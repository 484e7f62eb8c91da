"""What a replay has on the screen beside the board: the line that says at which moment one is, and what its keys do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from ..core.recorded import position_of
from ..core.units import say_number
from ..engine.driven import Driven, Progress
from .keys import Key
from .look import Look
from .spans import Span, Spans, between, width_of
from .status import Line

if TYPE_CHECKING:
    from .board import Board

MINUTE, FAR = 60.0, 600.0
_HINTS = (("next-event", "next"), ("last-event", "last"), ("minute-on", "1 min"), ("far-on", "10 min"))


class Reel(Line):
    """Always there: that this is a replay, the recorded moment, the speed, whether it stands, how far it is; and the keys, while
    they are heard: a box that is open has them all."""

    def __init__(self, look: Look, table: Sequence[Key], replay: Driven) -> None:
        super().__init__(look, id="reel")
        self.replay = replay
        self._shown = {key.id: key.shown for key in table if key.keys}
        self._sought = replay.sought

    @property
    def moved(self) -> bool:
        """Whether one is at another moment than by the passing of time, since this was asked last."""
        before, self._sought = self._sought, self.replay.sought
        return before != self._sought

    def spans(self, width: int) -> Spans:
        at = self.replay.progress
        word: list[Span] = [(" ", ""), (f" {self.replay.word} ", "alarm"), (" ", "")]
        day, clock = (f"{at.now.day} {at.now:%b %Y} ", "muted"), (f"{at.now:%H:%M:%S} UTC", "strong")
        pace: Span = (f"  {_pace(at)}", "text" if at.plays and not at.ended else "warning")
        far: Span = (f"  {said_length(at.position)} of {said_length(at.length)}", "muted")
        named = (("pause", "again" if at.ended else "pause" if at.plays else "go on"), *_HINTS)
        hints: list[Span] = [
            span for id, text in named if id in self._shown for span in ((f"  {self._shown[id]}", "key"), (f" {text}", "muted"))
        ]
        if not self.screen.is_active:
            hints = []
        bar = _bar(at, 12)
        for left, right in (
            ([*word, day, clock, pace, far, ("  ", ""), *bar], [*hints, (" ", "")]),
            ([*word, day, clock, pace, far], [*hints, (" ", "")]),
            ([*word, day, clock, pace, far], [*hints[:6], (" ", "")]),
            ([*word, clock, pace, far], [*hints[:6], (" ", "")]),
            ([*word, clock, pace, far], [*hints[:2], (" ", "")]),
            ([*word, clock, pace, far], []),
        ):
            if width_of(left) + width_of(right) <= width:
                return between(left, right, width)
        return (*word, clock, pace)


def _pace(at: Progress) -> str:
    if at.ended:
        return "ended"
    return f"{'at' if at.plays else 'paused, at'} {say_number(at.speed)}×"


def _bar(at: Progress, cells: int) -> list[Span]:
    full = round(cells * at.position / at.length) if at.length else cells
    return [("━" * full, "message"), ("─" * (cells - full), "muted")]


def said_length(seconds: float) -> str:
    """``12:44``, ``1:02:03``."""
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


Deed = Callable[["Board", Reel, str], None]


def _pause(board: Board, reel: Reel, _: str) -> None:
    board.say("goes on" if reel.replay.pause() else "paused")
    reel.redraw()


def _step(by: int) -> Deed:
    def deed(board: Board, reel: Reel, _: str) -> None:
        if not reel.replay.step(by):
            board.say("nothing happens after this in the recording" if by > 0 else "nothing happened before this", "refusal")
        reel.redraw()

    return deed


def _move(by: float) -> Deed:
    def deed(_board: Board, reel: Reel, _: str) -> None:
        reel.replay.seek(reel.replay.progress.position + by)
        reel.redraw()

    return deed


def _faster(times: float) -> Deed:
    def deed(board: Board, reel: Reel, _: str) -> None:
        board.say(_goes(reel, reel.replay.progress.speed * times))
        reel.redraw()

    return deed


def _seek(board: Board, reel: Reel, words: str) -> None:
    at = reel.replay.progress
    try:
        position = position_of(words, reel.replay.header, at.position, at.length)
    except ValueError as error:
        board.say(str(error), "refusal")
        return
    reel.replay.seek(position)
    reel.redraw()
    if not -1.0 <= position <= at.length + 1.0:
        first, last = (f"{reel.replay.header.at(each):%H:%M:%S}" for each in (0.0, at.length))
        board.say(f"the recording is from {first} to {last} UTC", "refusal")


def _speed(board: Board, reel: Reel, words: str) -> None:
    try:
        wanted = float(words.strip().rstrip("×x"))
        if not 0 < wanted < float("inf"):
            raise ValueError
    except ValueError:
        board.say("how fast? :speed 8, :speed 0.5", "refusal")
        return
    board.say(_goes(reel, wanted))
    reel.redraw()


def _goes(reel: Reel, wanted: float) -> str:
    """Have it go at that speed; says how fast it goes then, and where that is not what was ``wanted``, that it cannot."""
    goes = reel.replay.go_at(wanted)
    most = "" if goes == wanted else f": it can go no {'faster' if goes < wanted else 'slower'}"
    return f"{say_number(goes)} times as fast as it was{most}"


DEEDS: Mapping[str, Deed] = {
    "pause": _pause,
    "next-event": _step(1),
    "last-event": _step(-1),
    "minute-on": _move(MINUTE),
    "minute-back": _move(-MINUTE),
    "far-on": _move(FAR),
    "far-back": _move(-FAR),
    "faster": _faster(2.0),
    "slower": _faster(0.5),
    "seek": _seek,
    "speed": _speed,
}
"""The function for every key of the group ``Replaying``."""
