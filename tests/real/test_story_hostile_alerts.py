"""Alerts, silences and people of a real Alertmanager that say what drives a terminal: on the screen it is text, nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from cockpit.core.text import clean
from support.alertmanagers import CONFIG, Server, alertmanager, binary_of, versions
from support.home import COCKPIT, Home
from support.hostile import SAID, UNSAFE, only_ours, settle_alike
from support.pty import ESC, SHIFT_TAB, TAB, Pty
from support.stories import wait_shown
from support.tmux import tmux

pytestmark = pytest.mark.real

SAYING = SAID | {"lines": "one\nand two\r\nthree\ttabbed\n"}
BASE = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(hours=3)
COUNT = len(SAYING) + 2
"""One for each text, one that has no name, one with a label of a megabyte."""


class Stage:
    """An Alertmanager that says these texts in every field that it has, and a home that asks it."""

    def __init__(self, here: Path, server: Server, texts: dict[str, str]) -> None:
        self.here, self.server = here, server
        (here / "home").mkdir(parents=True)
        self.home = Home(here / "home")
        self.home.config(f'me = ["Ana"]\n[sources.am]\nprovider = "alertmanager"\nurl = "{server.url}"\nevery = "1s"\n')
        for n, (name, text) in enumerate(texts.items()):
            labels = {"alertname": text, "severity": "critical", "instance": text, "said": name, "more": text}
            self.fire(n, labels, summary=text, description=text, runbook_url=f"https://runbooks.example/{text}")
            server.silence(text, who=text, alertname=text, said=name, minutes=60) if name in ("title", "bidi") else None
            server.silence(f"ACK! {text}", who=text, alertname=text, said=name) if name in ("clipboard", "c1") else None
        self.fire(90, {"job": "nameless", "severity": "critical"})
        self.fire(91, {"alertname": "Huge", "severity": "critical", "blob": "x" * 1_000_000 + texts["screen"]})

    def fire(self, minutes: int, labels: dict[str, str], **annotations: str) -> None:
        """One alert that began so many minutes after `BASE`."""
        body = {
            "labels": labels,
            "annotations": annotations,
            "generatorURL": f"http://prometheus.example/{quote(annotations.get('summary', '')[:500])}",
            "startsAt": (BASE + timedelta(minutes=minutes)).isoformat(),
            "endsAt": (datetime.now(UTC) + timedelta(minutes=30)).isoformat(),
        }
        self.server.call("POST", "/api/v2/alerts", [body])

    def screen(self) -> Pty:
        return Pty(COCKPIT, columns=120, lines=40, env={**self.home.env}, cwd=self.here)


def routed_to(receiver: str) -> str:
    """The configuration with this name for its first receiver."""
    escaped = "".join(f"\\U{ord(each):08x}" for each in receiver)
    return CONFIG.replace("receiver: team", f'receiver: "{escaped}"').replace("{name: team}", f'{{name: "{escaped}"}}')


@pytest.fixture
def stages(tmp_path: Path) -> Iterator[tuple[Stage, Stage]]:
    """The enemy, and one who says the same without harm."""
    binary = binary_of(versions()[-1])
    with contextlib.ExitStack() as running:
        made = []
        for name, texts in (("a", SAYING), ("b", {name: clean(text) for name, text in SAYING.items()})):
            config = routed_to("team " + texts["clipboard"])
            made.append(
                Stage(tmp_path / name, running.enter_context(alertmanager(tmp_path / name / "am", binary, config=config)), texts)
            )
        yield made[0], made[1]


# safety 1 2 3 4 5 15
def test_on_the_screen_it_is_text_beside_a_harmless_twin(stages: tuple[Stage, Stage]) -> None:
    hostile, twin = stages
    with hostile.screen() as t, twin.screen() as other:
        both = (t, other)
        for screen in both:
            screen.wait_for(f"{COUNT - 4} firing · 2 acked · 2 suppressed", 60)
        for _ in range(COUNT):
            settle_alike(t, other)
            for screen in both:
                screen.send(TAB + "G")  # all of its detail, to the end
                screen.wait_quiet(0.2)
                screen.send(SHIFT_TAB + "j")
        for screen in both:
            screen.send("g")
        settle_alike(t, other)
        for screen in both:
            screen.send("s")
            screen.wait_for("Silence at am")
        settle_alike(t, other)
        for screen in both:
            screen.send(ESC)
            screen.wait_gone("Silence at am")
            screen.send("a")
            screen.wait_for("3 acked", 20)
            screen.send("q")
            assert screen.wait_exit() == 0
        assert only_ours(t) == b""
        assert t.clipboard == []
        assert t.titles == other.titles
    assert len(hostile.server.silences()) == 5, "the acknowledgement matched its alert to the byte"
    for words in (
        ("alerts",),
        ("alerts", "--json"),
        ("silence", "--list"),
        ("silence", "--list", "--json"),
        ("doctor",),
        ("runs",),
    ):
        printed = hostile.home.run(*words)
        assert UNSAFE.findall(printed.stdout + printed.stderr) == [], words


# safety 2
def test_in_tmux_that_lets_programs_set_the_clipboard_nothing_is_set(stages: tuple[Stage, Stage]) -> None:
    hostile, _ = stages
    with tmux(COCKPIT, hostile.home.env, hostile.here) as screen:
        screen.call("set-option", "-g", "set-clipboard", "on")
        wait_shown(screen, f"{COUNT - 4} firing", "␛[2J␛[H␛[31m", "[red]red[/red] [@click=app.quit]q", "(no alertname)", "Huge")
        for _ in range(COUNT):
            screen.keys("Enter", "Escape", "j")
        wait_shown(screen, f"{COUNT - 4} firing")
        assert screen.call("list-buffers") == ""
        assert "owned" not in screen.call("display-message", "-p", "-t", "0", "#{pane_title}#{window_name}")
