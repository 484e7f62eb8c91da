"""A script is executed as it was written: values reach it as variables, and are never text of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.core.plans import plan
from cockpit.core.runbooks import Param, Runbook
from cockpit.core.steps.capture import Capture
from cockpit.core.steps.http import HttpStep
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.script import ScriptStep
from cockpit.core.steps.step import Step

ANYTHING = Param(allow_dash=True, allow_control=True)
SAID = ScriptStep('printf %s "$it"', "sh")


def book(*does: RunStep | ScriptStep, **params: Param) -> Runbook:
    return Runbook(name="look", title="Look", steps=tuple(map(Step, does)), params=params)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30))
def test_any_value_arrives_as_it_is_and_the_text_stays_as_it_was_written(value: str) -> None:  # safety 6, safety 9
    got = plan(book(SAID, it=ANYTHING), None, {"it": value})
    assert not got.refused
    do = got.steps[0].do
    assert isinstance(do, ScriptStep)
    assert (do.text, do.env) == (SAID.text, {"it": value})
    out = subprocess.run(do.argv, capture_output=True, check=True, env={**os.environ, **do.env})
    assert out.stdout == value.encode()


@pytest.mark.parametrize(
    ("interpreter", "text"),
    [
        ("bash", 'printf %s "$a_b"'),
        ("sh", 'printf %s "${a_b}"'),
        (sys.executable, "import os, sys; sys.stdout.write(os.environ['a_b'])"),
        ("perl", "print $ENV{a_b}"),
    ],
)
@pytest.mark.parametrize("value", ["$(touch canary)", "`id`; {a-b} {{", "'\"\\", "-rf"])
def test_every_interpreter_gets_the_value_from_its_environment(tmp_path: Path, interpreter: str, text: str, value: str) -> None:
    do = ScriptStep(text, interpreter).filled({"a-b": value, "other": "unused"})
    assert not list(do.faults(["a-b"]))
    out = subprocess.run(do.argv, capture_output=True, check=True, env={**os.environ, **do.env}, cwd=tmp_path)
    assert (out.stdout, do.env, list(tmp_path.iterdir())) == (value.encode(), {"a_b": value}, [])


def test_it_gets_the_parameters_it_names_and_what_env_adds_and_no_others() -> None:
    do = ScriptStep('echo "$host" "$X" "$mine"', env={"X": "{unit}!", "mine": "own"}, cwd="/srv/{unit}")
    got = do.filled({"host": "web-3", "unit": "nginx", "hos": "no", "mine": "not this"})
    assert got.env == {"host": "web-3", "X": "nginx!", "mine": "own"}
    assert got.cwd == "/srv/nginx"


def test_a_value_that_only_a_script_names_is_needed_and_judged_as_any() -> None:
    made = Runbook(name="look", title="Look at {host}", steps=(Step(ScriptStep('echo "$host"')),))
    assert plan(made, None, {}).missing == ("host",)
    assert "begins with -" in plan(made, None, {"host": "-x"}).refused
    assert plan(made, None, {"host": "web-3"}).exact == (("", "script", "sh", "-eu", "-c", 'echo "$host"', "", "host=web-3"),)


def test_the_preview_shows_the_whole_text_and_every_variable() -> None:
    shown = ScriptStep("set -x\necho  $it\n", "bash").filled({"it": "a b"}).shown()
    assert [each.words for each in shown] == [("bash", "-eu", "-c"), ("set -x",), ("echo  $it",), ("it=", "a b")]


def test_what_is_not_known_yet_can_be_read_in_an_address_too() -> None:
    first = Step(ScriptStep("id"), capture={"it": Capture(regex="(.)", pattern=".")})
    made = Runbook(name="look", title="", steps=(first, Step(HttpStep("https://example.com/v1/{it}/x"))))
    shown = plan(made, None, {}).steps[1].shown()
    assert "https://example.com/v1/‹it from step 1›/x" in " ".join(word for each in shown for word in each.words)


def test_no_other_kind_of_step_can_be_taken_for_it() -> None:
    script = plan(book(SAID, it=ANYTHING), None, {"it": "x"}).exact[0]
    assert plan(book(RunStep(script)), None, {}).refused == "step 1 names no program"


def test_the_output_begins_with_what_is_executed_without_what_speaks_of_a_secret() -> None:
    do = ScriptStep('login "$API_TOKEN"\necho $it', env={"API_TOKEN": "{t}"}).filled({"t": "s3cret", "it": "a b"})
    assert do.said() == ("it='a b' API_TOKEN='***' sh -eu -c".replace("'***'", "***"), '| login "$API_TOKEN"', "| echo $it")


@pytest.mark.parametrize(
    ("do", "params", "wanted"),
    [
        (ScriptStep(" \n"), (), "script is empty"),
        (ScriptStep("x", "emacs"), (), "interpreter must be one of sh, bash"),
        (ScriptStep("x\0"), (), "NUL"),
        (ScriptStep("x" * 100_001), (), "put it into a file"),
        (ScriptStep("rm {path}"), ("path",), "{path} in a script is literal text"),
        (ScriptStep("echo $PATH"), ("PATH",), "$PATH means something to programs by itself"),
        (ScriptStep("echo $path", "zsh"), ("path",), "$path means something"),
        (ScriptStep("echo $LD_PRELOAD", "perl"), ("LD_PRELOAD",), "means something"),
        (ScriptStep("true", env={"A-B": "x"}), (), "cannot be the name of an environment variable"),
    ],
    ids=lambda value: str(value)[:30],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_when_it_is_configured(do: ScriptStep, params: tuple[str, ...], wanted: str) -> None:
    found = [fault.what for fault in do.faults(params)]
    assert len(found) == 1
    assert wanted in found[0]


@pytest.mark.parametrize(
    "do",
    [
        ScriptStep('echo "${path}"'),
        ScriptStep("awk '{print $1}' \"$path\""),
        ScriptStep('path = "/"; print(f"{path}")', "python3.12"),
        ScriptStep("echo $path $user $status", "/usr/local/bin/bash"),
    ],
    ids=lambda do: do.text,
)
def test_what_can_be_meant_is_not_refused(do: ScriptStep) -> None:
    assert not list(do.faults(["path", "user", "status"]))
