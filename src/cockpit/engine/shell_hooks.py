"""Makes a person's own shell tell which commands were typed into it: by its history and its hooks, never by the keys.

What a program asks for (a password, with or without an echo) is no command, and is never seen here. Nor is a line that begins with
a space, nor what is typed into another shell that is started inside. The person's own set-up is read first, as always.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import msgspec

_BASH = r"""
[ -f ~/.bashrc ] && . ~/.bashrc
set -o history
shopt -s cmdhist lithist
unset HISTIGNORE
HISTCONTROL=ignorespace
[ "${HISTSIZE:-500}" -lt 10 ] 2>/dev/null && [ "${HISTSIZE:-500}" -ge 0 ] && HISTSIZE=500
__cockpit_now() {
  __cockpit_time=${EPOCHREALTIME:-}; __cockpit_time=${__cockpit_time/[.,]/}
  [ "$__cockpit_time" ] || printf -v __cockpit_time '%(%s)T000000' -1
}
__cockpit_after() {
  local status=$? HISTTIMEFORMAT= line
  line=$(builtin history 1)
  if [[ $line =~ ^[[:space:]]*([0-9]+)\*?[[:space:]][[:space:]]?(.*)$ ]]; then
    if [[ ${__cockpit_began:-} && ${BASH_REMATCH[1]} != "$__cockpit_number" ]]; then
      __cockpit_now
      printf '%s\0' "$__cockpit_began" "$__cockpit_time" "$status" "$__cockpit_cwd" "${BASH_REMATCH[2]}" >>"$__cockpit_file"
    fi
    __cockpit_number=${BASH_REMATCH[1]}
  fi
  __cockpit_began= __cockpit_cwd=$PWD
  return $status
}
__cockpit_x=x __cockpit_began= __cockpit_number= __cockpit_cwd=$PWD
if [[ ${EPOCHREALTIME:-} ]]; then
  PS0='${__cockpit_x:$((__cockpit_began=${EPOCHREALTIME/[.,]/},1)):0}'${PS0:-}
else
  PS0='${__cockpit_x:$((__cockpit_began=\D{%s}000000,1)):0}'${PS0:-}
fi
if [[ ${PROMPT_COMMAND@a} == *a* ]]; then
  PROMPT_COMMAND=(__cockpit_after "${PROMPT_COMMAND[@]}")
else
  PROMPT_COMMAND="__cockpit_after${PROMPT_COMMAND:+;$PROMPT_COMMAND}"
