"""The beat outside, against a real server on the loopback."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cockpit.core.watchrule import WatchRule
from cockpit.engine.clock import SystemClock
from cockpit.engine.outside import FILE, Beating, beaten, forget
from cockpit.web import connect
from support.small_http import Asked, Said, SmallHttp
from support.waiting import wait

PATH = "/ping/1c5f-canary"


class Switch(SmallHttp):
    """A dead man's switch."""

    said = Said(200, b"OK")

    def answer(self, asked: Asked) -> Said:
        return self.said


def beating(state: Path, beat: str, told: list[str]) -> Beating:
    rule = WatchRule(beat=beat)
    made = Beating(rule, state, SystemClock(), connect, told.append)
    made.start()
    return made


def after(made: Beating, condition: Callable[[], object]) -> None:
    made.alive()
    try:
        wait(condition, "a beat")
    finally:
        made.end()


def test_it_asks_the_address_with_its_query_and_keeps_when_that_was_for_this_user_alone(tmp_path: Path) -> None:
    with Switch() as server:
        after(beating(tmp_path, f"{server.url}{PATH}?create=1", []), lambda: getattr(beaten(tmp_path), "taken", None))
        (heard,) = server.heard
    assert (heard.method, heard.path, heard.query) == ("GET", PATH, [("create", "1")])
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert PATH not in (tmp_path / FILE).read_text()
    assert os.listdir(tmp_path) == [FILE]


def test_nothing_is_sent_while_nobody_says_that_the_engine_lives(tmp_path: Path) -> None:
    with Switch() as server:
        made = beating(tmp_path, server.url + PATH, [])
        made.alive()
        wait(lambda: made.beaten.taken, "the first beat")
        for _ in range(100):
            made.alive()  # it is not due yet
        made.end()
        assert len(server.heard) == 1


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (Said(404, f"no such check: {PATH}".encode()), "is not shown"),
        (Said(404, f"no such check: {PATH.rpartition('/')[2]}".encode()), "is not shown"),
        (Said(200, b"<html>log in"), "HTML"),
        (Said(302, b"", {"Location": "http://127.0.0.2:9/"}), "another origin"),
        (Said(302, b"", {"Location": "http://169.254.169.254/latest"}), "another origin"),
        (Said(lost=True), "connection broke"),
    ],
)
def test_what_is_no_yes_is_a_beat_that_was_not_taken_and_the_address_stays_unsaid(tmp_path: Path, said: Said, why: str) -> None:
    told: list[str] = []
    with Switch() as server:
        server.said = said
        after(beating(tmp_path, server.url + PATH, told), lambda: getattr(beaten(tmp_path), "failed", None))
    kept = beaten(tmp_path)
    assert kept is not None
    assert kept.taken is None
    assert why in kept.why
    assert "canary" not in kept.why + "".join(told)
    assert "was not taken" in told[0]


def test_the_address_may_be_a_secret_and_is_fetched_anew_where_it_was_wrong(tmp_path: Path) -> None:
    secret, state, told = tmp_path / "secret", tmp_path / "state", list[str]()
    state.mkdir()
    secret.write_text("nonsense")
    secret.chmod(0o600)
    with Switch() as server:
        made = beating(state, f"file:{secret}", told)
        after(made, lambda: made.beaten.fails)
        assert made.beaten.why == "what [watch] beat refers to is no address that begins with http:// or https://"
        secret.write_text(f"{server.url}{PATH}\n")
        again = beating(state, f"file:{secret}", told)
        after(again, lambda: again.beaten.taken)
        assert again.beaten.to == "the address outside"
    assert "canary" not in "".join(told)


def test_a_watch_that_begins_again_and_again_and_never_gets_through_is_late_from_the_first(tmp_path: Path) -> None:
    first = beating(tmp_path, "http://127.0.0.1:9/", [])
    first.end()
    second = beating(tmp_path, "http://127.0.0.1:9/", [])
    second.end()
    assert second.beaten.since == first.beaten.since
    forget(tmp_path)
    assert beaten(tmp_path) is None


def test_what_was_kept_by_somebody_else_is_not_believed(tmp_path: Path) -> None:
    for text in ("", "{}", '{"to": 1}', "\0"):
        (tmp_path / FILE).write_text(text)
        assert beaten(tmp_path) is None
