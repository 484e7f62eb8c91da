"""Secrets by reference: where they come from, what is refused, and that no message ever holds one."""

from __future__ import annotations

import os
import shlex
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backend
import keyring.backends.fail
import keyring.backends.null
import pytest

from cockpit.config import secrets
from cockpit.config.secrets import SecretError, available, malformed, mending, resolve, store
from cockpit.provider import Secret

CANARY = "canary-4711"


class Memory(keyring.backend.KeyringBackend):
    """A keyring that keeps what it is given until the test ends."""

    priority = 1

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


class Hung(Memory):
    """A keyring whose D-Bus never answers."""

    def __init__(self, until: threading.Event) -> None:
        super().__init__()
        self.until = until

    def get_password(self, service: str, username: str) -> str | None:
        self.until.wait(30)
        return CANARY


class PlaintextKeyring(Memory):
    """What keyrings.alt brings: a file that anybody can read."""


@pytest.fixture(autouse=True)
def _keyring_is_given_back() -> Iterator[None]:
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


def test_an_environment_variable_is_a_secret() -> None:
    assert resolve("env:TOKEN", {"TOKEN": CANARY}).reveal() == CANARY


def test_a_secret_never_prints_itself() -> None:  # safety 22
    assert CANARY not in repr(resolve("env:TOKEN", {"TOKEN": CANARY}))


@pytest.mark.parametrize(
    ("raw", "wanted"), [(f"{CANARY}\n", CANARY), (f"{CANARY}\r\n", CANARY), (f"{CANARY}\n\n", f"{CANARY}\n"), (CANARY, CANARY)]
)
def test_a_file_gives_its_text_without_one_line_end(tmp_path: Path, raw: str, wanted: str) -> None:
    path = tmp_path / "token"
    path.write_bytes(raw.encode())
    path.chmod(0o600)
    assert resolve(f"file:{path}").reveal() == wanted


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_file_that_others_can_get_at_is_refused_with_the_way_to_mend_it(tmp_path: Path, mode: int) -> None:  # safety 21
    path = tmp_path / "the token"
    path.write_text(CANARY)
    path.chmod(mode)
    with pytest.raises(SecretError, match="chmod 600 ") as caught:
        resolve(f"file:{path}")
    assert shlex.quote(str(path)) in str(caught.value)
    assert CANARY not in str(caught.value)


def test_a_link_to_a_file_that_others_can_read_is_refused_too(tmp_path: Path) -> None:  # safety 21
    path, link = tmp_path / "token", tmp_path / "link"
    path.write_text(CANARY)
    path.chmod(0o644)
    link.symlink_to(path)
    with pytest.raises(SecretError, match="can be read by others"):
        resolve(f"file:{link}")
    path.chmod(0o600)
    assert resolve(f"file:{link}").reveal() == CANARY


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_belongs_to_another_user_is_refused(tmp_path: Path) -> None:  # safety 21
    path, link = tmp_path / "token", tmp_path / "link"
    path.write_text(CANARY)
    path.chmod(0o600)
    link.symlink_to(path)
    os.chown(link, 12345, 12345, follow_symlinks=False)
    with pytest.raises(SecretError, match="link that another user"):
        resolve(f"file:{link}")
    os.chown(path, 12345, 12345)
    with pytest.raises(SecretError, match="belongs to another user"):
        resolve(f"file:{path}")


def test_what_is_no_file_does_not_hang(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo, 0o600)
    for path, words in ((fifo, "not a regular file"), (tmp_path, "not a regular file"), (tmp_path / "no", "No such file")):
        with pytest.raises(SecretError, match=words):
            resolve(f"file:{path}")


def test_a_huge_or_binary_file_is_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "token"
    for raw, words in ((b"x" * 70000, "larger than any secret"), (b"\xff\xfe", "not UTF-8")):
        path.write_bytes(raw)
        path.chmod(0o600)
        with pytest.raises(SecretError, match=words):
            resolve(f"file:{path}")


def command(code: str) -> str:
    return f"command:{shlex.quote(sys.executable)} -c {shlex.quote(code)}"


def test_a_command_gives_its_first_line() -> None:
    assert resolve(command(f"print({CANARY!r}); print('user: ana')")).reveal() == CANARY


def test_a_command_is_not_read_by_a_shell(tmp_path: Path) -> None:  # safety 6
    canary = tmp_path / "canary"
    assert resolve(f"command:echo '$(touch {canary})' ; touch {canary}").reveal() == f"$(touch {canary}) ; touch {canary}"
    assert not canary.exists()


def test_a_command_that_fails_says_how_and_not_what_it_printed() -> None:  # safety 22
    with pytest.raises(SecretError, match="ended with status 3") as caught:
        resolve(command(f"import sys; print({CANARY!r}); sys.stderr.write({CANARY!r}); sys.exit(3)"))
    assert CANARY not in str(caught.value)


