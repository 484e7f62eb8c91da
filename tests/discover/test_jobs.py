"""What runs at its time, and which of it keeps backups."""

from __future__ import annotations

import gzip
import os
import time
from pathlib import Path

import pytest

from cockpit.discover.jobs import DAY, HOUR, MONTH, WEEK, interval, jobs
from cockpit.discover.keeping import backups, certificates
from cockpit.discover.timed import Deadline


def put(root: Path, path: str, text: str = "", *, executable: bool = False, age: float = 0.0) -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755 if executable else 0o644)
    os.utime(file, (time.time() - age, time.time() - age))
    return file


@pytest.mark.parametrize(
    ("fields", "every"),
    [
        ("* * * * *", 60.0),
        ("*/5 * * * *", 300.0),
        ("17 * * * *", HOUR),
        ("0,30 * * * *", HOUR / 2),
        ("25 6 * * *", DAY),
        ("0 */6 * * *", DAY / 4),
        ("47 6 * * 7", WEEK),
        ("0 9 * * 1-5", WEEK / 5),
        ("52 6 1 * *", MONTH),
        ("0 0 1 1 *", 12 * MONTH),
        ("0 0 31 12", None),
        ("garbage x-y / , *", MONTH),
    ],
)
def test_a_cron_lines_usual_interval_is_told_from_its_fields(fields: str, every: float | None) -> None:
    told = interval(fields.split())
    assert told == (pytest.approx(every) if every is not None else None) or fields.startswith("garbage")


def test_backups_are_told_from_other_jobs_wherever_they_are_written(tmp_path: Path) -> None:
    put(
        tmp_path,
        "etc/crontab",
        "# m h dom mon dow user command\nSHELL=/bin/sh\nPATH = /usr/bin\n"
        "17 * * * * root cd / && run-parts --report /etc/cron.hourly\n"
        "30 2 * * * postgres pg_dump shop | gzip > /srv/backup/shop-$(date +\\%F).sql.gz\n"
        "@weekly root restic backup /home\n@reboot root borg create ::x\nbroken line\n",
    )
    put(tmp_path, "etc/cron.d/sync", "*/10 * * * * www rsync -a /srv/www/ mirror:/srv/www/\n")
    put(tmp_path, "etc/cron.d/.placeholder", "* * * * * root pg_dump x\n")
    put(tmp_path, "etc/cron.daily/dpkg", "#!/bin/sh\n# backup of dpkg\nexec dpkg-db-backup\n", executable=True)
    put(tmp_path, "etc/cron.daily/nightly", "#!/bin/sh\n# restic\nborg create /srv/borg::x /home\n", executable=True)
    put(tmp_path, "etc/cron.daily/tidy", "#!/bin/sh\n# pg_dump is elsewhere\nfind /tmp -delete\n", executable=True)
    put(tmp_path, "etc/cron.daily/switched-off-backup", "borg create", executable=False)
    put(tmp_path, "var/spool/cron/crontabs/ana", "0 4 * * * /home/ana/bin/backup-photos.sh\n")
    found = {(job.name, job.where, job.every, job.backup) for job in jobs(Deadline(5.0), tmp_path)}
    assert found == {
        ("run-parts", "/etc/crontab", HOUR, False),
        ("pg_dump", "/etc/crontab", DAY, True),
        ("restic", "/etc/crontab", WEEK, True),
        ("rsync", "/etc/cron.d/sync", 600.0, True),
        ("nightly", "/etc/cron.daily", DAY, True),
        ("tidy", "/etc/cron.daily", DAY, False),
        ("backup-photos.sh", "the crontab of ana", DAY, True),
    }


def test_where_a_job_writes_is_looked_at_for_its_backups(tmp_path: Path) -> None:
    put(tmp_path, "etc/crontab", "30 2 * * * postgres pg_dump shop | gzip > /data/dumps/shop-$(date +\\%F).sql.gz\n")
    put(tmp_path, "data/dumps/shop-2026-11-01.sql.gz", "x" * 100, age=DAY)
    found = backups(tmp_path, jobs(Deadline(5.0), tmp_path))
    assert [each.directory for each in found] == [str(tmp_path / "data/dumps")]