fi
trap 'alias -p >"$__cockpit_file.aliases" 2>/dev/null' EXIT
"""

_ZSHENV = r"""
__cockpit_dir=$ZDOTDIR
if [[ -n $COCKPIT_ZDOTDIR ]]; then ZDOTDIR=$COCKPIT_ZDOTDIR; else unset ZDOTDIR; fi
[[ -f ${ZDOTDIR:-$HOME}/.zshenv ]] && . "${ZDOTDIR:-$HOME}/.zshenv"
COCKPIT_ZDOTDIR=${ZDOTDIR:-} ZDOTDIR=$__cockpit_dir
"""

_ZSHRC = r"""
if [[ -n $COCKPIT_ZDOTDIR ]]; then ZDOTDIR=$COCKPIT_ZDOTDIR; else unset ZDOTDIR; fi
unset COCKPIT_ZDOTDIR __cockpit_dir
HISTFILE=${HISTFILE:-${ZDOTDIR:-$HOME}/.zsh_history}
[[ -f ${ZDOTDIR:-$HOME}/.zshrc ]] && . "${ZDOTDIR:-$HOME}/.zshrc"
zmodload zsh/datetime
__cockpit_now() { printf -v __cockpit_time '%.0f' $(( EPOCHREALTIME * 1000000 )); }
__cockpit_before() {
  [[ -z ${1//[[:space:]]/} || $1 == [[:space:]]* ]] && return
  __cockpit_now; __cockpit_line=$1 __cockpit_began=$__cockpit_time __cockpit_cwd=$PWD
}
__cockpit_after() {
  local st=$?
  [[ -n ${__cockpit_line:-} ]] || return 0
  __cockpit_now
  printf '%s\0' "$__cockpit_began" "$__cockpit_time" "$st" "$__cockpit_cwd" "$__cockpit_line" >>"$__cockpit_file"
  __cockpit_line=
}
preexec_functions=(__cockpit_before ${preexec_functions:-})
precmd_functions=(__cockpit_after ${precmd_functions:-})
zshexit_functions=(__cockpit_end ${zshexit_functions:-})
__cockpit_end() { alias -L >"$__cockpit_file.aliases" 2>/dev/null; }
"""

_FISH = r"""
function __cockpit_before --on-event fish_preexec
  string match -qr '^\s*$|^\s' -- $argv[1]; and return
  set -g __cockpit_line $argv[1]
  set -g __cockpit_cwd $PWD
  set -g __cockpit_began (date +%s)000000
end
function __cockpit_after --on-event fish_postexec
  set -l st $status
  set -q __cockpit_line[1]; or return
  set -l over (math $__cockpit_began + $CMD_DURATION \* 1000)
  printf '%s\0' $__cockpit_began $over $st $__cockpit_cwd "$__cockpit_line" >>$__cockpit_file
  set -e __cockpit_line
end
"""

_OLD_BASH = (4, 4)
KNOWN = "bash (from 4.4 on), zsh and fish"


class NotRecorded(Exception):
    """This shell cannot be recorded; the message says why and what to do."""


class Hooked(msgspec.Struct, frozen=True):
    """A shell that will write what is typed into ``log``: what is executed, and with which variables."""

    argv: tuple[str, ...]
    env: dict[str, str]
    log: Path
    language: str


def hooked(shell: str, folder: Path, env: dict[str, str]) -> Hooked:
    """Prepare ``shell`` (a path or a name): its hooks are written into ``folder``, which is private. Raises `NotRecorded`, and
    ``OSError`` where nothing can be written."""
    name, log = os.path.basename(shell), folder / "typed"
    log.touch(mode=0o600)
    quoted = shlex.quote(str(log))
    match name:
        case "bash":
            _check_bash(shell)
            _put(folder / "bashrc", f"__cockpit_file={quoted}\n{_BASH}")
            return Hooked((shell, "--rcfile", str(folder / "bashrc"), "-i"), env, log, "bash")
        case "zsh":
            _put(folder / ".zshenv", _ZSHENV)
            _put(folder / ".zshrc", f"__cockpit_file={quoted}\n{_ZSHRC}")
            own = {"ZDOTDIR": str(folder), "COCKPIT_ZDOTDIR": env.get("ZDOTDIR", "")}
            return Hooked((shell, "-i"), env | own, log, "zsh")
        case "fish":
            _put(folder / "hooks.fish", f"set -g __cockpit_file {quoted}\n{_FISH}")
            return Hooked((shell, "-C", f"source {shlex.quote(str(folder / 'hooks.fish'))}"), env, log, "sh")
    raise NotRecorded(f"{name or 'no shell'} tells nobody what is typed into it: SHELL=/bin/bash cockpit run --record … ({KNOWN})")


def _put(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, "utf-8")


def _check_bash(shell: str) -> None:
    try:
        said = subprocess.run(
            (shell, "--norc", "--noprofile", "-c", 'echo "${BASH_VERSINFO[0]} ${BASH_VERSINFO[1]}"'),
            capture_output=True, text=True, timeout=10, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        version = tuple(int(word) for word in said.stdout.split())
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise NotRecorded(f"{shell} cannot be started: {error}") from error
    if version < _OLD_BASH:
        raise NotRecorded(f"this bash is {'.'.join(map(str, version))}, which is too old to be recorded: {KNOWN}")
