"""A runbook drafted from what was typed: read by the very reader of Markdown runbooks."""

from __future__ import annotations

import shlex
import subprocess
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.config.book import read_book
from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.drafts import Recording, draft, needs_screen, program, with_params
from cockpit.core.runbooks import Runbook
from cockpit.core.steps.script import ScriptStep
from cockpit.core.typed import Typed
from cockpit.core.values import is_secret

T0 = datetime(2026, 11, 25, 3, 12, tzinfo=UTC)
ALERT = Alert(
    ref=Ref("am", "f1"), name="PostgresDown", where="db-1.example", severity=Severity.CRITICAL, state=AlertState.FIRING,
    labels={"alertname": "PostgresDown", "instance": "db-1", "team": "shop", "path": "/srv/data", "cluster": "eu"},
)  # fmt: skip


def one(command: str, status: int = 0, cwd: str = "/srv", *, hidden: bool = False, seconds: float = 2.0) -> Typed:
    return Typed(T0, seconds, status, cwd, command, hidden)


def drafted(*commands: Typed, alert: Alert | None = ALERT, shell: str = "bash", **more: dict[str, str]) -> str:
    return draft(Recording(name="mend-it", who="Ana", shell=shell, commands=commands, alert=alert, **more))


def runbook(text: str) -> Runbook:
    book, problems = read_book("mend-it", "mend-it.md", text)
    assert problems == (), text
    assert book.runbook is not None
    return book.runbook


def scripts(text: str) -> list[str]:
    steps = [step.do for step in runbook(text).steps]
    return [do.text for do in steps if isinstance(do, ScriptStep)]


def test_each_command_that_went_well_is_a_step_in_its_directory_and_the_others_are_listed() -> None:
    text = drafted(one("systemctl restart pg"), one("rm nothing", 1), one("cd /tmp"), one("echo a\necho b", cwd="/tmp/a b{}"))
    book = runbook(text)
    assert scripts(text) == ["systemctl restart pg\n", "echo a\necho b\n"]
    assert [step.do.filled({}).cwd for step in book.steps if isinstance(step.do, ScriptStep)] == ["/srv", "/tmp/a b{}"]
    assert (book.title, book.match) == ("Mend it", "alertname=PostgresDown")
    assert book.changes, "whoever drafted it says first what it does to the world"
    assert "# status 1: rm nothing" in text
    assert "Took 2 s, exit status 0." in text
    for question in ("What went wrong?", "How is it detected?", "What are the signs?"):
        assert f"## {question}" in text


def test_facts_of_the_alert_become_parameters_as_the_quotes_around_them_demand() -> None:
    text = drafted(
        one("ssh db-1 uptime"),
        one("""echo "on db-1" 'at db-1'"""),
        one("du -sh /srv/data"),
        one("ping db-1.example"),
        one("ls db-10"),
    )  # fmt: skip
    assert scripts(text) == [
        'ssh "$instance" uptime\n', """echo "on ${instance}" 'at '"$instance"''\n""", 'du -sh "$path"\n', 'ping "$place"\n',
        "ls db-10\n",
    ]  # fmt: skip
    assert {name: param.source for name, param in runbook(text).params.items()} == {
        "instance": "label:instance", "path": "label:path", "place": "alert:where",
    }  # fmt: skip


def test_a_name_that_means_something_to_the_shell_is_given_another() -> None:
    text = drafted(one("du -sh /srv/data"), shell="zsh")
    assert scripts(text) == ['du -sh "$the_path"\n']


def test_what_later_commands_depend_on_stands_in_front_of_each() -> None:
    text = drafted(one("export KUBECONFIG=/etc/k"), one("A=b"), one("kubectl get pods"), one("kubectl get nodes"), alert=None)
    assert scripts(text) == [f"export KUBECONFIG=/etc/k\nA=b\nkubectl get {what}\n" for what in ("pods", "nodes")]


def test_of_several_in_one_line_the_first_does_not_say_what_they_are() -> None:
    lines = ("cd /tmp && make", "export A=b; deploy", "A=b;deploy", "source x | tee y", "true && uptime", "cd /srv", "export A=b")
    assert scripts(drafted(*map(one, lines), one("last"), alert=None)) == [
        *(f"{line}\n" for line in lines[:5]), "export A=b\nlast\n",
    ]  # fmt: skip


