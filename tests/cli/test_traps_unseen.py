"""``cockpit traps`` where a source of traps cannot be seen."""

from __future__ import annotations

from support.home import Home


def test_a_source_that_cannot_be_seen_is_named_with_the_reason(home: Home) -> None:
    home.config(f'''
[traps.here]
probe = "file"
path = "{home.path}"
must_exist = true
[sources.local]
provider = "local"
[sources.prom]
provider = "prometheus"
url = "http://127.0.0.1:9"
''')
    done = home.run("traps")
    assert done.returncode == 3
    (line,) = [each for each in done.stdout.splitlines() if each.startswith("Cannot see: prom")]
    assert len(line) > len("Cannot see: prom: "), "with the reason"
    assert "armed  here" in done.stdout
