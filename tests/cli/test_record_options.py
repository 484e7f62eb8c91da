"""What goes together on the command line of recording and replaying, and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.cli.options import Options, Stop
from cockpit.cli.parser import parse
from cockpit.cli.recorder import recorded
from cockpit.cli.replay import replay, shown_by
from cockpit.config.model import Config
from cockpit.core.roster import Person
from support.recordings import HEADER, story


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--record", "a", "alerts"], "for the screen and for `cockpit watch`"),
        (["--replay", "a", "watch"], "goes with no command"),
        (["--replay", "a", "--record", "b"], "a replay is not recorded"),
        (["--at", "03:12"], "they go with --replay FILE"),
        (["--record-most", "1GB"], "goes with --record FILE"),
        (["--record", "a", "--record-most", "large"], "is not a size: write 200MB"),
        (["--record", "a", "--record-most", "2kB"], "less than the 1.0 MB that a recording takes at least"),
        (["--speed", "2"], "they go with --replay FILE"),
        (["--record-files", "3"], "goes with --record FILE"),
        (["--record", "a", "--record-files", "0"], "is not a number of files: from 1 to 1000"),
        (["--record", "a", "--record-files", "many"], "is not a number of files"),
        (["--replay", "a", "--speed", "fast"], "invalid float"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_what_does_not_go_together_is_said(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(words)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--record", "a"], ["watch", "--record", "a"], ["--record", "a", "watch"]], ids=" ".join)
def test_where_to_record_stands_before_or_after_the_command(words: list[str]) -> None:
    assert parse(words)["record_to"] == "a"


def test_how_large_a_recording_may_become_is_said_with_it() -> None:
    assert parse(["watch", "--record", "a", "--record-most", "200MB"])["record_most"] == 200_000_000
    assert parse(["--record", "a", "--record-files", "5"])["record_files"] == 5


def test_a_shell_recorded_into_a_runbook_is_another_thing() -> None:
    args = parse(["run", "--record", "mend-pg"])
    assert (args["record"], args.get("record_to")) == ("mend-pg", None)


def test_a_file_that_is_there_is_not_recorded_to(tmp_path: Path) -> None:
    path = tmp_path / "a.rec"
    path.write_text("mine")
    with pytest.raises(Stop, match=r"nothing was begun: .*is there already"):
        recorded(Options(args={"record_to": str(path)}), Config())
    assert recorded(Options(), Config()) is None


@pytest.mark.parametrize(
    ("args", "said", "status"),
    [
        ({"replay": "no-such"}, "cannot be opened", 1),
        ({"replay_speed": 0.001}, "--speed is from 0.01 to 1000", 2),
        ({"replay_at": "lunch"}, "is no moment of a recording", 2),
        ({"replay_at": "07:00"}, "nothing of 07:00: it is from 2026-11-02 03:12:00 to 2026-11-02 03:12:30 UTC", 2),
    ],
    ids=str,
)
def test_what_cannot_be_replayed_is_said_before_a_screen_opens(
    tmp_path: Path, args: dict[str, object], said: str, status: int
) -> None:
    given: dict[str, object] = {"replay": str(story(tmp_path / "a.rec"))}
    with pytest.raises(Stop, match=said) as stopped:
        replay(Options(args={**given, **args}))
    assert stopped.value.status == status


def test_a_recording_is_shown_by_its_own_people_and_zones_and_by_the_viewers_theme_and_keys() -> None:
    own = Config(me=("bo",), theme="day", keys={"ack": "A"}, zones=("UTC",), bell=True)
    header = HEADER.__class__(
        began_at=HEADER.began_at, me=("ana",), people=(Person(id="ana", name="Ana"),), zones=("Europe/Berlin",)
    )
    shown = shown_by(header, own)
    assert (shown.me, list(shown.people), shown.zones, shown.bell) == (("ana",), ["ana"], ("Europe/Berlin",), False)
    assert (shown.theme, shown.keys, shown.sources) == ("day", {"ack": "A"}, {})
