"""Asking another user for approval: what is told, whose answer counts, and what may lie in the way. As root, who can be several."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from cockpit.core.actions import RunState
from cockpit.core.approvals import Answer, Petition, digest, heard, petition, told
from cockpit.core.plans import plan
from cockpit.core.runbooks import Approval, Runbook
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.step import Step
from cockpit.engine import meeting
from cockpit.engine.clock import SystemClock
from cockpit.engine.consent import Consent, Verdict
from cockpit.engine.peers import Peer, same_hands
from support.neighbours import Neighbour, Street, street
from support.real import wait_until

TOUCH = RunStep(("touch", "/x\x1b]52;c;eA==\x07"))
BOOK = Runbook(name="fix", title="Fix\x1b[31m", steps=(Step(TOUCH),), changes="fixes", approve=Approval.OTHER)
RUN = "20261126-031244-a1b2c3"


@pytest.fixture
def here() -> Iterator[Street]:
    with street() as made:
        made.configure("")
        yield made


def asking(run: str = RUN) -> Petition:
    now = datetime.now(UTC)
    return petition([plan(BOOK, None, {})], run=run, who="ana", host="web", at=now, until=now + timedelta(minutes=5))


class Asked:
    """A run of this process, which is root's, that waits in a thread of its own."""

    def __init__(
        self, here: Street, still: Callable[[], str] = lambda: "", judge: Callable[[str, str], str] = lambda *_: ""
    ) -> None:
        self.petition = asking()
        self.verdict: Verdict | None = None
        self.consent = Consent(SystemClock(), lambda: str(here.meeting), judge)
        self._still = still
        self._thread = threading.Thread(target=lambda: asyncio.run(self._ask()))
        self._thread.start()
        wait_until(lambda: here.sockets == [f"{RUN}.sock"], what="the socket")

    async def _ask(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.verdict = await self.consent.asked(self.petition, self._still)

    def came(self) -> Verdict:
        self._thread.join(30)
        assert self.verdict is not None
        return self.verdict

    def called_off(self) -> None:
        self._loop.call_soon_threadsafe(self.consent.cancel, RUN, "enough")
        assert self.came() == Verdict(RunState.CANCELLED, "enough")


def test_what_is_told_is_the_same_bytes_always_and_safe_to_show() -> None:
    asked = asking()
    data = told(asked)
    assert told(msgspec.json.decode(data, type=Petition)) == data
    shown = heard(data, 7, "bo", mine=False)
    assert (shown.digest, shown.short) == (digest(data), "a1b2c3")
    assert "\x1b" not in f"{shown.said}{shown.petition.title}"
    assert shown.petition.parts[0].exact[:1] == (("touch", "/x\x1b]52;c;eA==\x07"),), "what is done is told byte for byte"
    other = petition([plan(BOOK, None, {})], run=RUN, who="ana", host="web", at=asked.at, until=asked.until)
    assert told(other) == data


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b'{"run": 1}', b"[" * 100_000])
def test_what_is_no_petition_is_refused(data: bytes) -> None:
    with pytest.raises((ValueError, msgspec.MsgspecError, RecursionError)):
        heard(data, 7, "bo", mine=False)


def test_what_changed_since_it_was_asked_for_is_not_approved(here: Street) -> None:  # safety 10
    asked = Asked(here, still=lambda: "its label has changed")
    refused = here.other.run("approve", "a1b2c3", types="y\n")
    assert (refused.returncode, "it is not what you saw any more (its label has changed)" in refused.stderr) == (1, True)
    assert asked.came() == Verdict(RunState.FAILED, "its label has changed", here.other.name)


def test_an_approval_of_other_bytes_does_not_count(here: Street) -> None:
    asked = Asked(here)
    for wrong in ("0" * 64, digest(told(msgspec.structs.replace(asked.petition, who="bo")))):
        said = speak(here.other, here, Answer(digest=wrong, approved=True))
        assert said["refused"] == "what you saw is not what is asked for: look again"
    asked.called_off()


