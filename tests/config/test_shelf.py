"""The directories of Markdown runbooks: what is read, what is refused and why, and what a change costs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cockpit.config import shelf
from cockpit.config.book import read_book
from cockpit.config.model import Problem, Repository
from cockpit.config.shelf import LARGEST, Shelf, Shelves
from cockpit.config.standing import Standing
from cockpit.core.books import Book, addressed, linked, named
from cockpit.core.runbooks import Confirm, Runbook
from cockpit.core.steps.manual import ManualStep
from support.waiting import wait

GOOD = """---
title: Free space on {path}
match: trap=root-disk
changes: deletes files
confirm: type
target: "{path}"
timeout: 2m
params:
  path: {from: label:path, pattern: "/[a-z/]*"}
---
# Free space

```sh name=look timeout=30s
df -h "$path"
```

Then:

```python
print(1)
```
"""


@pytest.fixture
def top(tmp_path: Path) -> Path:
    made = tmp_path / "runbooks"
    made.mkdir()
    made.chmod(0o755)
    return made


def put(top: Path, name: str, text: str = "# A\n", mode: int = 0o644) -> Path:
    path = top / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    path.chmod(mode)
    return path


def read(top: Path, configured: dict[str, Runbook] | None = None, url: str = "") -> Shelf:
    return Shelves((Repository(name="ops", path=str(top), url=url),), configured or {}).read()


def said(found: Shelf) -> list[str]:
    return [str(problem) for problem in found.problems]


def test_a_file_with_a_front_matter_becomes_a_runbook(top: Path) -> None:
    put(top, "disk/free.md", GOOD)
    found = read(top, url="https://git.example/ops/blob/main/")
    book = found.books["disk/free"]
    assert found.problems == ()
    assert book.url == "https://git.example/ops/blob/main/disk/free.md"
    runbook = book.runbook
    assert runbook is not None
    assert (runbook.name, runbook.title) == ("disk/free", "Free space on {path}")
    assert (runbook.changes, runbook.timeout) == ("deletes files", 120.0)
    assert runbook.confirm is Confirm.TYPE
    assert [(step.name, step.timeout) for step in runbook.steps] == [("look", 30.0), ("", None)]
    assert runbook.params["path"].pattern == "/[a-z/]*"


def test_a_file_without_one_is_only_read_whatever_stands_in_it(top: Path) -> None:
    put(top, "notes.md", "# Notes\n\n```sh title={x} anything\nrm -rf /\n```\n")
    found = read(top)
    assert (found.books["notes"].title, found.books["notes"].runbook, found.problems) == ("Notes", None, ())


BOXES = """---
match: x=y
params:
  host: {from: "label:instance"}
---
- [ ] Tell *everybody* that {host} goes away, and mind the {braces}

```sh name=look when='host == "web-3"' capture.pid.regex='pid (\\d+)' capture.pid.pattern='\\d+' retries=2 idempotent=true
echo "$host"
```

