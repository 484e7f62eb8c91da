"""What was typed into a recorded shell, and what of it may be kept."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cockpit.core.typed import Typed, aliases, spelt_out, typed, without_secrets


def test_what_the_hooks_wrote_is_read_and_half_a_record_is_left_out() -> None:
    whole = b"1700000000000000\x001700000001500000\x000\x00/srv\x00echo a\nb\n\x00"
    raw = whole + b"1700000002000000\x001700000002000000\x00130\x00/\x00x\x001700"
    assert typed(raw) == (
        Typed(datetime.fromtimestamp(1_700_000_000, UTC), 1.5, 0, "/srv", "echo a\nb"),
        Typed(datetime.fromtimestamp(1_700_000_002, UTC), 0.0, 130, "/", "x"),
    )
    assert typed(b"") == ()
    assert typed(b"x\x00y\x000\x00/\x00ls\x00") == ()


@pytest.mark.parametrize(
    ("command", "kept"),
    [
        ("PGPASSWORD=geheim psql -h db-1", "PGPASSWORD=*** psql -h db-1"),
        ("export API_KEY='a b c'", "export API_KEY=***"),
        ("vault login --token=s.abc", "vault login --token=***"),
        ('restic --password "a \\" b" backup', "restic --password *** backup"),
        ("curl -H 'Authorization: Bearer abc.def' https://x", "curl -H 'Authorization: Bearer ***' https://x"),
        ("curl -u me:geheim https://x", "curl -u me:*** https://x"),
        ("git clone https://me:geheim@git.example/x", "git clone https://me:***@git.example/x"),
        ("mysql -u root -pgeheim shop", "mysql -u root -p*** shop"),
        ("sshpass -p geheim ssh web-1", "sshpass -p *** ssh web-1"),
        ("curl 'https://x/?token=abc&a=b'", "curl 'https://x/?token=***&a=b'"),
        ("echo ghp_0123456789012345678901234567890", "echo ***"),
    ],
)
def test_a_secret_is_replaced_by_its_name_its_place_or_its_form(command: str, kept: str) -> None:
    assert without_secrets(command) == kept
    assert without_secrets(kept) == kept


@pytest.mark.parametrize(
    "command",
    [
        "systemctl restart nginx",
        "mysql -u root -p shop",
        "curl -u me https://x",
        "PGPASSWORD=$PGPASSWORD psql",
        'vault login --token="$(cat token)"',
        "ls /etc/passwd",
        "grep password /var/log/auth.log",
        "ssh -p 22 web-1",
        "docker run -p 80:80 x",
        "kubectl get secret --all-namespaces",
    ],
)
def test_what_is_no_secret_stays(command: str) -> None:
    assert without_secrets(command) == command


def test_an_alias_at_the_beginning_is_spelt_out_once() -> None:
    known = aliases(b"alias k='kubectl --context prod'\nalias ls='ls --color=auto'\nalias -- x=y\nnoise\nalias q=\"a'b\n")
    assert known == {"k": "kubectl --context prod", "ls": "ls --color=auto", "x": "y"}
    assert spelt_out("k get pods", known) == "kubectl --context prod get pods"
    assert spelt_out("ls", known) == "ls --color=auto"
    assert spelt_out("kk get k", known) == "kk get k"
