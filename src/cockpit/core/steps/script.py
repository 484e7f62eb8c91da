"""``script``: the text of a program for a named interpreter. Values reach it in its environment alone, and are never text of it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Mapping

import msgspec

from ..placeholders import filled
from ..regex import regex
from .kind import Fault, KeyPath, Shown, cannot_be_given, odd_variables, surroundings, variables

_STRICT = ("sh", "bash", "dash", "ash", "ksh", "mksh", "zsh")
_FLAGS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_STRICT, ("-eu", "-c")),
    "fish": ("-c",),
    "python": ("-c",),
    "python3": ("-c",),
    "perl": ("-e",),
    "ruby": ("-e",),
    "node": ("-e",),
    "lua": ("-e",),
}
"""How each interpreter takes the text of a program as an argument. The shells also end at the first command that fails, and at a
variable that is not set: an empty word where a path was meant is how files get lost."""
_MOST = 100_000  # bytes of UTF-8; Linux takes 131,072 in one argument (MAX_ARG_STRLEN, execve(2))
_STEERING = regex(
    r"(CD|MAN|F|INFO|MODULE)?PATH|IFS|ENV|BASH.*|SHELLOPTS|PS[0-9]|HOME|SHELL|USER|LOGNAME|TMPDIR|LANG|LANGUAGE|LC_.*|LD_.*|DYLD_.*"
    r"|PYTHON.*|PERL.*|RUBY.*|NODE_.*|LUA_.*|(OLD)?PWD|COCKPIT_.*|E?UID|PPID|ZDOTDIR|DISPLAY|SSH_.*|GIT_.*|OPTIND|RANDOM|SECONDS|LINENO"
    r"|TERM|EDITOR|VISUAL|PAGER|(https?|all|no|ftp)_proxy|(HTTPS?|ALL|NO|FTP)_PROXY|_"
)
"""Names that mean something to an interpreter, to the loader or to the programs that a script calls: a value from an alert must not
stand there."""
_ZSH = "path cdpath fpath manpath mailpath module_path fignore status pipestatus argv prompt psvar watch signals options"
_OF_ITS_OWN = {"zsh": _ZSH.split(), "fish": ["status", "pipestatus", "argv", "history", "version", "hostname", "umask"]}
"""What else a shell has for itself (zsh ties ``path`` to ``PATH``)."""


_WORD = regex(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_OF_A_SHELL = regex(r"\$\{?[#!]?([A-Za-z_][A-Za-z0-9_]*)", re.ASCII)


class ScriptStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``script`` is taken as it stands: ``{name}`` in it is literal text. A parameter that it names (``$name`` in a shell, else any
    word) is in its environment; ``env`` adds variables, whose values may hold ``{param}``; so may ``cwd``."""

    text: str = msgspec.field(name="script")
    interpreter: str = "sh"
    env: dict[str, str] = {}
    cwd: str = ""

    @property
    def argv(self) -> tuple[str, ...]:
        """What is executed."""
        return (self.interpreter, *_FLAGS.get(_named(self.interpreter), ("-c",)), self.text)

    def texts(self) -> Iterator[tuple[KeyPath, str]]:
        """See `Kind`."""
        yield from ((("env", key), value) for key, value in self.env.items())
        yield ("cwd",), self.cwd

    def names(self, params: Collection[str]) -> tuple[str, ...]:
        """The parameters that its text names, ``-`` in a name as ``_``: in a shell by ``$name``, ``${name…``, else by any word."""
        shell = _FLAGS.get(_named(self.interpreter), ())[-1:] == ("-c",) and not _named(self.interpreter).startswith("python")
        words = set((_OF_A_SHELL if shell else _WORD).findall(self.text))
        return tuple(name for name in params if _variable(name) in words and _variable(name) not in self.env)

    def faults(self, params: Collection[str]) -> Iterator[Fault]:
        """See `Kind`."""
        if not self.text.strip():
            yield Fault(("script",), "script is empty: it must hold the text of a program", 'script = "systemctl status nginx"')
        if _named(self.interpreter) not in _FLAGS:
            what = f"interpreter must be one of {', '.join(_FLAGS)}, not {self.interpreter!r}"
            yield Fault(("interpreter",), what, "others: run = [PROGRAM, FILE]")
        if problem := _too_long(self.text) or cannot_be_given(self.text):
            yield Fault(("script",), f"script {problem}")
        yield from odd_variables(self.env)
        for name in params:
            if _named(self.interpreter) in _STRICT and re.search(rf"(?<!\$)\{{{re.escape(name)}\}}", self.text):
                hint = f'values never become part of a script: write "${_variable(name)}"'
                yield Fault(("script",), f"{{{name}}} in a script is literal text, and not the value of {name}", hint)
        for name in self.names(params):
            if self._means_something(_variable(name)):
                what = f"${_variable(name)} means something to programs by itself: a value cannot stand there"
                yield Fault(("script",), what, "give the parameter another name, or hand it over in env under one")

    def _means_something(self, variable: str) -> bool:
        own = _OF_ITS_OWN.get(_named(self.interpreter), [])
        return variable in own or _STEERING.fullmatch(variable) is not None

    def unsafe(self) -> str:
        """See `Kind`."""
        return ""

    def filled(self, values: Mapping[str, str]) -> ScriptStep:
        """See `Kind`."""
        given = {_variable(name): values[name] for name in self.names(values)}
        own = {name: filled(text, values) for name, text in self.env.items()}
        return ScriptStep(self.text, self.interpreter, {**given, **own}, filled(self.cwd, values))

    def problem(self) -> str:
        """See `Kind`."""
        if not self.interpreter or not self.text.strip():
            return "has no script"
        return _too_long(self.text) or cannot_be_given(*self.argv, *self.env, *self.env.values(), self.cwd)

    def exact(self) -> tuple[str, ...]:
        """See `Kind`."""
        return ("", "script", *self.argv, self.cwd, *(f"{name}={value}" for name, value in self.env.items()))

    def shown(self) -> tuple[Shown, ...]:
        """See `Kind`."""
        lines = self.text.rstrip("\n").split("\n")
        body = (Shown("", (line,), text=True) for line in lines)
        return (Shown("script", self.argv[:-1]), *body, *surroundings(self.env, self.cwd))

    def said(self) -> tuple[str, ...]:
        """See `Kind`."""
        head = " ".join(filter(None, (variables(self.env), shlex.join(self.argv[:-1]))))
        return (head, *(f"| {line}" for line in self.text.rstrip("\n").split("\n")))


def _named(interpreter: str) -> str:
    """``/usr/bin/python3.12`` → ``python3``."""
    name = interpreter.rpartition("/")[2]
    return re.sub(r"(\d)\.[\d.]+$", r"\1", name)


def _variable(name: str) -> str:
    return name.replace("-", "_")


def _too_long(text: str) -> str:
    size = len(text.encode("utf-8", "replace"))
    return f"is {size:,} bytes long, and {_MOST:,} are the most: put it into a file, and run that" if size > _MOST else ""
