"""What the far side of an ssh is given and says: exact in every shell, ended with all that came of it, and heard in any pieces."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.core.far import BEGAN, END, ENDED, GONE, LEFT, READY, Errand, Heard, Word, bootstrap, errand
from support.hostile_values import hostile_values
from support.waiting import wait

TOKEN = "0123456789abcdef" * 2
SHELLS = ["dash", "bash", "busybox", "mksh", "zsh"]
LOGINS = ["dash", "bash", "zsh", "fish", "tcsh"]
DUMP = "import os, sys; open(sys.argv[1], 'wb').write(b'\\0'.join(map(os.fsencode, sys.argv[2:])))"


def shell(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        if os.environ.get("CI") and name in ("dash", "bash"):
            pytest.fail(f"needs {name}")
        pytest.skip(f"needs {name} on PATH")
    return path


class Far:
    """The far side as sshd would begin it: the login shell reads the command, in a session of its own. ``sh`` there is ``kind``."""

    def __init__(self, folder: Path, kind: str, what: Errand, *, login: str = "sh", only: Sequence[str] = ()) -> None:
        bin_dir = folder / f"bin-{kind}"
        bin_dir.mkdir(exist_ok=True)
        if not (bin_dir / "sh").exists():
            (bin_dir / "sh").symlink_to(shell(kind))
            for name in only:
                (bin_dir / name).symlink_to(shell(name))
        path = str(bin_dir) if only else f"{bin_dir}:{os.environ['PATH']}"
        self.token = secrets.token_hex(16)  # whatever carries it is ended: each test has its own
        argv = [shell(login) if login != "sh" else str(bin_dir / "sh"), "-c", bootstrap(self.token)]
        self.process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=folder,
            env={**os.environ, "PATH": path, "HOME": str(folder)},
        )
        self.say(errand(what, self.token))

    def say(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def over(self) -> tuple[bytes, dict[str, int]]:
        """(what was printed, what was said), once it has ended."""
        assert self.process.stdout is not None
        assert self.process.stdin is not None
        with self.process.stdout as out:
            printed, words = Heard(self.token).feed(out.read())
        self.process.wait(10)
        self.process.stdin.close()
        return printed, {each.word: each.number for each in words}


def what(*argv: str, cwd: str = "", limit: int = 30, grace: int = 2, **env: str) -> Errand:
    return Errand(argv, "run-1", limit, grace, env, cwd)


class TestExact:
    @pytest.mark.parametrize("kind", SHELLS)
    def test_thousands_of_hostile_values_arrive_byte_for_byte(self, tmp_path: Path, kind: str) -> None:  # safety 6, 8
        values = list(hostile_values(2000, str(tmp_path / "canary")))
        _, said = Far(tmp_path, kind, what(sys.executable, "-c", DUMP, str(tmp_path / "dump"), *values)).over()
        assert said[ENDED] == 0
        assert (tmp_path / "dump").read_bytes() == b"\0".join(map(os.fsencode, values))
        assert not (tmp_path / "canary").exists()

    @pytest.mark.parametrize("login", LOGINS)
    def test_whatever_login_shell_there_is_reads_the_command_alike(self, tmp_path: Path, login: str) -> None:  # safety 8
        value = "a $(touch canary) 'b' \"c\" \\ !! {x}\n"
        printed, said = Far(tmp_path, "dash", what("printf", "%s", value, cwd=str(tmp_path)), login=login).over()
        assert (printed.decode(), said[ENDED]) == (value, 0)
        assert not (tmp_path / "canary").exists()

    @pytest.mark.parametrize("kind", ["dash", "bash", "busybox"])
    def test_variables_and_the_directory_arrive_too(self, tmp_path: Path, kind: str) -> None:
        (tmp_path / "a 'b\n").mkdir()
        script = 'printf "%s|%s|%s|%s" "$IT" "$PATH" "$COCKPIT_RUN_ID" "${PWD##*/}"'
        far = Far(
            tmp_path, kind, what("/bin/sh", "-c", script, cwd=str(tmp_path / "a 'b\n"), IT="$(id)\n;", PATH="/nowhere", v0="x")
        )
        assert far.over()[0].decode() == "$(id)\n;|/nowhere|run-1|a 'b\n"

    def test_no_process_list_shows_a_value(self, tmp_path: Path) -> None:  # safety 22
        far = Far(tmp_path, "dash", what("sleep", "4321", PASSWORD="hunter2-canary"))
        wait(lambda: [each for each in commands() if each.startswith("sleep 4321")])
        assert not [each for each in commands() if "hunter2-canary" in each]
        far.say(END)
        far.over()

    def test_what_no_program_can_be_given_is_no_errand(self) -> None:
        for wrong in (what("a\0b"), what(), what(""), Errand(("a",), "run-1", 1, 1, {"B=C": "x"}), what("a", B="\0")):
            with pytest.raises(ValueError, match=r"NUL|names no program|cannot be the name"):
                errand(wrong, TOKEN)
        with pytest.raises(ValueError, match="token"):
            bootstrap("'; id; '")

    def test_the_command_itself_is_harmless_to_every_shell(self) -> None:
        assert not re.search(r"[\\!\n]", bootstrap(TOKEN))
        assert bootstrap(TOKEN).count("'") == 2


def commands() -> list[str]:
    """The command lines of all processes, arguments with spaces between."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(place.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
        except OSError:
            continue
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][:1] not in ("Z", "X", "")
    except OSError:
        return False


