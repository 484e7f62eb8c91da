"""What a run waits for, asked in a box: each kind of question in its own way, and a program that gets the terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from textual.app import App, SuspendNotSupported

from ..core.asking import Answers, Want
from ..engine.desk import Session
from ..engine.terminal import LOOK, at_terminal
from .ask import Ask, Field
from .box import Box
from .confirm import Confirm, YesNo
from .exact import spell_argv
from .page import Line
from .palette import Entry, Picker

Tell = Callable[[str], None]
Question = tuple[Box[Any], Callable[[Any], None]]


def ask_for(want: Want, tell: Tell, session: Session | None, step_aside: Callable[[Session], None]) -> Question:
    """The box for a question, and what to do with what comes back of it: ``tell`` is called with the answer, if there is one. Where
    a program is to have the terminal, that is ``session``, and ``step_aside`` is called with it."""
    lines: list[Line] = [*want.asked.text.split("\n")]
    match want.asked.kind:
        case Answers.CHOICE:
            words = want.choices
            picker = Picker(_asked(want), [Entry(str(n), word) for n, word in enumerate(words)])
            return picker, lambda at: tell(words[int(str(at))]) if at is not None else None
        case Answers.YES_NO:  # may open by itself, over rows where enter is at home: no list, which takes an enter for its answer
            asks = YesNo(want.where, lines, yes="yes")
            return asks, lambda yes: tell("yes" if yes else "no") if yes is not None else None
        case Answers.TICK:
            return Confirm(want.where, lines, yes="it is done"), lambda yes: tell("done") if yes else None
        case Answers.TERMINAL:
            shown = [spell_argv(session.argv) if session is not None else want.asked.text]
            shown += [f"in {session.cwd}"] if session is not None and session.cwd else []
            box = Confirm(want.where, [*shown, "", "The screen steps aside until it has ended."], yes="let it have the terminal")
            return box, lambda yes: step_aside(session) if yes and session is not None else None
        case _:
            hidden = want.asked.kind is Answers.SECRET
            field = Field("answer", want.asked.text, "", _bounds(want), lambda value: want.unfit(value) or None, hidden)
            return Ask(want.where, [field]), lambda values: tell(values["answer"]) if isinstance(values, dict) else None


def _asked(want: Want) -> str:
    """The question, and of which of several targets it is."""
    return f"{want.where}: {want.asked.text}" if want.whose else want.asked.text


def _bounds(want: Want) -> str:
    asked = want.asked
    least = f"at least {asked.min:g}" if asked.min is not None else ""
    most = f"at most {asked.max:g}" if asked.max is not None else ""
    return ", ".join(filter(None, (least, most))) or ("not shown, kept nowhere" if asked.kind is Answers.SECRET else "")


def sit_at(app: App[object], session: Session, over: Callable[[], bool]) -> int | None:
    """Give the terminal to a program until it ends, or the run is ``over``; its exit status, ``None`` where there is no terminal to
    give. Nothing of the screen moves meanwhile; the engine goes on in its own thread."""
    try:
        with app.suspend():
            if sys.__stdout__ is not None:
                sys.__stdout__.write(f"$ {spell_argv(session.argv, ascii=True)}\r\n")
                sys.__stdout__.flush()
            with at_terminal(session) as sitting:
                while (status := sitting.look(over=over())) is None:
                    time.sleep(LOOK)
            return status
    except SuspendNotSupported:
        return None