def test_what_held_a_secret_or_needs_the_screen_is_a_box_and_no_step() -> None:
    text = drafted(one("mysql -p*** <<< 'show tables'", hidden=True), one("vi /etc/pg.conf"), one("uptime"))
    assert scripts(text) == ["uptime\n"]
    assert len(runbook(text).steps) == 3
    assert "- [ ] by hand, for it needs the screen" in text
    assert "a secret stood where \\*\\*\\* is" in text


def test_a_secret_is_asked_for_where_it_stood_and_is_a_variable_there() -> None:
    text = drafted(
        one("PGPASSWORD=*** psql -c 'select 1'", hidden=True), one("curl -H 'Authorization: Bearer ***' https://x", hidden=True),
        one("a --token=*** --password ***", hidden=True), one("export API_KEY=***", hidden=True), one("deploy"),
    )  # fmt: skip
    assert scripts(text) == [
        """PGPASSWORD="$secret_1" psql -c 'select 1'\n""",
        """curl -H 'Authorization: Bearer '"$secret_2"'' https://x\n""",
        """export API_KEY="$secret_3"\ndeploy\n""",
    ]
    assert {name: is_secret(param) for name, param in runbook(text).params.items()} == dict.fromkeys(
        ("secret_1", "secret_2", "secret_3"), True
    )
    assert text.count("a secret stood where \\*\\*\\* is") == 1, "of two in one command nobody knows whether they are the same"


def test_aliases_are_spelt_out() -> None:
    assert scripts(drafted(one("ll /srv"), aliases={"ll": "ls -l"})) == ["ls -l /srv\n"]


@pytest.mark.parametrize(
    ("command", "is_one"),
    [
        ("vim x", True), ("sudo -E vi x", True), ("EDITOR=x less y", True), ("ps aux | less", True), ("man ls", True),
        ("ssh web-1", True), ("ssh -p 22 -i k web-1", True), ("ssh web-1 uptime", False), ("ssh web-1 'df -h'", False),
        ("psql shop", True), ("psql -c 'select 1' shop", False), ("psql shop < dump.sql", False), ("python3", True),
        ("python3 mend.py", False), ("echo 1 | python3 -", False), ("crontab -e", True), ("crontab -l", False), ("less", True),
        ("journalctl -u pg", False), ("a || less", False),
    ],
)  # fmt: skip
def test_what_needs_a_person_at_the_screen_is_known(command: str, is_one: bool) -> None:
    assert needs_screen(command) is is_one


def test_the_program_is_found_behind_what_stands_before_it() -> None:
    assert [program(each) for each in ("A=b sudo -n /usr/bin/vi x", "A=b", "'", "env X=1 ls")] == ["vi", "", "'", "ls"]


@settings(max_examples=300, deadline=None)
@given(
    st.text(alphabet=st.sampled_from("ab-1 '\"\\$;|&`\n{}#*~"), min_size=1, max_size=40), st.sampled_from(["", "db-1", " db-1 "])
)
def test_whatever_was_typed_the_draft_can_be_read(text: str, fact: str) -> None:
    command = text + fact + text
    if not command.strip():
        return
    book, problems = read_book("mend-it", "mend-it.md", drafted(one(command), one("true and more")))
    assert problems == ()
    assert book.runbook is not None


@pytest.mark.parametrize(
    "command",
    [
        "echo db-1",
        'echo "x db-1 y"',
        "echo 'x db-1 y'",
        "echo a\\ db-1",
        "echo \"$(echo 'db-1')\"",
        "echo x.db-1.y",
        "echo 'a'db-1'b'",
    ],
)
def test_with_the_same_fact_the_command_with_parameters_does_the_same(command: str) -> None:
    text, names = with_params(command, {"db-1": ("instance", "label:instance")})

    def said(script: str, **env: str) -> bytes:
        return subprocess.run(("bash", "-c", script), env={"PATH": "/usr/bin:/bin", **env}, capture_output=True, check=True).stdout

    assert said(text, instance="db-1") == said(command)
    if names:
        other = "$(id) 'x' \"y\""
        assert shlex.quote(other) not in said(text, instance=other).decode()
        assert other in said(text, instance=other).decode(), "a value never becomes code"
