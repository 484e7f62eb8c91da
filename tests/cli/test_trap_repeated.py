"""A trap is armed after what tripped: never as a copy of the one that tripped, which would call for each fire twice."""

from __future__ import annotations

from support.home import Home
from support.servers import answering, at, serving

CONFIG = """
me = ["ana"]
[traps.web]
probe = "http"
url = "{url}"
[traps.fill]
probe = "disk"
path = "/"
warn = "used_percent >= 0"
trip = "used_percent >= 0.001"
severity = "critical"
"""


def test_what_would_only_repeat_the_trap_that_tripped_is_not_proposed_and_that_is_said(home: Home) -> None:
    with serving(answering("503 Service Unavailable")) as port:
        home.config(CONFIG.format(url=at(port)))
        assert home.run("traps").returncode == 1, "both have tripped"
        for name in ("web", "fill"):
            done = home.run("trap", "add", "--alert", name, "--yes")
            assert done.returncode == 1, done.stdout
            assert f"trap {name} looks there already; nothing earlier is known of that: say how to look" in done.stderr, done.stderr
        assert home.run("incident", "open", "Shop is down", "--alert", "web").returncode == 0
        done = home.run("trap", "add", "--incident", "i1", "--yes")
        assert done.returncode == 1, done.stdout
        assert "trap web looks there already" in done.stderr
        assert not (home.config_dir / "conf.d").exists()


def test_a_bound_of_ones_own_that_is_earlier_is_armed_with_what_is_known_of_the_alert(home: Home) -> None:
    home.config(CONFIG.format(url="http://127.0.0.1:9/"))
    home.run("traps")
    done = home.run("trap", "add", "--alert", "fill", "--look", "disk path=/", "--trip", "used_percent >= 0.0005", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Armed: fill-early" in done.stdout
    assert 'alert = "fill"' in done.stdout