- [x] Done
"""


def test_boxes_are_steps_by_hand_in_their_order_and_a_block_has_what_a_step_has(top: Path) -> None:
    put(top, "a.md", BOXES)
    found = read(top)
    assert said(found) == []
    runbook = found.books["a"].runbook
    assert runbook is not None
    first, look, done = runbook.steps
    assert isinstance(first.do, ManualStep)
    assert first.do.filled({"host": "web-3"}).text == "Tell everybody that web-3 goes away, and mind the {braces}"
    assert (look.name, look.when, look.retries, look.idempotent) == ("look", 'host == "web-3"', 2, True)
    assert look.capture["pid"].regex == r"pid (\d+)"
    assert isinstance(done.do, ManualStep)
    assert [block.step for block in found.books["a"].blocks if block.step] == [1, 2, 3]


def test_what_does_not_run_has_no_numbers(top: Path) -> None:
    put(top, "a.md", "- [ ] a\n\n```sh\ntrue\n```\n")
    put(top, "b.md", "---\nnone: 1\n---\n- [ ] a\n")
    books = read(top).books
    assert [block.step for name in "ab" for block in books[name].blocks] == [0, 0, 0]


def test_its_title_is_its_first_heading_or_else_its_name(top: Path) -> None:
    put(top, "a.md", "---\nmatch: x=y\n---\n# From the *heading*\n")
    put(top, "b.md", "---\nmatch: x=y\n---\ntext\n")
    books = read(top).books
    assert [books[name].title for name in "ab"] == ["From the heading", "b"]
    assert books["a"].runbook is not None, "it is offered, to be read"
    assert books["a"].runbook.steps == ()


@pytest.mark.parametrize(
    ("front", "text", "told"),
    [
        ("titel: x", "", "a.md:2: titel: unknown key 'titel' (did you mean title?)"),
        ("title: x\nmatch: '@age>'", "", "a.md:3: match: match, at character"),
        ("changes: ''", "", "a.md:2: changes: changes is empty"),
        ("steps: []", "", "a.md:2: steps: steps are not written in the front matter"),
        ("confirm: maybe", "", "a.md:2: confirm: confirm must be one of yes, type"),
        ("params:\n  a b: {}", "", "a.md:3: params.a b: 'a b' cannot stand in braces"),
        ("a: b: c", "", "a.md:2: broken YAML"),
        ("title: x", "```sh tiemout=3s\ntrue\n```", "a.md:6: steps[1].tiemout: unknown key 'tiemout' (did you mean timeout?)"),
        ("title: x", "```sh\ntrue\n```\n\n```sh verbose\ntrue\n```", "a.md:10: steps[2]: 'verbose' means nothing for a step"),
        (
            "title: x",
            "```sh interpreter=perl\ntrue\n```",
            "a.md:6: steps[1].interpreter: interpreter is what the block",
        ),
        ("title: x", "```sh timeout=0\ntrue\n```", "a.md:6: steps[1].timeout: timeout must be more than 0"),
        ("title: x\nparams: {path: {}}", "```sh\ndf {path}\n```", "a.md:7: steps[1].script: {path} in a script is literal text"),
    ],
)
def test_a_fault_is_told_with_file_line_and_key_and_costs_that_file_alone(top: Path, front: str, text: str, told: str) -> None:
    put(top, "a.md", f"---\n{front}\n---\n# A\n\n{text}\n" if text else f"---\n{front}\n---\n# A\n")
    put(top, "b.md", GOOD)
    found = read(top)
    assert any(told in problem for problem in said(found)), said(found)
    assert (found.books["a"].runbook, found.books["a"].title) == (None, "A"), "it can be read"
    assert found.books["a"].problems == tuple(said(found))
    assert found.books["b"].runbook is not None


@pytest.mark.parametrize("what", ["file", "directory", "top", "above"])
def test_what_anyone_may_change_is_not_read(top: Path, what: str) -> None:  # safety 21
    put(top, "a/b.md", GOOD)
    place = {"file": top / "a" / "b.md", "directory": top / "a", "top": top, "above": top.parent}[what]
    place.chmod(place.stat().st_mode | 0o002)
    found = read(top)
    assert found.books == {}
    (problem,) = said(found)
    assert "can be changed by anyone on this machine" in problem
    assert f"chmod o-w {place}" in problem


def test_a_directory_where_anyone_may_put_things_must_be_ours(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # safety 21
    put(top, "a.md")
    top.parent.chmod(0o1777)
    assert list(read(top).books) == ["a"]
    if os.getuid() == 0:
        os.chown(top, 12345, -1)
    monkeypatch.setattr(os, "getuid", lambda: 4242)
    assert "is somebody else's" in said(read(top))[0]


def test_links_are_not_followed(top: Path, tmp_path: Path) -> None:  # safety 21
    outside = put(tmp_path, "elsewhere/b.md", GOOD)
    (top / "b.md").symlink_to(outside)
    (top / "c").symlink_to(outside.parent)
    found = read(top)
    assert found.books == {}
    assert sum("is a symbolic link" in problem for problem in said(found)) == 2


def test_the_directory_itself_may_be_a_link(top: Path, tmp_path: Path) -> None:
    put(top, "a.md")
    (tmp_path / "link").symlink_to(top)
    assert list(read(tmp_path / "link").books) == ["a"]


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"# a\n\xff\n", ":2: holds a byte that is not UTF-8 (0xff)"),
        (b"# a\n\n\0", ":3: holds a NUL byte"),
        (b"a" * (LARGEST + 1), "is larger than 256 KiB"),
    ],
)
def test_what_is_no_text_is_refused(top: Path, raw: bytes, told: str) -> None:
    put(top, "a.md").write_bytes(raw)
    found = read(top)
    assert found.books == {}
    assert told in said(found)[0]


def test_a_pipe_holds_nobody_up(top: Path) -> None:
    os.mkfifo(top / "a.md", 0o600)
    assert "is not a plain file" in said(read(top))[0]


def test_a_missing_directory_is_told_and_nothing_else(tmp_path: Path) -> None:
    assert "cannot be read: No such file or directory" in said(read(tmp_path / "gone"))[0]


def test_hidden_things_and_other_files_are_passed_by(top: Path) -> None:
    for name in (".git/a.md", ".b.md", "node_modules/c.md", "d.txt", "e.markdown"):
        put(top, name)
    put(top, "f.md")
    assert list(read(top).books) == ["f"]


def test_no_more_than_so_many_are_read(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "MOST", 3)
    for name in "abcde":
        put(top, f"{name}.md")
    found = read(top)
    assert list(found.books) == ["a", "b", "c"]
    assert "holds more than 3 runbooks" in said(found)[0]


def test_no_more_than_so_many_directories_are_gone_through(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "WIDEST", 3)
    for name in "abcde":
        put(top, f"{name}/x.md")
    found = read(top)
    assert list(found.books) == ["a/x", "b/x"]
    assert "holds more than 3 directories" in said(found)[0]


def test_lines_end_as_they_like_and_a_mark_at_the_beginning_is_no_text(top: Path) -> None:
    put(top, "a.md").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    runbook = read(top).books["a"].runbook
    assert runbook is not None
    assert 'df -h "$path"\n' in runbook.steps[0].do.exact()


@pytest.mark.parametrize(
    ("path", "name"), [("a.md", "a"), ("db/Fail over!.md", "db/Fail-over"), ("x/y z/ä.md", "x/y-z/ä"), ("(.md", "-")]
)
def test_a_name_is_the_path_without_what_no_name_holds(path: str, name: str) -> None:
    assert named(path) == name


@pytest.mark.parametrize(
    ("url", "name", "anchor"),
    [
        ("#look", "db/here", "look"),
        ("other.md#part-2", "db/other", "part-2"),
        ("./Fail%20over.md#gr%C3%B6%C3%9Fe", "db/Fail-over", "größe"),
        ("../top.md", "top", ""),
        ("/db/other", "db/other", ""),
        ("https://git.example/x/db/Fail%20over.md?plain=1#a", "db/Fail-over", "a"),
        ("https://git.example/x/db/other/", "db/other", ""),
        ("../../out.md", None, ""),
        ("gone.md", None, ""),
        ("https://elsewhere.example/x/db/other.md", None, ""),
    ],
)
def test_a_link_leads_to_the_file_that_it_means(top: Path, url: str, name: str | None, anchor: str) -> None:
    for each in ("db/here.md", "db/other.md", "db/Fail over.md", "top.md"):
        put(top, each)
    books = read(top, url="https://git.example/x/").books
    found = linked(books, books["db/here"], url)
    assert (found and (found[0].name, found[1])) == (None if name is None else (name, anchor))
    assert "://" not in url or addressed(books, url) == found


def test_one_name_is_one_runbook(top: Path, tmp_path: Path) -> None:
    put(top, "a.md", "# first\n")
    put(tmp_path, "more/a.md", "# second\n")
    put(tmp_path, "more/mine.md")
    (tmp_path / "more").chmod(0o755)
    repositories = [Repository(name=name, path=str(path)) for name, path in (("one", top), ("two", tmp_path / "more"))]
    found = Shelves(repositories, {"mine": Runbook(name="mine", title="", steps=())}).read()
    assert found.books["a"].title == "first"
    assert "mine" not in found.books
    assert "there is a runbook a already" in said(found)[0]
    assert "[runbooks.mine] of the config" in said(found)[1]


def test_one_letter_is_one_runbooks(top: Path) -> None:
    for name in "ab":
        put(top, f"{name}.md", f"---\nkey: f\n---\n# {name}\n```sh\ntrue\n```\n")
    found = read(top)
    assert found.books["a"].runbook is not None
    assert found.books["b"].runbook is None
    assert "key 'f' is also that of the runbook 'a'" in said(found)[0]


def test_it_is_read_again_where_it_changed_and_only_there(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(top, "a.md", "# one\n")
    b = put(top, "b.md", "# two\n")
    shelves = Shelves((Repository(name="ops", path=str(top)),), {})
    first = shelves.read()
    assert shelves.read() is first
    parsed: list[str] = []

    def counted(name: str, file: str, text: str) -> tuple[Book, tuple[Problem, ...]]:
        parsed.append(name)
        return read_book(name, file, text)

    monkeypatch.setattr(shelf, "read_book", counted)
    b.write_text("# two changed\n", "utf-8")
    second = shelves.read()
    assert (second.books["b"].title, parsed) == ("two changed", ["b"])
    assert second.books["a"] is first.books["a"]
    b.unlink()
    assert list(shelves.read().books) == ["a"]
    b.write_text("# two\n", "utf-8")
    b.chmod(0o666)
    assert "can be changed by anyone" in said(shelves.read())[0]


def settled(shelves: Shelves) -> Shelf:
    """Wait until the directories are relied upon, and give what they hold."""

    def relied_upon() -> bool:
        shelves.read()
        return shelves._standing is not None and shelves._standing.still

    wait(relied_upon, "the directories to settle")
    return shelves.read()


def test_where_nothing_changed_nothing_is_gone_through(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = put(top, "db/a.md", "# one\n")
    put(top, "b.md", "# two\n")
    shelves = Shelves((Repository(name="ops", path=str(top)),), {})
    first = settled(shelves)
    walked: list[str] = []
    through = os.fwalk

    def counted(path: str, **how: Any) -> Iterator[tuple[str, list[str], list[str], int]]:
        walked.append(path)
        yield from through(path, **how)

    monkeypatch.setattr(os, "fwalk", counted)
    assert (shelves.read(), walked) == (first, [])
    below.write_text("# other\n", "utf-8")  # in place: no directory tells of it
    assert shelves.read().books["db/a"].title == "other"
    assert len(walked) == 1
    settled(shelves)
    put(top, "db/c.md", "# three\n")
    assert "db/c" in shelves.read().books
    settled(shelves)
    (top / "db").chmod(0o777)
    assert "can be changed by anyone" in said(shelves.read())[0]


def test_a_directory_that_changed_just_now_is_not_relied_upon(top: Path) -> None:
    standing = Standing()
    standing.saw(str(top), top.stat(), directory=True)
    assert not standing.still, "what comes within the same tick of the clock leaves no trace"


def test_a_link_that_is_turned_to_another_directory_is_followed(top: Path, tmp_path: Path) -> None:
    put(top, "a.md")
    put(tmp_path / "other", "b.md").parent.chmod(0o755)
    link = tmp_path / "link"
    link.symlink_to(top)
    shelves = Shelves((Repository(name="ops", path=str(link)),), {})
    settled(shelves)
    link.unlink()
    link.symlink_to(tmp_path / "other")
    assert list(shelves.read().books) == ["b"]
