"""Secrets by reference, never in the file: ``keyring:NAME``, ``env:VAR``, ``file:PATH``, ``command:PROGRAM ARGUMENTS``.

They are fetched when the source or probe that needs them is built, not when the configuration is read. No message in here repeats a
secret, or what a secret command printed.
"""

from __future__ import annotations

import os
import shlex
import signal
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ..core.regex import regex
from ..provider import Secret

if TYPE_CHECKING:
    import subprocess

    from keyring.backend import KeyringBackend

SERVICE = "cockpit"
KEYRING_SECONDS = 5.0
COMMAND_SECONDS = 10.0
LIMIT = 65536
"""No token is longer, in bytes."""

_found: set[str] = set()

_INSTEAD = "write env:NAME, file:PATH or command:PROGRAM instead of keyring:NAME"
_NAME = regex(r"[A-Za-z_][A-Za-z0-9_]*")
T = TypeVar("T")


class SecretError(Exception):
    """A secret that cannot be had; the message says which reference, why, and what to do, and never holds the secret."""


def malformed(reference: str) -> str:
    """What is wrong with the form of a reference; "" if nothing is. Never repeats it: it may be the secret itself."""
    kind, colon, rest = reference.partition(":")
    if not colon or kind not in _RESOLVERS:
        return "holds a text that is no reference: a secret is never in the file"
    if not rest.strip() or "\n" in rest or "\0" in rest:
        return f"names nothing after {kind}:"
    if kind == "env" and not _NAME.fullmatch(rest):
        return "names no environment variable after env:"
    if kind == "file" and not rest.startswith(("/", "~")):
        return "needs a whole path after file:, beginning with / or ~"
    if kind == "command":
        try:
            shlex.split(rest)
        except ValueError:
            return "has a quote after command: that does not end"
    return ""


def resolve(reference: str, env: Mapping[str, str] | None = None) -> Secret:
    """The secret a reference stands for. ``env`` is the environment for ``env:`` and for commands (default: this process's).

    May block: up to 5 s for a keyring, 10 s for a command. Raises `SecretError`.
    """
    wrong = malformed(reference)
    if wrong:
        raise SecretError(f"a secret's key {wrong}; write keyring:NAME, env:NAME, file:PATH or command:PROGRAM")
    kind, _, rest = reference.partition(":")
    value = _RESOLVERS[kind](rest, os.environ if env is None else env)
    if not value:
        raise SecretError(f"{kind}:{_shown(kind, rest)} is empty")
    _found.add(value)
    return Secret(value)


def references(raw: object) -> Iterator[str]:
    """Every reference to a secret among the values of a table, however deep."""
    if isinstance(raw, str):
        if raw.partition(":")[0] in _RESOLVERS:
            yield raw
    elif isinstance(raw, Mapping):
        for value in raw.values():
            yield from references(value)
    elif isinstance(raw, (list, tuple)):
        for value in raw:
            yield from references(value)


def shown(reference: str) -> str:
    """A reference as it may be shown: of a command only its program, for its other words may say too much."""
    kind, _, rest = reference.partition(":")
    return f"{kind}:{(rest.split() or [''])[0] if kind == 'command' else rest}"


def mending(raw: object) -> str:
    """What to do where a server does not accept the secrets that these settings refer to, by the kind of each reference."""
    each = [_MENDING[kind](shown(it).partition(":")[2]) for it in references(raw) for kind in (it.partition(":")[0],)]
    return ", or ".join(dict.fromkeys(each)) or "mend its credentials in the config"


_MENDING: dict[str, Callable[[str], str]] = {
    "keyring": lambda name: f"store it anew with `cockpit login {name}`",
    "env": lambda name: f"set the environment variable {name} anew and start the cockpit again",
    "file": lambda path: f"write it anew into {path}",
    "command": lambda program: f"see what {program} gives",
}


def found() -> frozenset[str]:
    """Every secret that this process has fetched so far: what no runbook's output may show."""
    return frozenset(_found)


def unresolved(_reference: str) -> Secret:
    """Stands in for `resolve` where a configuration is only checked."""
    return Secret("")


def store(name: str, secret: Secret) -> None:
    """Put a secret into the keyring, so that ``keyring:NAME`` finds it. Raises `SecretError` where no keyring can be used."""
    _in_time(lambda: _backend().set_password(SERVICE, name, secret.reveal()), f"storing {name!r}")


def available() -> str | None:
    """Why secrets cannot be kept in a keyring here; ``None`` if they can."""
    try:
        _in_time(_backend, "looking for a keyring")
    except SecretError as error:
        return str(error)
    return None


def _keyring(name: str, _env: Mapping[str, str]) -> str:
    value = _in_time(lambda: _backend().get_password(SERVICE, name), f"asking for {name!r}")
    if value is None:
        raise SecretError(f"the keyring holds no {name!r} for cockpit: store it with `cockpit login`, or {_INSTEAD}")
    return value


