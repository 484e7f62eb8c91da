"""A form in a real terminal, typed into faster than anybody sees: text and enter in one burst."""

from __future__ import annotations

from pathlib import Path

from support.home import COCKPIT, Home
from support.tmux import tmux


def test_enter_in_one_burst_with_the_text_is_judged_with_all_of_it_and_says_what_is_wrong(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with tmux((*COCKPIT, "--demo"), home.env, tmp_path) as person:
        person.wait("LatencyP99")
        person.keys("p", "s")
        person.wait("the next person will ask why")
        person.call("send-keys", "-t", "0", "BTab", "xx", "Enter")
        person.wait("'1hxx' is not a duration")
        person.call("send-keys", "-t", "0", "BSpace", "BSpace", "Enter", "planned", "Enter")
        assert "planned" in person.wait("Make this silence?")
