"""A Markdown runbook drafted from what a person typed: what they look over once, instead of typing it again for ever."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence

import msgspec

from .alerts import Alert
from .placeholders import literal
from .shells import words_of
from .steps.script import ScriptStep
from .text import clean, clean_block
from .typed import MASK, Typed, spelt_out
from .units import say_seconds

_SHORTEST = 3  # characters of a fact that becomes a parameter: shorter ones stand everywhere by chance
_DULL = {"severity", "alertname", "alert", "trap", "probe", "team", "owner", "monitor", "prometheus"}
"""Labels whose values are words of every day: that a command holds one means nothing."""
_OWN = frozenset(("cd", "pushd", "popd", "exit", "logout", "clear", "history", "fg", "bg", "jobs", "alias", "unalias", "true", ":"))
"""Commands that do nothing outside of the shell they are typed in."""
_SET_UP = frozenset(("export", "unset", "source", ".", "set", "shopt", "setopt", "umask", "ulimit"))
"""Commands that later ones may depend on: they stand in front of each."""
_ON_SCREEN = frozenset(
    ("vi", "vim", "nvim", "view", "nano", "emacs", "less", "more", "most", "man", "top", "htop", "btop", "atop", "iotop", "watch",
     "tmux", "screen", "mc", "k9s", "lazygit", "tig", "dialog", "whiptail", "su", "visudo", "crontab", "cockpit", "passwd",
     "fzf", "read")
)  # fmt: skip
_INTERPRETERS = frozenset(("python", "python3", "irb", "node", "bash", "zsh", "sh", "fish"))
_PROMPTS = _INTERPRETERS | {"mysql", "mariadb", "psql", "sqlite3", "redis-cli", "mongosh", "telnet"}
"""What has a prompt of its own where it is given nothing to do."""
_GIVEN = re.compile(r"(?:^|\s)(?:-c|-e|-f|-m|--command|--execute|--file|--eval)\b|<|\|")
_JOINED = re.compile(r"[;&|\n<>`]")
"""What may make a command of more than one, so that its first word does not say what it is."""
_ASSIGNED = re.compile(r"[A-Za-z_]\w*=\S*")
_QUESTIONS = ("What went wrong?", "How is it detected?", "What are the signs?")


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """What was recorded: under which ``name``, by whom, in which ``shell``, for which alert, and the aliases of that shell."""

    name: str
    who: str
    shell: str
    commands: tuple[Typed, ...]
    alert: Alert | None = None
    aliases: Mapping[str, str] = {}


def draft(recording: Recording) -> str:
    """The text of the runbook. Each command that went well is a step, in the directory it was typed in; where a fact of the alert
    stands in it, the parameter takes its place, and one that is asked for takes a secret's. What failed is listed, and not run;
    what needs the screen, or held a secret that cannot be put so, is a box to tick."""
    facts = _params(recording)
    steps, used, asked = _steps(recording, facts)
    first = recording.commands[0].at if recording.commands else None
    by = f"Recorded {first:%Y-%m-%d %H:%M} UTC by {clean(recording.who)}" if first else f"Recorded by {clean(recording.who)}"
    about = f" for {clean(recording.alert.name)} {clean(recording.alert.where)}".rstrip() if recording.alert is not None else ""
    lines = [*_front(recording, used, asked), "", f"# {_title(recording.name)}", ""]
    lines += [f"{_plain(by + about)}. Look at every line before somebody trusts it at night.", ""]
    for question in _QUESTIONS:
        lines += [f"## {question}", "", "(nobody has answered this yet)", ""]
    lines += ["## Steps", "", *steps]
    failed = [each for each in recording.commands if each.status]
    if failed:
        lines += ["## What did not work", "", "Left out of the steps:", ""]
        body = "\n".join(f"# status {each.status}: {each.command}".replace("\n", "\n#   ") for each in failed)
        lines += [*_fenced("text", body), ""]
    return "\n".join(lines)


def _title(name: str) -> str:
    words = re.sub(r"[-_/]+", " ", name).strip()
    return words[:1].upper() + words[1:]


def _front(recording: Recording, used: Mapping[str, str], asked: Mapping[str, str]) -> list[str]:
    alert = recording.alert
    lines = ["---", f"title: {_quoted(_title(recording.name))}"]
    if alert is not None:
        label = next((name for name in ("trap", "alertname") if alert.labels.get(name)), "")
        lines += [f"match: {_quoted(f'{label}={_matched(alert.labels[label])}')}"] if label else []
    lines += ["changes: " + _quoted("what was done by hand: write here what it does to the world")]
    lines += ["params:"] if used or asked else []
    for name, source in used.items():
        lines += [f"  {name}:", f"    from: {_quoted(source)}"]
    for name, text in asked.items():
        lines += [f"  {name}:", "    ask:", "      kind: secret", f"      text: {_quoted(text)}"]
    return [*lines, "---"]


def _matched(value: str) -> str:
    return value if re.fullmatch(r"[\w./:@-]+", value) else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _quoted(text: str) -> str:
    """As a YAML scalar between single quotes."""
    return "'" + clean(text).replace("'", "''") + "'"


def _plain(text: str) -> str:
    """As words of Markdown: nothing in it is markup."""
    return re.sub(r"([\\`*_\[\]<>#|~])", r"\\\1", text)


def _params(recording: Recording) -> dict[str, tuple[str, str]]:
    """For each value that becomes a parameter: its name and where it comes from. Longer values first: they may hold others."""
    alert = recording.alert
    if alert is None:
        return {}
    found: dict[str, tuple[str, str]] = {}
    named = [(name, value, f"label:{name}") for name, value in sorted(alert.labels.items()) if name not in _DULL]
    for name, value, source in (*named, ("place", alert.where, "alert:where")):
        if len(value) >= _SHORTEST and not value.isdigit() and value not in found and re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
            found[value] = (_free(name, recording.shell), source)
    return dict(sorted(found.items(), key=lambda each: -len(each[0])))


def _free(name: str, shell: str) -> str:
    """A name that means nothing to a shell by itself."""
    step = ScriptStep(f'echo "${name}"', shell)
    return f"the_{name}" if any(step.faults([name])) else name


def _steps(recording: Recording, facts: Mapping[str, tuple[str, str]]) -> tuple[list[str], dict[str, str], dict[str, str]]:
    """The lines of all steps, the parameters that they use with their sources, and the secrets that are asked for with the words
    for that."""
    lines: list[str] = []
    used: dict[str, str] = {}
    asked: dict[str, str] = {}
    before: list[str] = []
    for each in recording.commands:
        command = spelt_out(each.command, recording.aliases)
        word = program(command)
        alone = _JOINED.search(command) is None
        if each.status or (alone and word in _OWN):
            continue
        secret = f"secret_{len(asked) + 1}" if command.count(MASK) == 1 and each.hidden else ""
        known = {**facts, MASK: (secret, "")} if secret else facts
        text, names = with_params(command, known)
        by_hand = needs_screen(command) or (each.hidden and secret not in names)
        if not by_hand:
            used |= {name: source for name, source in facts.values() if name in names}
            asked |= {secret: f"what stood where {MASK} is: {command}"} if secret else {}
        if alone and not by_hand and (word in _SET_UP or not word):
            before.append(text)
            continue
        told = f"Took {say_seconds(each.seconds) if each.seconds >= 1 else 'under a second'}, exit status {each.status}"
        if by_hand:
            why = f"a secret stood where {MASK} is, and was not kept" if each.hidden else "it needs the screen"
            body = clean_block(command)
            lines += [f"- [ ] {_plain(f'by hand, for {why}')}. {told}.", "", *_indented(_fenced("text", body)), ""]
            continue
        lines += [f"{told}.", "", *_fenced(f"{recording.shell} {_attributes(each)}".rstrip(), "\n".join((*before, text))), ""]
    return lines, dict(sorted(used.items())), asked


def _attributes(each: Typed) -> str:
    if not each.cwd.startswith("/") or not each.cwd.isprintable():
        return ""
    return f"cwd={shlex.quote(literal(each.cwd))}"


def _fenced(info: str, body: str) -> list[str]:
    """A fenced block that nothing in its body ends (CommonMark 0.31, 4.5)."""
    longest = max((len(run) for run in re.findall(r"`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{info}", *body.split("\n"), fence]


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def program(command: str) -> str:
    """The program that a command begins with, past variables, ``sudo`` and the like; "" where it only sets variables."""
    words = words_of(command)
    for word in words:
        if _ASSIGNED.fullmatch(word) or word in ("sudo", "doas", "env", "nohup", "time", "command", "nice") or word.startswith("-"):
            continue
        return word.rpartition("/")[2]
    return ""


def needs_screen(command: str) -> bool:
    """Whether it wants a person in front of it: an editor, a pager, a prompt of its own."""
    last = re.split(r"(?<![|])\|(?![|&])", command)[-1]
    word = program(command)
    if word in _ON_SCREEN or program(last) in ("less", "more", "most", "fzf"):
        return not (word == "crontab" and "-l" in command)
    if word == "ssh":
        return _only_a_host(command)
    return word in _PROMPTS and not _GIVEN.search(command) and not _has_file(command)


def _only_a_host(command: str) -> bool:
    """Whether this ssh has no command for the other side: it opens a shell there."""
    words, plain = shlex.split(command.replace("\n", " "), comments=True) if command.count("'") % 2 == 0 else command.split(), 0
    at = next((n for n, word in enumerate(words) if word.rpartition("/")[2] == "ssh"), 0) + 1
    while at < len(words):
        word = words[at]
        if word.startswith("-") and not plain:
            at += 2 if len(word) == 2 and word[1] in "bcDEeFIiJLlmOopQRSWw" else 1
            continue
        plain += 1
        at += 1
    return plain <= 1


def _has_file(command: str) -> bool:
    """Whether an interpreter was given a program to run."""
    return program(command) in _INTERPRETERS and len([word for word in command.split() if not word.startswith("-")]) > 1


def with_params(command: str, facts: Mapping[str, tuple[str, str]]) -> tuple[str, frozenset[str]]:
    """The command with parameters in the places of the facts that stand in it, each as its quotes demand, and their names. Where
    quoting is of another kind (a here-document, ``$'…'``, a command within double quotes, a comment), it stays as it was typed."""
    if not facts or "<<" in command or "$'" in command:
        return command, frozenset()
    out: list[str] = []
    names: set[str] = set()
    quote, at = "", 0
    while at < len(command):
        char = command[at]
        value = next(
            (each for each in facts if command.startswith(each, at) and (each == MASK or _whole(command, at, len(each)))), ""
        )
        if value:
            name = facts[value][0]
            names.add(name)
            out.append({"": f'"${name}"', '"': f"${{{name}}}", "'": f"'\"${name}\"'"}[quote])
            at += len(value)
            continue
        if _opens_another(command, at, quote):
            return command, frozenset()
        if char == "\\" and quote != "'":
            out.append(command[at : at + 2])
            at += 2
            continue
        if char in "'\"" and quote in ("", char):
            quote = "" if quote else char
        out.append(char)
        at += 1
    return "".join(out), frozenset(names)


def _opens_another(command: str, at: int, quote: str) -> bool:
    """Whether from here on other rules of quoting hold than those that are followed here."""
    if quote == '"':
        return command[at] == "`" or command.startswith("$(", at)
    return not quote and command[at] == "#" and (at == 0 or command[at - 1].isspace())


def _whole(command: str, at: int, length: int) -> bool:
    """Whether what stands there is no part of a longer word."""
    before, after = command[at - 1 : at], command[at + length : at + length + 1]
    return not (before and (before.isalnum() or before in "_-$\\")) and not (after and (after.isalnum() or after in "_-"))