def test_whose_answer_it_is_the_kernel_says(here: Street) -> None:
    judged: list[str] = []

    def judge(runbook: str, login: str) -> str:
        judged.append(login)
        return "" if login == here.other.name else f"{login} may not"

    asked = Asked(here, judge=judge)
    right = Answer(digest=digest(told(asked.petition)), approved=True, why=f"I am {here.other.name}")
    assert speak(here.asker, here, right)["refused"] == f"{here.asker.name} may not"
    assert speak(here.other, here, right)["refused"] == ""
    assert asked.came() == Verdict(RunState.RUNNING, "", here.other.name)
    assert judged == [here.asker.name, here.other.name]


def test_talk_that_is_no_answer_leaves_it_waiting(here: Street) -> None:
    asked = Asked(here)
    for noise in (b"y\n", b"\n", b"{}\n", b"x" * 100_000, b"\xff\xfe\n"):
        with socket.socket(socket.AF_UNIX) as end:
            end.connect(str(here.meeting / f"{RUN}.sock"))
            end.sendall(noise)
    assert asked.verdict is None
    asked.called_off()


def test_what_others_laid_there_is_not_believed_and_not_touched(here: Street) -> None:  # safety 21
    asked = Asked(here)
    (here.meeting / "plain.sock").write_text("not a socket")
    (here.meeting / "20261126-031244-ffffff.sock").symlink_to(here.meeting / f"{RUN}.sock")
    os.mkfifo(here.meeting / "fifo.sock")
    with socket.socket(socket.AF_UNIX) as silent, socket.socket(socket.AF_UNIX) as liar:
        silent.bind(str(here.meeting / "silent.sock"))
        silent.listen()
        liar.bind(str(here.meeting / "liar.sock"))
        liar.listen()

        def lie() -> None:
            with liar.accept()[0] as end:
                end.sendall(told(asked.petition) + b"\n")

        answering = threading.Thread(target=lie)
        answering.start()
        found, problem = meeting.waiting(str(here.meeting))
        answering.join()
    assert (problem, [each.petition.run for each in found]) == ("", [RUN]), "another's petition is not told under another name"
    assert len(here.sockets) == 6
    asked.called_off()
    assert f"{RUN}.sock" not in here.sockets
    assert len(here.sockets) == 5


def test_a_file_in_its_place_is_refused_and_stays(here: Street) -> None:  # safety 21
    (here.meeting / f"{RUN}.sock").write_text("mine")
    consent = Consent(SystemClock(), lambda: str(here.meeting), lambda *_: "")
    with pytest.raises(OSError, match="nobody can be asked"):
        asyncio.run(consent.asked(asking(), lambda: ""))
    assert (here.meeting / f"{RUN}.sock").read_text() == "mine"


def test_who_became_another_by_su_is_still_who_they_were(here: Street) -> None:
    """A process of the asker's that turns into the other's, as su and sudo do, cannot approve."""
    code = (
        "import os, sys, subprocess\n"
        f"os.setresuid({here.asker.uid}, {here.asker.uid}, 0)\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        f"    os.seteuid(0); os.setresuid({here.other.uid}, {here.other.uid}, {here.other.uid})\n"
        "    print(os.getpid(), flush=True); sys.stdin.read(); os._exit(0)\n"
        "os.waitpid(pid, 0)\n"
    )
    child = subprocess.Popen([here.asker.python, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    pid = int(child.stdout.readline())
    try:
        ask = f"from cockpit.engine.peers import *; print(same_hands(Peer({pid}, {here.other.uid}, 0)))"
        said = here.asker.python_says(ask)
        assert said == f"{here.other.name} came of a process of {here.asker.name}, who asked: another person has to"
        ask = f"from cockpit.engine.peers import *; print(same_hands(Peer({pid}, {here.asker.uid}, 0)))"
        assert "cannot approve it" in here.asker.python_says(ask)
    finally:
        child.communicate("")
    assert same_hands(Peer(0, here.other.uid, 0)) == ""


def speak(user: Neighbour, here: Street, said: Answer) -> dict[str, str]:
    """What comes back to an answer that a user of their own sends, without the manners of our command."""
    code = (
        "import socket, sys\n"
        f"end = socket.socket(socket.AF_UNIX); end.connect({str(Path(here.meeting) / f'{RUN}.sock')!r})\n"
        "lines = end.makefile('rb'); lines.readline()\n"
        f"end.sendall({msgspec.json.encode(said)!r} + b'\\n')\n"
        "print(lines.readline().decode())\n"
    )
    found: dict[str, str] = json.loads(user.python_says(code))
    return found
