"""The grammar: a command's words may stand before and after its options."""

from __future__ import annotations

import pytest

from cockpit.cli.parser import parse


@pytest.mark.parametrize(
    "line", ["run r a=1 b=2 --dry-run", "run r --dry-run a=1 b=2", "run r a=1 --dry-run b=2", "run --dry-run r a=1 b=2",
             "--json run r --dry-run a=1 b=2", "run r --dry-run -- a=1 b=2"],
)  # fmt: skip
def test_values_may_stand_before_and_after_the_options(line: str) -> None:
    args = parse(line.split())
    assert (args["name"], args["values"], args["dry_run"]) == ("r", ["a=1", "b=2"], True)


@pytest.mark.parametrize(
    ("line", "name", "words"),
    [
        ("alerts --json a=1", "filter", ["a=1"]),
        ("alerts a=1 --json b=2", "filter", ["a=1", "b=2"]),
        ("ack x --note why y", "ids", ["x", "y"]),
        ("unack x --json y", "ids", ["x", "y"]),
        ("note x one --json two", "text", ["one", "two"]),
        ("run r --yes -- -a=1", "values", ["-a=1"]),
        ("incident impact i1 --from now --to now no orders", "text", ["no", "orders"]),
        ("incident impact i1 no --from now orders", "text", ["no", "orders"]),
        ("incident split i1 a --title t b", "alerts", ["a", "b"]),
    ],
)
def test_so_may_every_list_of_words(line: str, name: str, words: list[str]) -> None:
    assert parse(line.split())[name] == words


@pytest.mark.parametrize("line", ["run r --dry-rn a=1", "run r a=1 --ye", "traps x", "ack x --note n -y", "runs --limit 3 4"])
def test_what_is_not_known_is_a_mistake_in_the_usage(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(line.split())
    assert ended.value.code == 2
    assert "unrecognized arguments" in capsys.readouterr().err