def test_a_directory_of_backups_tells_how_often_they_come_and_how_large_they_are(tmp_path: Path) -> None:
    for night in range(10):
        size = 10 if night == 0 else 1000 + night
        put(tmp_path, f"srv/backup/db/shop-2026-11-{20 - night:02}.sql.gz", "x" * size, age=night * DAY + 3 * HOUR)
    put(tmp_path, "srv/backup/db/README", "about", age=400 * DAY)
    (seen,) = backups(tmp_path, ())
    assert seen.pattern == f"{tmp_path}/srv/backup/db/*.sql.gz"
    assert (seen.count, seen.size, seen.newest) == (10, 10, "shop-2026-11-20.sql.gz")
    assert seen.every == pytest.approx(DAY, rel=0.01)
    assert seen.usual == pytest.approx(1005, abs=5)
    assert seen.age == pytest.approx(3 * HOUR, abs=60)


def test_the_systems_own_housekeeping_is_no_backup(tmp_path: Path) -> None:
    for name in ("dpkg.status.0", "alternatives.tar.0", "apt.extended_states.0", "passwd.bak", ".hidden"):
        put(tmp_path, f"var/backups/{name}")
    assert backups(tmp_path, ()) == ()


def test_what_stands_for_something_in_a_pattern_is_taken_as_it_is(tmp_path: Path) -> None:
    put(tmp_path, "backup/[old]*/x.tar", "x")
    (seen,) = backups(tmp_path, ())
    assert seen.pattern == f"{tmp_path}/backup/[[]old][*]/*.tar"


def test_certificates_are_found_in_the_usual_places_and_in_what_servers_say(tmp_path: Path) -> None:
    pem = "-----BEGIN CERTIFICATE-----\nMII\n"
    live = put(tmp_path, "etc/letsencrypt/live/shop.example/fullchain.pem", pem)
    put(tmp_path, "etc/letsencrypt/live/README", "about")
    for name in ("a", "b", "c", "d"):
        put(tmp_path, f"etc/ssl/ours/{name}.pem", pem)
    put(tmp_path, "etc/ssl/ours/key.pem", "-----BEGIN PRIVATE KEY-----\n")
    put(tmp_path, "etc/ssl/certs/ssl-cert-snakeoil.pem", pem)
    put(
        tmp_path,
        "etc/nginx/sites-enabled/shop",
        "server {\n  ssl_certificate /etc/ssl/ours/a.pem;\n  ssl_certificate_key /etc/ssl/ours/key.pem;\n"
        '  # ssl_certificate /etc/ssl/ours/d.pem;\n  ssl_certificate "/etc/letsencrypt/live/shop.example/fullchain.pem";\n}\n',
    )
    put(tmp_path, "etc/apache2/sites-enabled/x.conf", "\tSSLCertificateFile      /etc/ssl/certs/ssl-cert-snakeoil.pem\n")
    put(tmp_path, "etc/haproxy/haproxy.cfg", "  bind :443 ssl crt /etc/ssl/ours/b.pem\n")
    put(tmp_path, "etc/postfix/main.cf", "smtpd_tls_cert_file=/etc/ssl/ours/c.pem\n")
    found, remarks = certificates(tmp_path)
    assert set(found) == {str(live), *(str(tmp_path / f"etc/ssl/ours/{name}.pem") for name in "abc")}
    assert remarks == ()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_certificates_that_may_not_be_read_are_remarked(tmp_path: Path) -> None:
    hidden = put(tmp_path, "etc/ssl/ours/a.pem")
    hidden.chmod(0)
    put(tmp_path, "etc/nginx/nginx.conf", "ssl_certificate /etc/ssl/ours/a.pem;\n")
    assert "a.pem" in certificates(tmp_path)[1][0]


def test_files_that_are_no_text_do_no_harm(tmp_path: Path) -> None:
    put(tmp_path, "etc/crontab").write_bytes(gzip.compress(b"x" * 1000))
    put(tmp_path, "etc/nginx/nginx.conf").write_bytes(b"\xff\xfe\x00ssl_certificate /x\x00;")
    assert jobs(Deadline(5.0), tmp_path) == ()
    assert certificates(tmp_path) == ((), ())
