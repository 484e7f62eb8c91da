"""``run``: a program and its arguments, never a shell line."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Mapping

import msgspec

from ..placeholders import filled
from ..shells import evaluated, hosts, quoted, remote
from ..ssh import host_problem, no_user
from ..text import clean
from .kind import Fault, KeyPath, Shown, cannot_be_given, odd_variables, surroundings, variables


class RunStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An argv whose items may hold ``{param}``; so may the values of ``env`` and ``cwd``. Values in a remote command of ssh are
    quoted for the shell there (safety 8); one inside the text of a program (``sh -c``, ``python3 -c``, ``perl -e``, ``sed``,
    ``awk``, ``watch`` without ``-x``) refuses the plan: it can travel in ``env``."""

    argv: tuple[str, ...] = msgspec.field(name="run")
    env: dict[str, str] = {}
    cwd: str = ""

    def texts(self) -> Iterator[tuple[KeyPath, str]]:
        """See `Kind`."""
        yield from ((("run", place), item) for place, item in enumerate(self.argv))
        yield from ((("env", key), value) for key, value in self.env.items())
        yield ("cwd",), self.cwd

    def names(self, params: Collection[str]) -> tuple[str, ...]:  # noqa: ARG002  # all that it takes stands in braces
        """See `Kind`."""
        return ()

    def faults(self, params: Collection[str]) -> Iterator[Fault]:  # noqa: ARG002  # nothing depends on them
        """See `Kind`."""
        argv = self.argv
        if not argv or not argv[0]:
            yield Fault(("run",), "run is empty: it must begin with a program", 'run = ["df", "-h"]')
        elif len(argv) == 1 and " " in argv[0] and not argv[0].startswith("/"):
            hint = "each word is an item of its own: " + ", ".join(f'"{word}"' for word in argv[0].split())
            yield Fault(("run",), f"there is no program called {argv[0]!r}, and no shell to take it apart", hint)
        if read_again := self.unsafe():
            yield Fault(("run",), read_again)
        if any("\0" in item for item in argv):
            yield Fault(("run",), "run holds a NUL character, which no program can be given")
        yield from odd_variables(self.env)

    def unsafe(self) -> str:
        """See `Kind`."""
        return evaluated(self.argv)

    def filled(self, values: Mapping[str, str]) -> RunStep:
        """See `Kind`."""
        places = hosts(self.argv)
        hosted = {name: no_user(value) for name, value in values.items()} if places else values
        return RunStep(
            argv=tuple(
                filled(item, {name: quoted(value, times) for name, value in fit.items()} if times else fit)
                for place, (item, times) in enumerate(zip(self.argv, remote(self.argv), strict=True))
                for fit in (hosted if place in places else values,)
            ),
            env={name: filled(text, values) for name, text in self.env.items()},
            cwd=filled(self.cwd, values),
        )

    def problem(self) -> str:
        """See `Kind`."""
        if not self.argv or not self.argv[0]:
            return "names no program"
        if stranger := next((host_problem(self.argv[at]) for at in hosts(self.argv) if "@@" in self.argv[at]), ""):
            return stranger
        if (self.env or self.cwd) and ("=" in self.argv[0] or self.argv[0].startswith("-")):
            return f"has a program that could be taken for a variable: {clean(self.argv[0], 80)!r}"
        return cannot_be_given(*self.argv, *self.env.values(), *self.env, self.cwd)

    def exact(self) -> tuple[str, ...]:
        """Its argv, and where it sets variables or a directory, those too, in the words of env(1): ``env -C DIR NAME=VALUE PROGRAM
        …``. A value that travels in the environment changes what is done as much as one in the argv."""
        place = ("-C", self.cwd) if self.cwd else ()
        around = (*place, *(f"{name}={value}" for name, value in self.env.items()))
        return ("env", *around, *self.argv) if around else self.argv

    def shown(self) -> tuple[Shown, ...]:
        """See `Kind`."""
        return (Shown("runs", self.argv), *surroundings(self.env, self.cwd))

    def said(self) -> tuple[str, ...]:
        """See `Kind`."""
        return (" ".join(filter(None, (variables(self.env), shlex.join(self.argv)))),)