@pytest.mark.parametrize("kind", SHELLS)
class TestEnds:
    @pytest.mark.parametrize(("code", "status"), [("exit 0", 0), ("exit 255", 255), ("exit 3", 3), ("kill -9 $$", 137)])
    def test_the_exit_status_is_the_program_s_own(self, tmp_path: Path, kind: str, code: str, status: int) -> None:
        _, said = Far(tmp_path, kind, what("/bin/sh", "-c", code)).over()
        assert said[ENDED] == status
        assert set(said) == {READY, BEGAN, ENDED}

    def test_a_program_that_is_not_there_ends_with_127(self, tmp_path: Path, kind: str) -> None:
        printed, said = Far(tmp_path, kind, what("no-such-program")).over()
        assert said[ENDED] == 127
        assert b"no-such-program" in printed

    def test_it_is_ended_with_its_children_and_with_what_left_its_session(self, tmp_path: Path, kind: str) -> None:  # safety 11
        code = "trap '' TERM; echo $$ > a; sleep 61 & echo $! > b; setsid sh -c 'echo $$ > c; sleep 62' & while :; do sleep 1; done"
        far = Far(tmp_path, kind, what("/bin/sh", "-c", code, cwd=str(tmp_path), grace=1))
        wait(lambda: all((tmp_path / name).exists() and (tmp_path / name).read_text().strip() for name in "abc"))
        pids = [int((tmp_path / name).read_text()) for name in "abc"]
        assert all(map(alive, pids))
        far.say(END)
        _, said = far.over()
        assert said[GONE] == 0
        assert LEFT not in said
        assert not any(map(alive, pids))

    def test_where_the_connection_breaks_it_goes_on_and_is_ended_when_its_time_is_over(self, tmp_path: Path, kind: str) -> None:
        far = Far(tmp_path, kind, what("/bin/sh", "-c", "echo $$ > pid; sleep 60", cwd=str(tmp_path), limit=1))
        wait(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip())
        assert far.process.stdin is not None
        far.process.stdin.close()
        assert far.over()[1][GONE] == 0
        assert not alive(int((tmp_path / "pid").read_text()))

    def test_where_the_connection_breaks_a_repair_comes_to_its_end(self, tmp_path: Path, kind: str) -> None:
        far = Far(tmp_path, kind, what("/bin/sh", "-c", "while [ ! -e go ]; do sleep 0.05; done; echo mended", cwd=str(tmp_path)))
        assert far.process.stdin is not None
        far.process.stdin.close()
        (tmp_path / "go").touch()
        assert far.over()[0] == b"mended\n"


def test_without_setsid_its_own_group_is_ended(tmp_path: Path) -> None:
    far = Far(
        tmp_path, "dash", what("/bin/sh", "-c", "echo $$ > pid; sleep 60; :", cwd=str(tmp_path)), only=("sleep", "date", "grep")
    )
    wait(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip())
    far.say(END)
    assert GONE in far.over()[1]
    assert not alive(int((tmp_path / "pid").read_text()))


class TestHeard:
    @given(st.lists(st.binary(max_size=20), max_size=6), st.lists(st.integers(1, 9), min_size=1, max_size=200))
    def test_words_are_taken_out_in_whatever_pieces_they_come(self, printed: list[bytes], cuts: list[int]) -> None:
        stream, wanted = b"", []
        for number, each in enumerate(printed):
            stream += each + f"[cockpit {TOKEN} ended {number}]".encode()
            wanted.append(Word(ENDED, number))
        heard, out, place = Heard(TOKEN), b"", 0
        words: list[Word] = []
        for size in (*cuts, len(stream)):
            kept, said = heard.feed(stream[place : place + size])
            out, words, place = out + kept, [*words, *said], place + size
        assert out + heard.rest() == b"".join(printed)
        assert words == wanted

    def test_what_only_looks_like_a_word_is_printed_at_once_or_at_the_end(self) -> None:
        heard = Heard(TOKEN)
        assert heard.feed(b"[a] progress [") == (b"[a] progress ", ())
        assert heard.feed(b"cockpit other]") == (b"[cockpit other]", ())
        assert heard.feed(f"[cockpit {TOKEN} en".encode())[0] == b""
        assert heard.rest() == f"[cockpit {TOKEN} en".encode()
