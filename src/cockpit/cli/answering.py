"""Questions of a run, asked at the terminal of a command."""

from __future__ import annotations

import asyncio
import sys
import termios
from collections.abc import Callable

from ..core.asking import Answers, Want
from ..core.text import clean, clean_block
from ..engine.desk import Session
from ..engine.terminal import LOOK, at_terminal
from ..ui.exact import spell_argv
from .listing import say, unicode_out


async def answered(want: Want, session: Session | None, over: Callable[[], bool]) -> str | None:
    """The answer, which fits; ``None`` where the person wants the run to end (end of file). ``session`` is what has the terminal
    for itself where that is asked for, and is ended when the run is ``over``."""
    if want.asked.kind is Answers.TERMINAL:
        return await _at_terminal(session, over)
    say(": ".join(filter(None, (want.place, clean_block(want.asked.text)))))
    choices = want.choices
    for number, each in enumerate(choices, 1):
        say(f"  {number}  {each}")
    while True:
        line = await asked(_prompt(want), hidden=want.asked.kind is Answers.SECRET)
        if line is None:
            return None
        value = _meant(want, line) or want.default
        if not (why := want.unfit(value)):
            return value
        say(clean(why))


def _prompt(want: Want) -> str:
    proposed = f" [{clean(want.default, 80)}]" if want.default else ""
    match want.asked.kind:
        case Answers.YES_NO:
            return f"yes or no{proposed}? "
        case Answers.TICK:
            return "Enter, once it is done (ctrl-d ends the run) "
        case Answers.SECRET:
            return f"{want.name} (not shown): "
        case Answers.CHOICE:
            return f"1 to {len(want.choices)}, or the words{proposed}: "
        case _:
            return f"{want.name}{proposed}: "


def _meant(want: Want, line: str) -> str:
    match want.asked.kind:
        case Answers.YES_NO:
            return {"y": "yes", "n": "no"}.get(line.strip().lower(), line.strip().lower())
        case Answers.CHOICE if line.isdecimal() and line not in want.choices and 1 <= int(line) <= len(want.choices):
            return want.choices[int(line) - 1]
        case Answers.TICK:
            return "done"
        case Answers.NUMBER:
            return line.strip()
        case _:
            return line


async def _at_terminal(session: Session | None, over: Callable[[], bool]) -> str | None:
    if session is None:
        return None
    say(f"$ {spell_argv(session.argv, ascii=not unicode_out())}")
    sys.stdout.flush()
    with at_terminal(session) as sitting:
        while (status := sitting.look(over=over())) is None:  # noqa: ASYNC110  # a process that stops and goes on tells no event
            await asyncio.sleep(LOOK)
    return str(status)


async def asked(prompt: str, *, hidden: bool = False) -> str | None:
    """A line from the terminal, ``None`` at its end; the loop goes on meanwhile. What is ``hidden`` is not echoed."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    handle = sys.stdin.fileno()
    settings = termios.tcgetattr(handle) if hidden else None
    if settings is not None:
        quiet = [*settings]
        quiet[3] &= ~termios.ECHO
        termios.tcsetattr(handle, termios.TCSADRAIN, quiet)  # before anybody is asked: who types at once is not shown either
    sys.stdout.write(prompt)
    sys.stdout.flush()
    loop.add_reader(handle, ready.set)
    try:
        await ready.wait()
        line = sys.stdin.readline()  # a terminal gives whole lines
    finally:
        loop.remove_reader(handle)
        if settings is not None:
            termios.tcsetattr(handle, termios.TCSADRAIN, settings)
            sys.stdout.write("\n")
    return line.rstrip("\r\n") if line else None