def test_a_command_that_is_not_there_says_so() -> None:
    with pytest.raises(SecretError, match=r"command:no-such-program cannot be started: No such file"):
        resolve("command:no-such-program token=abc")


def test_a_command_that_hangs_is_ended_with_all_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "COMMAND_SECONDS", 0.5)
    pid_file = tmp_path / "pid"
    code = f"import subprocess; p = subprocess.Popen(['sleep', '300']); open({str(pid_file)!r}, 'w').write(str(p.pid)); p.wait()"
    began = time.monotonic()
    with pytest.raises(SecretError, match="does it ask for a password"):
        resolve(command(code))
    assert time.monotonic() - began < 10
    if pid_file.exists():  # a slow machine may not have got that far
        _wait_gone(int(pid_file.read_text()))


def _wait_gone(pid: int) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return
        if state == "Z":
            return
        time.sleep(0.02)
    raise AssertionError(f"process {pid} is still there")


def test_a_command_that_prints_without_end_costs_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:  # safety 11
    monkeypatch.setattr(secrets, "COMMAND_SECONDS", 1.0)
    with pytest.raises(SecretError, match="was ended"):
        resolve(command("import os; all(os.write(1, b'x' * 65536) for _ in iter(int, 1))"))


@pytest.mark.parametrize("reference", ["env:EMPTY", "command:true"])
def test_an_empty_secret_is_an_error(reference: str) -> None:
    with pytest.raises(SecretError, match="is empty"):
        resolve(reference, {"EMPTY": "", "PATH": os.environ["PATH"]})


@pytest.mark.parametrize(
    "text",
    [
        "",
        CANARY,
        f"token:{CANARY}",
        "env:",
        "env:A B",
        "file:relative",
        "command:'open",
        "keyring:",
        "env:A\nB",
        f"KEYRING:{CANARY}",
    ],
)
def test_what_is_no_reference_is_refused_without_repeating_it(text: str) -> None:  # safety 22
    assert malformed(text)
    assert CANARY not in malformed(text)
    with pytest.raises(SecretError) as caught:
        resolve(text)
    assert CANARY not in str(caught.value)


def test_what_was_stored_in_the_keyring_is_found_under_its_name() -> None:
    backend = Memory()
    keyring.set_keyring(backend)
    assert available() is None
    store("pd", Secret(CANARY))
    assert backend.kept == {("cockpit", "pd"): CANARY}
    assert resolve("keyring:pd").reveal() == CANARY


def test_a_name_that_the_keyring_does_not_hold_says_how_to_put_it_there() -> None:
    keyring.set_keyring(Memory())
    with pytest.raises(SecretError, match="cockpit login"):
        resolve("keyring:pd")


@pytest.mark.parametrize("kind", [keyring.backends.fail.Keyring, keyring.backends.null.Keyring, PlaintextKeyring])
def test_without_a_usable_keyring_the_alternatives_are_named(
    kind: type[keyring.backend.KeyringBackend],
) -> None:  # safety 23
    backend = kind()
    keyring.set_keyring(backend)
    for attempt in (lambda: resolve("keyring:pd"), lambda: store("pd", Secret(CANARY))):
        with pytest.raises(SecretError, match="env:NAME, file:PATH or command:PROGRAM"):
            attempt()
    assert "env:NAME" in (available() or "")
    assert CANARY not in str(getattr(backend, "kept", ""))


def test_a_hung_keyring_is_a_named_error_and_not_a_hung_cockpit(monkeypatch: pytest.MonkeyPatch) -> None:  # safety 23
    monkeypatch.setattr(secrets, "KEYRING_SECONDS", 0.2)
    release = threading.Event()
    keyring.set_keyring(Hung(release))
    try:
        with pytest.raises(SecretError, match="did not answer within"):
            resolve("keyring:pd")
    finally:
        release.set()


def test_looking_at_references_alone_does_not_import_keyring() -> None:
    import subprocess

    code = "import sys; from cockpit.config.secrets import resolve; resolve('env:HOME'); sys.exit('keyring' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"auth": {"bearer": "env:TOK"}}, "set the environment variable TOK anew and start the cockpit again"),
        ({"auth": {"user": "ana", "password": "file:/etc/am"}}, "write it anew into /etc/am"),
        ({"token": "keyring:pd-prod"}, "store it anew with `cockpit login pd-prod`"),
        ({"token": "command:pass show s3cret"}, "see what pass gives"),
        (
            {"token": "env:A", "more": ["keyring:b"]},
            "set the environment variable A anew and start the cockpit again, or store it anew with",
        ),
        ({"url": "https://am"}, "mend its credentials in the config"),
    ],
)
def test_what_to_do_about_a_secret_that_is_not_accepted_goes_by_where_it_is_kept(settings: dict[str, object], says: str) -> None:
    assert mending(settings).startswith(says)
    assert "s3cret" not in mending(settings)  # safety 22
