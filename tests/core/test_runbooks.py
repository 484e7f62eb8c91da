"""What a runbook will execute: exactly what was shown, byte for byte, whatever the alert says."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.placeholders import placeholders
from cockpit.core.plans import Plan, asks, needs_typing, params_of, plan
from cockpit.core.runbooks import Confirm, Param, Runbook, offered
from cockpit.core.shells import evaluated, quoted, remote
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.step import Step
from support.real import free_port, listening, need, running
from support.steps import program

NOW = datetime(2026, 11, 23, 3, 12, tzinfo=UTC)
DISK = Alert(
    ref=Ref("local", "root-disk"),
    name="root-disk",
    severity=Severity.CRITICAL,
    state=AlertState.FIRING,
    where="/srv on web-3",
    labels={"path": "/srv", "team": "web", "empty": ""},
    annotations={"runbooks": "free-disk, show-disk,gone", "detect": "used space"},
    started_at=NOW - timedelta(minutes=20),
    trap="root-disk",
)
ECHO = Step(RunStep(("echo", "{x}")))


def book(*steps: Step, name: str = "free-disk", title: str = "Free space on {path}", **more: object) -> Runbook:
    return msgspec.structs.replace(Runbook(name=name, title=title, steps=steps), **more)


def run(*argv: str, **params: Param) -> Runbook:
    return book(Step(RunStep(argv)), params=params)


def labelled(**labels: str) -> Alert:
    return msgspec.structs.replace(DISK, labels=labels)


HAND = Param(allow_dash=True, allow_control=True)
HOSTILE = st.one_of(
    st.text(max_size=20),
    st.lists(
        st.sampled_from(
            [
                "$(touch canary)",
                "`id`",
                ";",
                "&&",
                "|",
                "\n",
                "'",
                '"',
                "\\",
                "{x}",
                "{{",
                "}}",
                "{y}",
                "%s",
                "~",
                "*",
                "$HOME",
                " ",
                "\t",
                "--rm",
                "-",
                "\x1b[2J",
                "\u202e",
                "日本",
                "\udcff",
                "!",
                "#",
                "\r",
                "<",
                ">",
                "(",
                ")",
            ]
        ),
        max_size=8,
    ).map("".join),
)


def encodable(value: str) -> bool:
    return "\0" not in value and not any("\ud800" <= char <= "\udc7f" or "\udd00" <= char <= "\udfff" for char in value)


# --- values ---


@settings(max_examples=2500, deadline=None)
@given(HOSTILE, HOSTILE)
def test_any_value_that_is_allowed_is_that_exact_argument(x: str, y: str) -> None:  # safety 6, safety 9
    made = book(
        Step(RunStep(("prog", "{x}", "a{x}b{{{y}}}"), env={"V": "{x}"}, cwd="/tmp/{y}")),
        params={"x": HAND, "y": HAND},
        target="{x}",
    )
    got = plan(made, None, {"x": x, "y": y})
    if not (encodable(x) and encodable(y)):
        assert got.refused
        assert got.steps == ()
        return
    assert not got.refused
    assert program(got.steps[0]).argv == ("prog", x, f"a{x}b{{{y}}}")
    assert program(got.steps[0]).env == {"V": x}
    assert program(got.steps[0]).cwd == f"/tmp/{y}"


@settings(max_examples=2500, deadline=None)
@given(HOSTILE)
def test_a_value_from_a_label_is_that_exact_argument_or_refuses_the_plan(value: str) -> None:  # safety 6, safety 7
    got = plan(run("prog", "{x}"), labelled(x=value), {})
    controls = any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 or char in "\u2028\u2029" for char in value)
    if not value:
        assert got.missing == ("x",)
    elif controls or value.startswith("-") or not encodable(value):
        assert "x " in got.refused
    else:
        assert got.exact == (("prog", value),)


def test_the_kernel_gets_the_very_bytes() -> None:  # safety 6
    value = "$(touch canary); `id` \n'\"\\ {x} \udcff 日本"
    dump = "import os, sys, json; print(json.dumps([os.fsencode(a).hex() for a in sys.argv[1:]]))"
    got = plan(run(sys.executable, "-c", dump, "{x}", x=HAND), None, {"x": value})
    out = subprocess.run(got.exact[0], capture_output=True, check=True, env={**os.environ, "PYTHONUTF8": "1"})
    assert json.loads(out.stdout) == [os.fsencode(value).hex()]


@pytest.mark.parametrize(
    ("value", "param", "says"),
    [
        ("-rf", Param(), "begins with -"),
        ("a\nb", Param(), "control character"),
        ("a\x1bb", Param(), "control character"),
        ("a\u2028b", Param(), "control character"),
        ("a\0b", HAND, "NUL"),
        ("\ud800", HAND, "half a character"),
        ("web 3", Param(pattern=r"[a-z0-9-]+"), "does not match [a-z0-9-]+"),
        ("web-3\n", Param(pattern=r"[a-z0-9-]+", allow_control=True), "does not match"),
        ("x", Param(pattern="(a+)+"), "cannot be used"),
    ],
)
def test_what_a_parameter_does_not_allow_refuses_the_whole_plan(value: str, param: Param, says: str) -> None:  # safety 7
    got = plan(run("prog", "{x}", x=param), None, {"x": value})
    assert says in got.refused
    assert got.steps == ()


@pytest.mark.parametrize(
    ("value", "param"),
    [("-rf", Param(allow_dash=True)), ("a\nb", Param(allow_control=True)), ("", Param()), ("a b", Param(pattern="[a-z ]+"))],
)
def test_what_a_parameter_allows_goes_through(value: str, param: Param) -> None:
    assert plan(run("prog", "{x}", x=param), None, {"x": value}).exact == (("prog", value),)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("label:path", "/srv"),
        ("annotation:detect", "used space"),
        ("reading:used_percent", "93.5"),
        ("reading:files", "12"),
        ("alert:name", "root-disk"),
        ("alert:where", "/srv on web-3"),
        ("alert:id", "root-disk"),
        ("alert:source", "local"),
        ("label:gone", None),
        ("label:empty", None),
        ("reading:odd", None),
        ("reading:endless", None),
        ("alert:mood", None),
        ("", None),
    ],
)
def test_values_come_from_where_the_parameter_says(source: str, expected: str | None) -> None:
    reading = {"used_percent": 93.5, "files": 12.0, "odd": math.nan, "endless": math.inf}
    got = plan(run("prog", "{x}", x=Param(source=source)), DISK, {}, reading)
    if expected is None:
        assert (got.missing, got.refused) == (("x",), "needs a value for x")
        assert plan(run("prog", "{x}", x=Param(source=source, default="d")), DISK, {}, reading).exact == (("prog", "d"),)
    else:
        assert got.exact == (("prog", expected),)


def test_a_hand_given_value_wins_over_the_fact_and_that_over_the_default() -> None:
    made = run("prog", "{x}", x=Param(source="label:path", default="/"))
    assert plan(made, DISK, {"x": "/hand"}).values == {"x": "/hand", "path": "/srv"}
    assert plan(made, DISK, {}).exact == (("prog", "/srv"),)
    assert plan(made, None, {}).exact == (("prog", "/"),)


def test_a_placeholder_that_is_not_declared_is_the_label_of_that_name() -> None:
    made = run("df", "{path}")
    assert plan(made, DISK, {}).exact == (("df", "/srv"),)
    assert params_of(made)["path"].source == "label:path"
    got = plan(made, None, {})
    assert (got.missing, got.refused) == (("path",), "needs a value for path")
    assert plan(run("df", "{my-path}"), labelled(**{"my-path": "/"}), {}).missing == ("my-path",)


def test_what_only_the_title_names_need_not_be_known() -> None:
    assert plan(run("journalctl", "--vacuum-size=200M"), None, {}).exact == (("journalctl", "--vacuum-size=200M"),)


def test_a_value_for_no_parameter_is_refused_with_the_one_meant() -> None:
    assert "has no parameter pth, did you mean path?" in plan(run("df", "{path}"), DISK, {"pth": "/"}).refused
    assert plan(book(Step(RunStep(("df",))), title="Look"), DISK, {"a": "b"}).refused == "free-disk has no parameter a: it has none"


@pytest.mark.parametrize(
    "text", ["{", "}", "a{b", "{}", "{print $1}", '{"a": 1}', "{a.b}", "{0}", "{a!r}", "{a:>3}", "{ a }", "{{a}", "{a}}"]
)
def test_malformed_braces_say_how_literal_ones_are_written(text: str) -> None:
    with pytest.raises(ValueError, match=r"literal brace"):
        placeholders(text)
    got = plan(run("awk", text), DISK, {})
    assert "literal brace" in got.refused
    assert got.steps == ()


def test_doubled_braces_are_literal() -> None:
    assert placeholders("{{{a}}} {{x}} {b} {a}") == ("a", "b")
    assert plan(run("awk", "{{print $1}}", "{{{path}}}"), DISK, {}).exact == (("awk", "{print $1}", "{/srv}"),)


@pytest.mark.parametrize(
    ("steps", "says"),
    [((), "no steps"), ((Step(RunStep(())),), "step 1 names no program"), ((Step(RunStep(("a", "\0"))),), "step 1 holds a NUL")],
)
def test_what_cannot_be_started_is_refused_before_it_is_tried(steps: tuple[Step, ...], says: str) -> None:
    assert says in plan(book(*steps), None, {}).refused


# --- shells ---


@pytest.mark.parametrize(
    "argv",
    [
        ("sh", "-c", "rm {x}"),
        ("/bin/bash", "-e", "-o", "pipefail", "-c", "rm {x}"),
        ("bash", "-lc", "rm '{x}'"),
        ("sudo", "-u", "web", "sh", "-ec", "rm {x}"),
        ("env", "A=b", "busybox", "sh", "-c", "rm {x}"),
        ("su", "-", "web", "-c", "rm {x}"),
        ("su", "--command=rm {x}", "web"),
        ("ssh", "web-3", "sh", "-c", "rm {x}"),
        ("ssh", "web-3", "rm '{x}'"),
        ("python3.12", "-I", "-c", "print('{x}')"),
        ("sudo", "perl", "-lane", "print '{x}'"),
        ("ruby", "-e", "puts '{x}'"),
        ("node", "--eval=console.log('{x}')"),
        ("sed", "-i", "s/a/{x}/", "/etc/hosts"),
        ("sed", "-n", "-e", "p", "-e", "s/a/{x}/", "file"),
        ("awk", "-F", ":", "/{x}/ {{print}}", "file"),
        ("watch", "-n", "1", "df", "{x}"),
        ("ssh", "-o", "ProxyCommand=nc {x} 22", "web-3", "true"),
        ("psql", "-c", "DELETE FROM job WHERE host = '{x}'"),
        ("sudo", "-u", "postgres", "psql", "-d", "shop", "-tAc", "SELECT '{x}'"),
        ("psql", "shop", "--command=SELECT '{x}'"),
        ("psql", "-h", "db-1", "shop", "--comm", "SELECT '{x}'"),
        ("mysql", "-Ne", "KILL {x}"),
        ("mariadb", "-u", "ops", "shop", "--execute", "KILL {x}"),
        ("sqlite3", "-batch", "jobs.db", "DELETE FROM job WHERE host = '{x}'"),
        ("mongosh", "shop", "--eval", "db.killOp({x})"),
        ("expect", "-c", "spawn ssh {x}"),
        ("ansible", "web", "-m", "shell", "-a", "systemctl restart {x}"),
        ("ansible", "web", "-ba", "systemctl restart {x}"),
        ("ansible-playbook", "mend.yml", "-e", "host={x}"),
        ("ansible-playbook", "mend.yml", "--extra-vars=host={x}"),
    ],
)
def test_a_value_never_becomes_part_of_a_shells_text(argv: tuple[str, ...]) -> None:  # safety 6
    got = plan(run(*argv), labelled(x="a"), {})
    assert got.refused
    assert got.steps == ()
    assert evaluated(argv) in got.refused


@pytest.mark.parametrize(
    "argv",
    [
        ("sh", "-c", 'rm -- "$1"', "sh", "{x}"),
        ("bash", "clean.sh", "-c", "{x}"),
        ("sh", "-c", "echo {{x}}"),
        ("grep", "-c", "{x}"),
        ("python3", "clean.py", "-c", "{x}"),
        ("python3", "-c", "import sys", "{x}"),
        ("sed", "-n", "1p", "{x}"),
        ("sed", "-e", "1p", "{x}"),
        ("sed", "-f", "mend.sed", "{x}"),
        ("awk", "-v", "a={x}", "{{print a}}", "{x}"),
        ("watch", "-x", "df", "{x}"),
        ("psql", "-h", "{x}", "-v", "arg={x}", "-f", "mend.sql", "shop"),
        ("psql", "-c", "SELECT 1", "{x}"),
        ("mysql", "-h", "{x}", "-e", "SHOW PROCESSLIST"),
        ("sqlite3", "{x}", "PRAGMA integrity_check"),
        ("expect", "mend.exp", "-c", "{x}"),
        ("ansible", "{x}", "-m", "ping"),
        ("ansible-playbook", "mend.yml", "-l", "{x}"),
    ],
)
def test_an_argument_beside_the_shells_text_is_only_an_argument(argv: tuple[str, ...]) -> None:
    assert evaluated(argv) == ""


def test_what_is_said_against_it_says_how_a_value_is_handed_over() -> None:
    assert "as -v arg={…}, have the text read from a file (-f), and write :'arg' there" in evaluated(("psql", "-c", "SELECT '{x}'"))
    assert "lookup('env', 'ARG')" in evaluated(("ansible", "web", "-a", "{x}"))
    assert """env = { ARG = "{…}" }, and write "$ARG" there""" in evaluated(("sh", "-c", "echo {x}"))


def test_a_shell_step_gets_its_values_by_environment() -> None:  # safety 6
    value = "$(touch canary); ' \" `id` {path}"
    made = book(Step(RunStep(("sh", "-c", 'printf %s "$ARG"'), env={"ARG": "{x}"})), params={"x": HAND})
    done = program(plan(made, None, {"x": value}).steps[0])
    out = subprocess.run(done.argv, capture_output=True, check=True, env={**os.environ, **done.env}, text=True)
    assert out.stdout == value


@pytest.mark.parametrize(
    ("argv", "times"),
    [
        (("ssh", "web-3", "systemctl", "restart", "{x}"), [0, 0, 1, 1, 1]),
        (
            ("/usr/bin/ssh", "-tp", "22", "-oBatchMode=yes", "-l", "web", "{host}", "-4", "ls", "{x}"),
            [0, 0, 0, 0, 0, 0, 0, 0, 1, 1],
        ),
        (("timeout", "10", "ssh", "--", "web-3", "ls"), [0, 0, 0, 0, 0, 1]),
        (("ssh", "a", "ssh", "b", "ls", "{x}"), [0, 0, 1, 1, 2, 2]),
        (("systemctl", "restart", "ssh", "{x}", "y"), [0, 0, 0, 0, 0]),
        (("ssh", "web-3"), [0, 0]),
        (("ssh",), [0]),
    ],
)
def test_the_items_that_a_remote_shell_reads_are_known(argv: tuple[str, ...], times: list[int]) -> None:  # safety 8
    assert remote(argv) == times


POSIX = st.text(alphabet=st.characters(exclude_characters="\0", codec="utf-8"), max_size=20) | st.sampled_from(
    ["", "$(touch canary)", "a'b", '"', "\\", "; rm -rf /", "a\nb", "~root", "*", "!!", "-n", "#", "`id`", "a  b", "'\\''"]
)


@pytest.mark.parametrize("shell", ["sh", "bash"])
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_quoted_value_survives_one_and_two_shells(shell: str, data: st.DataObject) -> None:  # safety 8
    values = data.draw(st.lists(POSIX, min_size=1, max_size=8))
    once = " ".join(["printf", "%s\\\\0", *(quoted(value, 1) for value in values)])
    twice = " ".join([shell, "-c", quoted("printf '%s\\0' " + " ".join(quoted(value, 1) for value in values), 1)])
    for line in (once, twice):
        out = subprocess.run(
            [shell, "-c", line], capture_output=True, check=True, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        )
        assert out.stdout == b"".join(value.encode() + b"\0" for value in values)


@pytest.mark.real
@pytest.mark.parametrize("shell", ["/bin/sh", "/bin/bash"])
def test_over_a_real_sshd_a_value_is_still_one_argument(shell: str, tmp_path: Path) -> None:  # safety 8
    sshd, ssh, keygen, python = need("sshd", "ssh", "ssh-keygen", "python3")
    for name in ("host", "user"):
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True)
    port = free_port()
    (tmp_path / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {tmp_path}/host\nPidFile none\nStrictModes no\nUsePAM no\n"
        f'AuthorizedKeysFile {tmp_path}/user.pub\nForceCommand SHELL={shell} exec {shell} -c "$SSH_ORIGINAL_COMMAND"\n'
    )
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    value = "$(touch canary) ; `id` ' \" \\ * ~ {x} a  b\n日本"
    dump = tmp_path / "dump.py"
    dump.write_text("import sys, json; print(json.dumps(sys.argv[1:]))")
    argv = (
        ssh, "-F", "/dev/null", "-p", str(port), "-i", str(tmp_path / "user"), "-oBatchMode=yes", "-oStrictHostKeyChecking=no",
        "-oUserKnownHostsFile=/dev/null", "-oLogLevel=ERROR", "127.0.0.1", python, str(dump), "{x}", "pre{x}post",
    )  # fmt: skip
    got = plan(run(*argv, x=HAND), None, {"x": value})
    with running([sshd, "-D", "-e", "-f", str(tmp_path / "sshd_config")], ready=lambda: listening(port)):
        out = subprocess.run(got.exact[0], capture_output=True, text=True, timeout=30)
    assert out.returncode == 0, out.stderr
    assert json.loads(out.stdout) == [value, f"pre{value}post"]


# --- words for people ---


@pytest.mark.parametrize(
    ("alert", "given_", "changes"),
    [
        (DISK, {}, "Free space on /srv"),
        (None, {}, "Free space on {path}"),
        (None, {"path": "/hand\x1b[2J"}, "Free space on /hand␛[2J"),
        (labelled(path="{path}{{"), {}, "Free space on {path}{{"),
    ],
)
def test_what_it_changes_says_what_is_known(alert: Alert | None, given_: Mapping[str, str], changes: str) -> None:
    assert plan(book(ECHO, changes="Free space on {path}"), alert, given_).changes == changes


def test_what_has_odd_braces_is_shown_as_it_is() -> None:
    assert plan(book(ECHO, changes="a {b"), DISK, {}).changes == "a {b"


def test_what_it_changes_is_told_with_what_is_known_and_needs_no_value() -> None:
    made = book(Step(RunStep(("rm", "{path}/filler"))), changes="deletes {path}/filler, tells {whom}")
    assert plan(made, DISK, {}).changes == "deletes /srv/filler, tells {whom}"
    assert plan(made, DISK, {"whom": "\x1b[2Jbo"}).changes == "deletes /srv/filler, tells ␛[2Jbo"
    assert not plan(made, DISK, {}).refused
    refused = plan(made, DISK, {"path": "-rf"})
    assert refused.refused
    assert refused.changes == "deletes -rf/filler, tells {whom}"
    assert plan(book(Step(RunStep(("df",)))), DISK, {}).changes == ""
    assert plan(book(Step(RunStep(("df",))), changes="a {b"), DISK, {}).refused


def test_the_target_is_what_config_says_else_the_place_else_the_trap() -> None:
    assert plan(book(Step(RunStep(("df",))), target="{team}-db"), DISK, {}).target == "web-db"
    assert plan(book(Step(RunStep(("df",)))), DISK, {}).target == "/srv on web-3"
    here = msgspec.structs.replace(DISK, where="vm", labels={"host": "vm"}, name="raid", trap="raid")
    assert plan(book(Step(RunStep(("df",)))), here, {}).target == "raid", "the machine that all our traps stand on says nothing"
    elsewhere = msgspec.structs.replace(here, trap="")
    assert plan(book(Step(RunStep(("df",)))), elsewhere, {}).target == "vm", "of another source's alerts it says which of many"
    assert plan(book(Step(RunStep(("df",)))), msgspec.structs.replace(elsewhere, where=" "), {}).target == "raid"
    assert plan(book(Step(RunStep(("df",)))), None, {}).target == ""


def test_the_word_to_type_is_the_target_else_the_runbooks_own_name() -> None:
    dangerous = book(Step(RunStep(("df",))), changes="deletes", confirm=Confirm.TYPE)
    assert plan(dangerous, DISK, {}).word == "/srv on web-3"
    assert plan(dangerous, None, {}).word == "free-disk"


@pytest.mark.parametrize(
    ("changes", "confirm", "confirmed", "typed"),
    [
        (None, Confirm.YES, False, False),
        (None, Confirm.TYPE, False, False),
        ("deletes", Confirm.YES, True, False),
        ("deletes", Confirm.TYPE, True, True),
    ],
)
def test_what_changes_the_world_asks_first(changes: str | None, confirm: Confirm, confirmed: bool, typed: bool) -> None:
    got: Plan = plan(book(Step(RunStep(("df",))), changes=changes, confirm=confirm), DISK, {})
    assert (asks(got), needs_typing(got)) == (confirmed, typed)


# --- which are offered ---


def test_the_traps_own_runbooks_come_first_in_their_order_then_those_that_match() -> None:
    books = [
        book(ECHO, name="by-age", match="@age>15m"),
        book(ECHO, name="by-team", match="team=web"),
        book(ECHO, name="other-team", match="team=db"),
        book(ECHO, name="show-disk"),
        book(ECHO, name="free-disk", match="trap=root-disk"),
        book(ECHO, name="picker-only"),
    ]
    assert [one.name for one in offered(books, DISK, NOW)] == ["free-disk", "show-disk", "by-age", "by-team"]
    assert [one.name for one in offered(books, DISK)] == ["free-disk", "show-disk", "by-team"]
    assert offered(books, None) == ()


def test_an_alert_from_elsewhere_cannot_name_runbooks() -> None:
    assert offered([book(ECHO)], msgspec.structs.replace(DISK, trap="")) == ()
