"""Where a step's argument is read a second time, by a shell: what may not stand there, and what must be quoted (safety 6 and 8).

An argv is exact, until one of its items is itself a program: the text after ``sh -c``, or the command that ssh joins with spaces
and hands to the shell on the other side. Into the first no value ever goes; into the second they go quoted.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

import msgspec

from .regex import regex

_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish", "csh", "tcsh"})
_AS_ANOTHER = frozenset({"su", "runuser"})


_IN_ENV = 'hand it over in env, as env = { ARG = "{…}" }, and write "$ARG" there'
_TO_PSQL = "hand it over as -v arg={…}, have the text read from a file (-f), and write :'arg' there"
_TO_SQL = "hand it over in env to a script of yours, which quotes it as this database wants it"
_TO_ANSIBLE = """hand it over in env, as env = { ARG = "{…}" }, and write {{ lookup('env', 'ARG') }} in a playbook"""


def words_of(command: str) -> list[str]:
    """The words of a command as a shell takes it apart, without comments; of one that it would not take, what spaces divide."""
    try:
        return shlex.split(command, comments=True)
    except ValueError:
        return command.split()


class _Takes(msgspec.Struct, frozen=True):
    """How a program is given the text of another: by an option (``flag``), in the same word or the next; where ``first``, else as
    the first word that is no option, and where ``later``, as any word after that. ``valued`` are options whose value is a word of
    its own; ``mixed``: options may stand behind other words. ``instead`` is how a value is handed over."""

    flag: re.Pattern[str]
    first: bool = False
    valued: tuple[str, ...] = ()
    later: bool = False
    mixed: bool = False
    instead: str = _IN_ENV


_AWK = _Takes(regex(r"-e|--source=?"), first=True, valued=("-v", "-F", "-f"))
_MYSQL = _Takes(
    regex(r"-[A-Za-z]*e|--(ex|init-c)[a-z-]*=?"), mixed=True, instead=_TO_SQL,
    valued=("-u", "-h", "-P", "-S", "-D", "--user", "--host"),
)  # fmt: skip
_ANSIBLE = _Takes(  # both are templates of Jinja, and words for a module
    regex(r"-[bkKCDvo]*[ae]|--(arg|ext)[a-z-]*=?"), mixed=True, instead=_TO_ANSIBLE,
    valued=("-i", "-m", "-u", "-f", "-l", "-t", "-P", "-B", "-M"),
)  # fmt: skip
_TAKE_A_TEXT = {
    "python": _Takes(regex(r"-[A-Za-z]*c"), valued=("-W", "-X")),
    "perl": _Takes(regex(r"-[A-Za-z0-9]*[eE]"), valued=("-I",)),
    "ruby": _Takes(regex(r"-[a-z0-9]*e"), valued=("-I", "-r")),
    "node": _Takes(regex(r"-[pe]+|--eval=?|--print=?"), valued=("-r",)),
    "lua": _Takes(regex(r"-e"), valued=("-l",)),
    "php": _Takes(regex(r"-r"), valued=("-d", "-c")),
    "sed": _Takes(regex(r"-[A-Za-z]*e|--expression=?"), first=True, valued=("-f", "-l")),  # GNU sed's e executes commands
    **dict.fromkeys(("awk", "gawk", "mawk", "nawk"), _AWK),
    "expect": _Takes(regex(r"-[A-Za-z]*c"), valued=("-D", "-f")),
    "psql": _Takes(
        regex(r"-[A-Za-z]*c|--com[a-z]*=?"), mixed=True, instead=_TO_PSQL,
        valued=("-d", "-f", "-h", "-p", "-U", "-v", "-o", "-L", "-F", "-R", "-T", "-P"),
    ),
    **dict.fromkeys(("mysql", "mariadb"), _MYSQL),
    **dict.fromkeys(("mongo", "mongosh"), _Takes(regex(r"--eval=?"), mixed=True, instead=_TO_SQL)),
    "sqlite": _Takes(regex(r"--?cmd"), later=True, instead=_TO_SQL, valued=("-init", "-separator", "-newline", "-nullvalue")),
    **dict.fromkeys(("ansible", "ansible-playbook", "ansible-console"), _ANSIBLE),
}  # fmt: skip
_BEFORE = frozenset({"sudo", "doas", "timeout", "env", "nice", "ionice", "nohup", "setsid", "stdbuf", "sshpass", "chronic"})
_TAKE_A_VALUE = frozenset("BbcDEeFIiJLlmOoPpQRSWw")  # ssh(1), OpenSSH 9.2
_FAR = frozenset({"rsh", "autossh", "mosh", "pssh", "pdsh", "dsh", "clush", "parallel-ssh", "tssh", "slogin", "plink"})
"""What hands words to a shell on other machines, beside ssh."""
_INNOCENT = frozenset(
    {"systemctl", "service", "journalctl", "grep", "rg", "pgrep", "pkill", "apt", "apt-get", "dpkg", "rpm", "dnf"}
)
"""For whom ``ssh`` is a word like any other."""
_CODE = regex(r"-[A-Za-z]*c[A-Za-z]*")
_VALUED = frozenset({"-o", "+o", "-O", "+O", "--rcfile", "--init-file"})
_PLACEHOLDER = regex(r"(?<!\{)(?:\{\{)*\{[A-Za-z_]")


def evaluated(run: Sequence[str]) -> str:
    """Why a value would become part of a program's text, or "". ``run`` is a step's argv as configured, with its placeholders."""
    for at, item in enumerate(run):
        name = _name(item)
        code = _code_after(run, at) if name in _SHELLS else _code_anywhere(run, at) if name in _AS_ANOTHER else _text(run, at)
        if code is not None and _PLACEHOLDER.search(run[code]):
            return (
                f"{run[code]!r} is the text of a program for {name}, and a value in it could become part of that program: "
                f"{takes.instead if (takes := _takes(name)) is not None else _IN_ENV}"
            )
    if unknown := _far(run):
        return unknown
    for item, times in zip(run, remote(run), strict=True):
        if times and _PLACEHOLDER.search(item) and re.search(r"['\"\\]", item):
            return f"{item!r} is quoted for the remote shell by the cockpit: leave its own quotes and backslashes out"
        if (
            re.search(r"command\s*[= ]", item, re.IGNORECASE)
            and _PLACEHOLDER.search(item)
            and any(_name(one) == "ssh" for one in run)
        ):
            return f"{item!r} is run by a shell, and a value in it could become part of that command"
    return ""


def remote(run: Sequence[str]) -> list[int]:
    """For each item, how many remote shells will read it: 0 but for the command of ``ssh HOST COMMAND…``."""
    times = [0] * len(run)
    at = _ssh(run, 0)
    while at is not None:
        begins = _command(run, at + 1)
        for place in range(begins, len(run)):
            times[place] += 1
        at = _ssh(run, begins)
    return times


def hosts(run: Sequence[str]) -> tuple[int, ...]:
    """The places in which ssh, the one behind it there, and so on, have the name of a machine."""
    found: list[int] = []
    at = _ssh(run, 0)
    while at is not None:
        found.append(_options(run, at + 1))
        at = _ssh(run, _command(run, at + 1))
    return tuple(place for place in found if place < len(run))


def quoted(value: str, times: int) -> str:
    """``value`` as ``times`` POSIX shells, one after the other, will give it back."""
    for _ in range(times):
        value = shlex.quote(value)
    return value


def _far(run: Sequence[str]) -> str:
    """Why nobody knows how a value behind a way to another machine is read there; "" where it is known."""
    if not run or _name(run[0]) in _INNOCENT:
        return ""
    times = remote(run)
    for at, item in enumerate(run):
        far = _name(item) in _FAR or (_name(item) == "ssh" and at + 1 < len(run) and not times[-1])
        value = next((each for each in run[at + 1 :] if _PLACEHOLDER.search(each)), None) if far else None
        known = _name(item) == "ssh" and at == _ssh(run, 0)
        if value is not None and not known:
            return (
                f"{value!r} goes to another machine by way of {item!r}, and a shell there could take a value in it for a command: "
                'write a step with ssh = "HOST", which hands over values byte for byte'
            )
    return ""


def _name(item: str) -> str:
    return item.rpartition("/")[2]


def _ssh(run: Sequence[str], at: int) -> int | None:
    """Where ssh itself stands, behind ``sudo``, ``timeout 10`` and the like."""
    if at >= len(run) or _name(run[at]) not in _BEFORE | {"ssh"}:
        return None
    return next((place for place in range(at, len(run)) if _name(run[place]) == "ssh"), None)


def _command(run: Sequence[str], at: int) -> int:
    """Where the remote command begins: behind the options, the host, and the options that may follow it."""
    return _options(run, _options(run, at) + 1)


def _options(run: Sequence[str], at: int) -> int:
    while at < len(run) and run[at].startswith("-") and run[at] != "-":
        if run[at] == "--":
            return at + 1
        letters = run[at][1:]
        valued = next((place for place, letter in enumerate(letters) if letter in _TAKE_A_VALUE), None)
        at += 2 if valued == len(letters) - 1 else 1
    return at


def _code_after(run: Sequence[str], shell: int) -> int | None:
    """``bash -o pipefail -ec TEXT``: the place of TEXT; None for a script file."""
    at, coming = shell + 1, False
    while at < len(run):
        if run[at] in _VALUED:
            at += 1
        elif not run[at].startswith(("-", "+")) or (coming and run[at] == "-"):
            return at if coming else None
        elif _CODE.fullmatch(run[at]) or run[at] == "--command":
            coming = True
        at += 1
    return None


def _text(run: Sequence[str], at: int) -> int | None:
    """``python3 -c TEXT``, ``sed -e TEXT``, ``awk TEXT``, ``watch WORDS`` for a shell: the place of a text that
    may hold a value; None where there is none."""
    if _name(run[at]) == "watch" and not {"-x", "--exec"} & set(run[at + 1 :]):
        return next((place for place in range(at + 1, len(run)) if _PLACEHOLDER.search(run[place])), None)
    takes, place, given = _takes(_name(run[at])), at + 1, False
    while takes is not None and place < len(run):
        item = run[place]
        if found := takes.flag.match(item):
            text = place if found.end() < len(item) else place + 1
            if text >= len(run) or _PLACEHOLDER.search(run[text]):
                return text if text < len(run) else None
            given, place = True, text + 1
        elif not item.startswith("-") and takes.later:
            return next((later for later in range(place + 1, len(run)) if _PLACEHOLDER.search(run[later])), None)
        elif not item.startswith("-") and not takes.mixed:
            return place if takes.first and not given else None
        else:
            given = given or item.startswith(("-f", "--file"))
            place += 2 if item in takes.valued else 1
    return None


def _takes(name: str) -> _Takes | None:
    """How the program of that name is given a text; a version may stand behind it (``python3.11``)."""
    return _TAKE_A_TEXT.get(re.sub(r"[0-9.]+$", "", name))


def _code_anywhere(run: Sequence[str], at: int) -> int | None:
    """``su - web -c TEXT``."""
    for place in range(at + 1, len(run)):
        if run[place].startswith(("--command=", "--session-command=")) or (run[place].startswith("-c") and len(run[place]) > 2):
            return place
        if run[place] in ("-c", "--command", "--session-command"):
            return place + 1 if place + 1 < len(run) else None
    return None