def _backend() -> KeyringBackend:
    """The keyring to use: never one that keeps plain text, and none that only says no."""
    import keyring  # deferred: takes a tenth of a second, and its backends may talk to D-Bus

    chosen = keyring.get_keyring()
    usable = [found for found in getattr(chosen, "backends", [chosen]) if not _useless(found)]
    if not usable:
        raise SecretError(f"no keyring can be used here ({_kind(chosen)}): {_INSTEAD}")
    backend: KeyringBackend = usable[0]
    return backend


def _useless(backend: object) -> bool:
    kind = _kind(backend)
    return kind.startswith(("keyring.backends.fail.", "keyring.backends.null.")) or "plaintext" in kind.lower()


def _kind(backend: object) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def _in_time(work: Callable[[], T], what: str) -> T:
    """Run ``work`` in a thread that may be left behind: a hung D-Bus must not hang the cockpit."""
    done: list[T] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            done.append(work())
        except Exception as error:  # noqa: BLE001  # backends raise whatever they like; it is reported below, in the caller's thread
            failed.append(error)

    thread = threading.Thread(target=run, name="keyring", daemon=True)
    thread.start()
    thread.join(KEYRING_SECONDS)
    if done:
        return done[0]
    if not failed:
        late = f"the keyring did not answer within {KEYRING_SECONDS:.0f} s ({what}): is D-Bus hung?"
        raise SecretError(f"{late} Meanwhile {_INSTEAD}")
    if isinstance(failed[0], SecretError):
        raise failed[0]
    raise SecretError(f"the keyring failed ({what}): {type(failed[0]).__name__}; {_INSTEAD}") from None


def _env(name: str, env: Mapping[str, str]) -> str:
    if name not in env:
        raise SecretError(f"env:{name}: there is no environment variable {name}")
    return env[name]


def _file(name: str, _env: Mapping[str, str]) -> str:
    path = Path(name).expanduser()
    try:
        _refuse_strangers_link(path)
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as error:
        raise SecretError(f"file:{path}: {error.strerror}") from None
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            raise SecretError(f"file:{path} is not a regular file")
        if facts.st_uid not in (os.geteuid(), 0):
            raise SecretError(f"file:{path} belongs to another user (id {facts.st_uid}), who could change it")
        if facts.st_mode & 0o077:
            mode = f"{stat.S_IMODE(facts.st_mode):04o}"
            raise SecretError(f"file:{path} can be read by others (mode {mode}): chmod 600 {shlex.quote(str(path))}")
        raw = os.read(handle, LIMIT + 1)
    finally:
        os.close(handle)
    if len(raw) > LIMIT:
        raise SecretError(f"file:{path} is larger than any secret ({LIMIT} bytes)")
    return _text(raw, f"file:{path}").removesuffix("\n").removesuffix("\r")


def _refuse_strangers_link(path: Path) -> None:
    facts = path.lstat()
    if stat.S_ISLNK(facts.st_mode) and facts.st_uid not in (os.geteuid(), 0):
        raise SecretError(f"file:{path} is a link that another user (id {facts.st_uid}) laid, and could lay anew")


def _command(line: str, env: Mapping[str, str]) -> str:
    import subprocess  # deferred: most configurations have no such secret

    argv = shlex.split(line)
    shown = f"command:{argv[0]}"
    try:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=dict(env), start_new_session=True
        )
    except (OSError, ValueError) as error:
        raise SecretError(f"{shown} cannot be started: {getattr(error, 'strerror', None) or error}") from None
    first: list[bytes] = []
    reader = threading.Thread(target=_drain, args=(process, first), name="secret", daemon=True)
    reader.start()
    try:
        process.wait(COMMAND_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # not yet reaped, so the group is still this one
        process.wait()
        late = f"{shown} gave nothing within {COMMAND_SECONDS:.0f} s and was ended: does it ask for a password?"
        raise SecretError(late) from None
    reader.join(1.0)
    if process.returncode:
        raise SecretError(f"{shown} ended with status {process.returncode}: run it by hand to see why")
    return _text(b"".join(first), shown).removesuffix("\n").removesuffix("\r")


def _drain(process: subprocess.Popen[bytes], first: list[bytes]) -> None:
    """Keep the first line, and read on to the end so that the command can finish."""
    assert process.stdout is not None  # noqa: S101  # it was asked for
    with process.stdout as output:
        first.append(output.readline(LIMIT))
        while output.read(LIMIT):
            pass


def _text(raw: bytes, what: str) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise SecretError(f"{what} gave bytes that are not UTF-8 text") from None


def _shown(kind: str, rest: str) -> str:
    return shlex.split(rest)[0] if kind == "command" else rest


_RESOLVERS: dict[str, Callable[[str, Mapping[str, str]], str]] = {
    "keyring": _keyring,
    "env": _env,
    "file": _file,
    "command": _command,
}
