"""A team's Markdown runbook, as it lies in their repository: read, ticked, changed under the reader's eyes, run step by step."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from support.home import COCKPIT, Home
from support.hostile import SAID, UNSAFE, only_ours
from support.pty import ENTER, ESC, PAGE_DOWN, Pty
from support.real import wait_until
from support.stories import CONFIRMS, entries, press_until, settled
from support.tmux import Tmux, tmux

pytestmark = pytest.mark.real

CONFIG = """
me = ["ana"]
[people.ana]
name = "Ana"
timezone = "Europe/Berlin"

[repositories.ops]
path = "ops-runbooks"
url = "https://git.example/ops/runbooks/blob/main/"

[traps.backup]
probe = "file"
path = "{home}/backup"
trip = "size_bytes < 1"
every = "1s"
severity = "critical"
runbooks = ["backup/empty"]
"""

RUNBOOK = """---
title: The backup {{file}} is empty
changes: writes the backup anew
timeout: 5m
params:
  file: {{default: "{home}/backup"}}
---
<!-- markdownlint-disable MD013 -->
# The backup is empty

Nightly backups go to one file. An empty one means that the dump failed: **nobody may restart the database** until there is a good
one. See [how it is made](made.md#by-hand).

## 1. Before anything else

- [ ] Tell `#ops` that you are on it

| Size | Meaning |
|------|---------|
| 0 | the dump failed |
| small | the disk was full |

## 2. What is there

```console
$ ls -l /srv/backup
-rw-r----- 1 backup backup 4711 Nov 25 02:00 /srv/backup
```

```sh name=look timeout=20s capture.size.regex='size ([0-9]+)' capture.size.pattern='[0-9]+'
echo "size $(wc -c < "$file")"
```

## 3. Make a new one

```bash name=make when='size == "0"'
echo "a good one" > "$file"
echo "wrote $file"
```

- [ ] The new file is good

```python name=check
import os
print("now", os.stat(os.environ["file"]).st_size, "bytes")
```
"""

MADE = "# How it is made\n\nEvery night at two.\n\n## By hand\n\nRun the dump, and look at it.\n"


def reader_open(screen: Tmux) -> bool:
    return "n N step" in screen.text


def changed(screen: Tmux) -> bool:
    return "look again" in screen.text or "This changed while it was shown" in screen.text


def test_a_markdown_runbook_is_read_ticked_and_run_step_by_step(home: Home, tmp_path: Path) -> None:
    backup = home.path / "backup"
    backup.write_text("")
    home.config(CONFIG.format(home=home.path))
    ops = home.config_dir / "ops-runbooks"
    (ops / "backup").mkdir(parents=True)
    book = ops / "backup" / "empty.md"
    book.write_text(RUNBOOK.format(home=home.path), "utf-8")
    (ops / "backup" / "made.md").write_text(MADE, "utf-8")
    assert home.run("check").returncode == 0

    with tmux(COCKPIT, home.env, tmp_path) as screen:
        screen.wait("1 The backup")
        screen.keys("X")
        screen.wait("Read which runbook?")
        screen.type("empty")
        screen.keys("Enter")
        shown = screen.wait("n N step")
        assert f"The backup {home.path}/backup is empty" in shown, "called by its values"
        assert "! writes the backup anew · 5 steps" in shown
        assert "nobody may restart" in shown
        assert "markdownlint" not in shown
        assert "2 ▶ look  sh" in shown
        screen.keys("Space")
        screen.keys("Space")
        screen.wait("1 [x] Tell #ops that you are on it · ana")

        # it changes while its preview is open: nothing of it is run
        screen.keys("Enter")
        screen.wait(CONFIRMS)
        book.write_text(RUNBOOK.format(home=home.path).replace("a good one", "a bad one"), "utf-8")
        press_until(
            (screen,), "y", lambda: "look again" in screen.text or "This changed while it was shown" in screen.text, "the no"
        )
        assert backup.read_text() == ""
        screen.keys("Escape")
        screen.wait("n N step")
        book.write_text(RUNBOOK.format(home=home.path), "utf-8")
        screen.keys("G")
        screen.wait("5 ▶ check  python")
        press_until((screen,), "Escape", lambda: not reader_open(screen), "the board")
        wait_until(lambda: [entry.kind for entry in entries(home, "reader.left")], 30, "the place in the journal")
        os.kill(screen.pid, signal.SIGKILL)
        wait_until(lambda: screen.ended, 30, "its end")

    with tmux(COCKPIT, home.env, tmp_path, 80, 24) as screen:
        screen.wait("1 The backup")
        screen.keys("X")
        screen.wait("Read which runbook?")
        screen.type("empty")
        screen.keys("Enter")
        screen.wait("5 ▶ check  python")  # where the reader was
        screen.keys("g")
        screen.keys("n")
        screen.wait("1 [x] Tell #ops that you are on it · ana")
        press_until((screen,), "Enter", lambda: CONFIRMS in screen.text, "the preview")
        press_until((screen,), "y", lambda: CONFIRMS not in screen.text, "the box to take the y")
        screen.wait("step 1 of 5")
        press_until((screen,), "y", lambda: "[x] by ana" in screen.text, "the first tick")
        screen.wait("step 4 of 5")
        assert backup.read_text() == "a good one\n"
        press_until((screen,), "y", lambda: "now 11 bytes" in screen.text, "the last step")
        run = settled(home, "backup/empty")
        assert (run["state"], run["exit_code"]) == ("confirmed", 0)
        screen.keys("Escape")
        screen.wait("n N step")
        screen.keys("G")
        screen.wait("4 [x] The new file is good · ana")
        press_until((screen,), "Escape", lambda: "Alerts" in screen.text and not reader_open(screen), "the board")
        screen.wait("0 firing", 60)


def hostile_text() -> str:
    """Everything that would drive a terminal, wherever Markdown has a place for it."""
    said = [text.replace("\0", "").replace("\n", " ")[:3000] for text in SAID.values()]
    pieces = [f"# {said[0]}", "- [ ] wait for me"]
    for text in said:
        pieces += [
            f"## {text}",
            text,
            f"- {text}",
            f"- [ ] {text}",
            f"> {text}",
            f"[{text}](https://x.example/{text})",
            f"`{text}`",
        ]
        pieces += [f"| {text} | b |\n|---|---|\n| c | {text} |", f"```{text}\n{text}\n```", f"<b>{text}</b>", f"    {text}"]
    script = "\n".join(f"# {text}" for text in said)
    return "\n\n".join([*pieces, f"```sh name={said[1].split()[0]}\n{script}\ncat {{file}}\n```", "The end of it."])


def test_a_hostile_file_is_only_read_and_its_script_only_run(home: Home, tmp_path: Path) -> None:  # safety 1, 2, 3, 4, 5
    (home.path / "backup").write_text("")
    home.config(CONFIG.format(home=home.path))
    book = home.config_dir / "ops-runbooks" / "backup" / "empty.md"
    book.parent.mkdir(parents=True)
    book.write_text(f"---\nchanges: nothing\n---\n{hostile_text().replace('{file}', str(book))}\n", "utf-8")
    with Pty(COCKPIT, columns=120, lines=40, env={**home.env}, cwd=tmp_path) as terminal:
        terminal.wait_for("1 cleared", 60)
        titles = list(terminal.titles)
        terminal.send("X")
        terminal.wait_for("Read which runbook?")
        terminal.send(ENTER)
        terminal.wait_for("n N step")
        for _ in range(200):
            if terminal.row_of("The end of it.") >= 0:
                break
            terminal.send(PAGE_DOWN)
            terminal.wait_quiet(0.1)
        terminal.wait_for("The end of it.")
        terminal.send(ENTER)
        terminal.wait_for(CONFIRMS)
        terminal.send(ESC)
        terminal.wait_gone(CONFIRMS)
        terminal.send(ESC)
        terminal.wait_gone("n N step")
        terminal.send("q")
        assert terminal.wait_exit() == 0
        assert only_ours(terminal) == b""
        assert terminal.clipboard == []
        assert terminal.titles[: len(titles)] == titles
        assert not any("owned" in title for title in terminal.titles)
    printed = home.run("runbooks", "--show", "backup/empty")
    assert printed.returncode == 0
    assert UNSAFE.findall(printed.stdout + printed.stderr) == []
