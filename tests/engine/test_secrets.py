"""A secret goes from a person to the steps that need it, and is kept by nobody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cockpit import plugins
from cockpit.config.model import Config
from cockpit.core.actions import Run, RunState, Start
from cockpit.core.asking import Answers, Asked
from cockpit.core.roster import Contact, OnCall, Person, Shift
from cockpit.core.runbooks import Param, Runbook
from cockpit.core.steps.capture import Capture
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.script import ScriptStep
from cockpit.core.steps.step import Step
from cockpit.core.values import SECRET
from cockpit.engine.clock import SystemClock
from cockpit.engine.desk import Refused
from cockpit.engine.engine import Engine
from cockpit.engine.journal import open_journal
from cockpit.engine.listing import NotListed, listed
from cockpit.engine.planning import on_duty
from cockpit.engine.vault import MOST, Vault
from support.real import wait_until

CANARY = "hunter2-sesame"  # a canary
BOOK = Runbook(
    name="login",
    title="Log in",
    steps=(Step(ScriptStep('echo "$pw and ${#pw}"')),),
    params={"pw": Param(ask=Asked(kind=Answers.SECRET), pattern="[a-z0-9-]+")},
    changes="logs in",
)


@contextmanager
def engine(folder: Path, book: Runbook = BOOK) -> Iterator[Engine]:
    clock = SystemClock()
    journal = open_journal(folder, clock)
    made = Engine(
        Config(me=("ana",), runbooks={book.name: book}),
        journal,
        clock,
        load_provider=lambda name: plugins.load(plugins.PROVIDERS, name),
        load_probe=lambda name: plugins.load(plugins.PROBES, name),
        state_dir=folder,
    )
    made.start()
    try:
        yield made
    finally:
        made.stop()
        journal.close()


def settled(on: Engine, run_id: str) -> Run:
    wait_until(lambda: any(run.id == run_id and run.state.settled for run in on.view.runs), 30, "the end of the run")
    return next(run for run in on.view.runs if run.id == run_id)


def test_it_reaches_the_step_and_nothing_that_is_kept(tmp_path: Path) -> None:  # safety 22
    with engine(tmp_path) as on:
        given = {"pw": SECRET}
        plan = on.plan("login", None, given)
        run = settled(on, on.ask(Start("login", given, None, plan.exact, secrets={"pw": on.hold(CANARY)})))
        assert run.state is RunState.CONFIRMED
        assert on.output(run.id).lines[-1] == f"*** and {len(CANARY)}"
        assert CANARY not in repr(on.view)
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or CANARY.encode() not in file.read_bytes()


def test_it_is_never_journalled_never_reused_and_judged_before_anything_begins(tmp_path: Path) -> None:  # safety 7, 22
    with engine(tmp_path) as on:
        with pytest.raises(Refused, match="must not be given like any value"):
            on.ask(Start("login", {"pw": CANARY}, secrets={"pw": on.hold(CANARY)}))
        with pytest.raises(Refused, match="said anew for each run"):
            on.ask(Start("login", {"pw": SECRET}))
        with pytest.raises(Refused, match="does not match") as caught:
            on.ask(Start("login", {"pw": SECRET}, secrets={"pw": on.hold("HUNTER 2")}))
        assert "HUNTER" not in str(caught.value)
        word = on.hold(CANARY)
        settled(on, on.ask(Start("login", {"pw": SECRET}, secrets={"pw": word})))
        with pytest.raises(Refused, match="said anew for each run"):
            on.ask(Start("login", {"pw": SECRET}, secrets={"pw": word}))
        assert on.ask(Start("login", {"pw": SECRET}, dry_run=True))


def test_what_was_done_is_undone_once_as_it_was_shown(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    done = Step(ScriptStep('touch "$it"; echo it is 7'), capture={"n": Capture(regex="is (.)", pattern="[0-9]")},
                undo=Step(RunStep(("sh", "-c", 'rm "$1"; echo "gone $2"', "sh", "{it}", "{n}"))))  # fmt: skip
    book = Runbook(name="mark", title="Mark", steps=(done,), params={"it": Param()}, changes="marks")
    with engine(tmp_path / "state", book) as on:
        given = {"it": str(mark)}
        run = settled(on, on.ask(Start("mark", given, None, on.plan("mark", None, given).exact)))
        back = on.way_back(run.id)
        assert back is not None
        assert back.deeds == (("sh", "-c", 'rm "$1"; echo "gone $2"', "sh", str(mark), "7"),)
        with pytest.raises(Refused, match="look again"):
            on.ask(Start("mark", {}, None, (("rm", "-rf", "/"),), undoes=run.id))
        undone = settled(on, on.ask(Start("mark", {}, None, back.exact, undoes=run.id)))
        assert (undone.what, undone.state) == ("undo mark", RunState.CONFIRMED)
        assert not mark.exists()
        assert on.output(undone.id).lines[-1] == "gone 7"
        with pytest.raises(Refused, match="can be undone"):
            on.ask(Start("mark", {}, None, back.exact, undoes=run.id))


def test_what_nobody_takes_is_not_held_for_ever() -> None:
    vault = Vault()
    first = vault.hold("first")
    words = [vault.hold(str(number)) for number in range(MOST)]
    assert vault.look(first) is None
    assert vault.take(words[-1]) == str(MOST - 1)
    assert vault.take(words[-1]) is None


def test_what_is_refused_fails_or_is_thought_better_of_leaves_no_secret_behind(tmp_path: Path) -> None:  # safety 22
    with engine(tmp_path) as on:
        vault = on._vault
        for seen, said in (((("rm", "-rf", "/"),), CANARY), ((), "HUNTER 2")):
            word = on.hold(said)
            with pytest.raises(Refused):
                on.ask(Start("login", {"pw": SECRET}, None, seen, secrets={"pw": word}))
            assert vault.look(word) is None
        word = on.hold(CANARY)
        run_id = on.ask(Start("login", {"pw": SECRET}, secrets={"pw": word, "more": (other := on.hold("another"))}))
        settled(on, run_id)
        wait_until(lambda: vault.look(word) is None and vault.look(other) is None, 10, "that none is held")
    vault = Vault(kept=0.05)
    word, claimed = vault.hold(CANARY), vault.hold(CANARY)
    vault.claim([claimed])
    wait_until(lambda: vault.look(word) is None, 10, "that it is dropped")
    assert vault.take(claimed) == CANARY


def test_a_command_says_what_can_be_chosen_or_why_nothing_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PD_TOKEN", CANARY)
    assert listed(("printf", "b\\na\\n\\nb\\n"), ()) == ("b", "a")
    assert not [line for line in listed(("env",), ("PD_TOKEN",)) if CANARY in line]
    for argv, why in (
        (("sh", "-c", "echo no such cluster; exit 2"), "ended with status 2: no such cluster"),
        (("/no/such",), "cannot be started"),
        (("true",), "printed nothing"),
    ):
        with pytest.raises(NotListed, match=why):
            listed(argv, ())
    monkeypatch.setattr("cockpit.engine.listing.WITHIN", 0.2)
    with pytest.raises(NotListed, match="did not say within"):
        listed(("sleep", "300"), ())


def test_who_is_on_duty_is_known_by_name_and_by_every_contact() -> None:
    now = datetime(2026, 11, 26, 3, 12, tzinfo=UTC)
    shift = Shift(roster="primary", level=1, person="ana", name="Ana", timezone="UTC", start=now, end=None, source="local")
    ana = Person(id="ana", name="Ana", contacts=(Contact(via="email", to="ana@example.com"), Contact(via="email", to="second")))
    gap = OnCall(roster="night", level=1, source="local", now=None, next=None)
    assert on_duty([gap, OnCall(roster="primary", level=1, source="local", now=shift, next=None)], [ana]) == {
        "primary": "ana",
        "primary.name": "Ana",
        "primary.timezone": "UTC",
        "primary.email": "ana@example.com",
    }
