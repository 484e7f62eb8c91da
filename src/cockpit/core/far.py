"""The program that ssh has the other machine execute: what is to be done there travels on its standard input, not in its command.

The command itself is always the same harmless text (`bootstrap`), which every login shell reads alike: sh, bash, zsh, fish, csh. It
says that it is there, reads one line, and that line (`errand`) is read by a POSIX ``sh``, whatever shell the person has there. So a
value is quoted for one shell that we know, no process list shows it, and nothing has begun before the line was sent (safety 8).

The errand starts what is to be done in a session of its own, where ``setsid`` is to be had, and then listens. A line ``end`` ends
that session and whatever still carries its mark: TERM, and after a grace KILL. Where its input only breaks off, because the
connection or the cockpit is gone, what was begun goes on, and is ended when its time is over: to end a repair half-way is worse
than not to know how it ended. Nothing is installed there; what is used is in POSIX (``grep``, ``date``, ``sleep``, ``printf``) and,
where it can be read, ``/proc``.

What it says to us stands in the output as ``[cockpit TOKEN WORD NUMBER]``, which `Heard` takes out again, in whatever pieces it
comes.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

import msgspec

READY, BEGAN, ENDED, GONE, LEFT = "ready", "began", "ended", "gone", "left"
"""What the far side says: it waits for the errand; the program was started; it ended by itself, with this status; all that came of
it was ended; so many processes could not be ended."""
END = b"end\n"
"""The line that has it ended."""

_TOKEN = re.compile(r"[0-9a-f]{32}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_PLAIN = re.compile(r"[ -~]*")

# What lives of it: in its session by /proc, or carrying the mark; where there is no /proc, the group as a whole. `l` is the list.
_LIVING = """
l() {
  if [ -r /proc/self/stat ]; then
    for a in /proc/[0-9]*/stat; do
      { IFS= read -r b <"$a"; } 2>/dev/null || continue;
      b=${b##*") "}; set -- $b;
      case $1 in Z|X) continue ;; esac;
      if [ "$4" = "$g" ] && [ "$g" != "$$" ]; then a=${a#/proc/}; echo "${a%/stat}"; fi;
    done;
    for a in $(grep -lsF "COCKPIT_ERRAND=$k" /proc/[0-9]*/environ 2>/dev/null); do
      a=${a#/proc/}; echo "${a%/environ}";
    done;
  elif [ "$g" = "$$" ]; then kill -0 "$c" 2>/dev/null && echo "$c";
  else kill -0 "-$g" 2>/dev/null && echo "-$g";
  fi;
};
"""

# Ends it: TERM once to each, KILL again and again; a tenth of a second between looks where `sleep` can do that.
_END = """
e() {
  trap "" TERM; n=0; t=;
  while p=$(l); [ "$p" ] && [ "$n" -lt $((grace + 50)) ]; do
    for a in $p; do
      if [ "$n" -ge "$grace" ]; then kill -KILL "$a" 2>/dev/null;
      else case " $t " in *" $a "*) ;; *) t="$t $a"; kill -TERM "$a" 2>/dev/null ;; esac;
      fi;
    done;
    if sleep 0.1 2>/dev/null; then n=$((n + 1)); else sleep 1; n=$((n + 10)); fi;
  done;
  set -- $p;
  if [ $# -eq 0 ]; then s gone 0; else s left $#; fi;
};
"""

# `k` is the token, `limit` and `grace` are numbers; `d` starts what is to be done and is defined before this. The listener says by
# USR1 that it has heard something (or that nobody speaks any more): until then only KILL ends it in every shell, for it reads.
_BODY = """
s() { printf "[cockpit %s %s %s]" "$k" "$1" "$2"; };
exec 3<&0 </dev/null 4>&2 2>/dev/null;
o=$(command -v setsid) || o=;
b=$(date +%s);
( d ) 3<&- 2>&4 4>&- &
c=$!;
if [ "$o" ]; then g=$c; else g=$$; trap : TERM; fi;
y=; trap y=1 USR1;
s began "$c";
( IFS= read -r w <&3;
  kill -USR1 "$$";
  if [ "$w" != end ]; then
    a=$((limit - ($(date +%s) - b)));
    if [ "$a" -gt 0 ]; then
      sleep "$a" >/dev/null 3<&- 4>&- & z=$!;
      trap "kill $z; exit 0" TERM; wait "$z";
    fi;
  fi;
  e ) 4>&- &
x=$!;
exec 3<&- 4>&-;
while wait "$c"; r=$?; kill -0 "$c" 2>/dev/null; do :; done;
if [ "$y" ]; then kill -TERM "$x"; else kill -KILL "$x"; fi; wait "$x";
s ended "$r";
"""


class Errand(msgspec.Struct, frozen=True):
    """What is to be done on the far side: an argv, exact; variables; a directory ("" for the one that a login begins in).

    ``limit`` is for how long it may go on (seconds) once nobody listens any more, ``grace`` how long it may take to end after
    TERM. ``run_id`` marks it, as ``COCKPIT_RUN_ID``.
    """

    argv: tuple[str, ...]
    run_id: str
    limit: int
    grace: int
    env: Mapping[str, str] = {}
    cwd: str = ""


def bootstrap(token: str) -> str:
    """The command for ssh. ``token`` is 32 hexadecimal digits, anew each time: what the far side says is known by it."""
    _check(token)
    return f'exec sh -c \'printf "[cockpit {token} {READY} 0]" && IFS= read -r p && eval "$p"\''


def errand(what: Errand, token: str) -> bytes:
    """The line that the bootstrap waits for. Raises ``ValueError`` for what no program can be given."""
    _check(token)
    if not what.argv or not what.argv[0]:
        raise ValueError("it names no program")
    for name in what.env:
        if not _VARIABLE.fullmatch(name):
            raise ValueError(f"{name!r} cannot be the name of an environment variable")
    around = {**what.env, "COCKPIT_RUN_ID": what.run_id, "COCKPIT_ERRAND": token}
    before: list[str] = []
    words = [_word(item, before) for item in what.argv]
    steps = [*before, f"set -- {' '.join(words)}"]
    if what.cwd:
        steps.append(f"CDPATH= cd -- {_word(what.cwd, steps)} || exit 126")
    # its variables last and at once: all words have been read when PATH, or one of ours, gets another value
    given = " ".join([f"{name}={_word(value, steps)}" for name, value in around.items()])
    steps += [f"export {given}", 'exec $o "$@"']
    begin = f"k={token}; limit={int(what.limit)}; grace={int(what.grace) * 10}; d() {{ {'; '.join(steps)}; }};"
    return f"{begin} {_one_line(_LIVING)} {_one_line(_END)} {_one_line(_BODY)}\n".encode("ascii")


def _check(token: str) -> None:
    if not _TOKEN.fullmatch(token):
        raise ValueError("a token is 32 hexadecimal digits")


def _word(value: str, before: list[str]) -> str:
    """``value`` as one word for a POSIX shell, in printable ASCII alone: no shell's own control characters, and no locale, have a
    say in it. What has to be done first, for a value that is more than that, is added to ``before``."""
    if "\0" in value:
        raise ValueError("a NUL character can be given to no program")
    if _PLAIN.fullmatch(value):
        return shlex.quote(value)
    raw = value.encode("utf-8", "surrogateescape")
    spelt = "".join(chr(byte) if _as_it_is(byte) else f"\\{byte:03o}" for byte in raw)
    name = f"v{len(before)}"
    # the full stop keeps the line breaks at its end, which $( ) would take away
    before.append(f"{name}=$(printf '{spelt}.'); {name}=${{{name}%.}}")
    return f'"${name}"'


def _as_it_is(byte: int) -> bool:
    """Whether it means nothing to printf, to its options, or within quotes."""
    return 32 <= byte < 127 and chr(byte) not in "%\\'-"


def _one_line(text: str) -> str:
    return " ".join(line.strip() for line in text.strip().split("\n"))


class Word(msgspec.Struct, frozen=True):
    """Something the far side said: one of the words above, and its number."""

    word: str
    number: int


class Heard:
    """Takes what the far side says out of what the program prints. Feed it bytes as they come; at the end, `rest`."""

    def __init__(self, token: str) -> None:
        _check(token)
        self._begins = f"[cockpit {token} ".encode()
        self._whole = re.compile(re.escape(self._begins) + rb"([a-z]{4,8}) ([0-9]{1,9})\]")
        self._longest = len(self._begins) + 20
        self._held = b""

    def feed(self, data: bytes) -> tuple[bytes, tuple[Word, ...]]:
        """(what was printed, what was said in it). A piece that may be the beginning of a word is held back."""
        data = self._held + data
        words: list[Word] = []

        def take(found: re.Match[bytes]) -> bytes:
            words.append(Word(found[1].decode(), int(found[2])))
            return b""

        data = self._whole.sub(take, data)
        keep = self._held_from(data)
        self._held = data[keep:]
        return data[:keep], tuple(words)

    def rest(self) -> bytes:
        """What was held back and became no word."""
        held, self._held = self._held, b""
        return held

    def _held_from(self, data: bytes) -> int:
        """Where a word may have begun that is not whole yet; the end where none has."""
        at = data.rfind(b"[", max(0, len(data) - self._longest))
        if at < 0:
            return len(data)
        tail = data[at:]
        begun = self._begins.startswith(tail) or (tail.startswith(self._begins) and b"]" not in tail)
        return at if begun else len(data)
