"""disk, memory, load, heartbeat, file: what this machine says of itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cockpit import plugins
from cockpit.config.model import ConfigError
from cockpit.core.traps import TrapState
from cockpit.probes.memory import cgroup_used
from cockpit.probes.pressure import pressure
from cockpit.provider import ProbeError
from support.looking import HandClock, probe
from support.real import need


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A tmpfs of 4 MiB and 100 inodes."""
    (mount, umount) = need("mount", "umount")
    place = tmp_path / "small disk"
    place.mkdir()
    done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=4m,nr_inodes=100", "tmpfs", place], capture_output=True, text=True)
    if done.returncode:
        if os.environ.get("CI"):
            pytest.fail(f"cannot mount a tmpfs: {done.stderr}")
        pytest.skip(f"cannot mount a tmpfs (root alone may): {done.stderr.strip()}")
    yield place
    subprocess.run([umount, place], check=True)


def test_every_probe_is_registered_and_says_what_its_readings_mean() -> None:
    names = plugins.names(plugins.PROBES)
    expected = ["command", "disk", "dns", "file", "heartbeat", "http", "load", "log", "memory", "process", "systemd", "tcp", "tls"]
    assert [name for name in names if name in expected] == expected
    for name in expected:
        made = plugins.load(plugins.PROBES, name)
        assert made.__doc__
        assert all(made.readings.values())  # type: ignore[attr-defined]  # the Probe protocol


@pytest.mark.real
def test_disk_follows_a_file_system_as_it_fills_and_is_freed(small_disk: Path) -> None:
    look = probe("disk", path=str(small_disk), mounted=True).look
    assert look().values["used_percent"] == 0
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 3 * 2**20)
    full = look()
    assert full.values["used_percent"] == pytest.approx(75, abs=1)
    assert full.values["free_bytes"] == pytest.approx(2**20, rel=0.1)
    assert full.values["total_bytes"] == 4 * 2**20
    assert full.text == "75 % used, 1.0 MB free"
    assert full.verdict is None
    ballast.unlink()
    assert look().values["used_percent"] == 0


@pytest.mark.real
def test_disk_sees_inodes_run_out_while_there_is_space(small_disk: Path) -> None:
    for number in range(90):
        (small_disk / str(number)).touch()
    reading = probe("disk", path=str(small_disk)).look()
    assert reading.values["inodes_used_percent"] > 90
    assert reading.values["inodes_free"] < 10
    assert reading.values["used_percent"] < 1
    assert "of the inodes" in reading.text


@pytest.mark.real
def test_disk_counts_as_df_counts() -> None:
    (df,) = need("df")
    shown = subprocess.run([df, "--output=pcent,size", "-B1", "/"], capture_output=True, text=True, check=True).stdout.split()
    reading = probe("disk", path="/").look()
    assert reading.values["total_bytes"] == float(shown[-1])
    assert 0 <= float(shown[-2].rstrip("%")) - reading.values["used_percent"] <= 1.2  # df rounds up


def test_disk_with_nothing_mounted_where_it_should_be_trips(tmp_path: Path) -> None:
    reading = probe("disk", path=str(tmp_path), mounted=True).look()
    assert reading.verdict is TrapState.TRIPPED
    assert "nothing is mounted" in reading.text


@pytest.mark.real
def test_a_bind_mount_within_one_file_system_counts_as_mounted(tmp_path: Path) -> None:
    (mount, umount) = need("mount", "umount")
    (tmp_path / "from").mkdir()
    place = tmp_path / "to here"
    place.mkdir()
    if subprocess.run([mount, "--bind", tmp_path / "from", place], capture_output=True).returncode:
        pytest.skip("cannot bind-mount: root alone may")
    try:
        assert probe("disk", path=str(place), mounted=True).look().verdict is None
    finally:
        subprocess.run([umount, place], check=True)


def test_disk_that_is_not_there_cannot_be_seen(tmp_path: Path) -> None:
    with pytest.raises(ProbeError, match="No such file"):
        probe("disk", path=str(tmp_path / "nowhere")).look()
    with pytest.raises(ProbeError, match="without a size"):
        probe("disk", path="/proc").look()
    with pytest.raises(ConfigError, match="must be absolute"):
        probe("disk", path="var")


def test_memory_agrees_with_the_kernel() -> None:
    told = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    total = int(told["MemTotal"].split()[0]) * 1024
    looked = probe("memory")
    reading = looked.look()
    assert looked.subject == "this-host"
    assert reading.values["total_bytes"] == total
    assert 0 < reading.values["used_percent"] < 100
    assert reading.values["used_percent"] == pytest.approx(100 * (1 - reading.values["available_bytes"] / total))
    assert set(reading.values) <= set(looked.readings)
    assert "available" in reading.text


def test_pressure_reads_what_the_kernel_writes_and_nothing_where_it_does_not(tmp_path: Path) -> None:
    (tmp_path / "memory").write_text(
        "some avg10=1.53 avg60=0.87 avg300=0.20 total=1\nfull avg10=0.50 avg60=0.00 avg300=0.00 total=2\n"
    )
    assert pressure("memory", tmp_path) == {
        "some_10": 1.53, "some_60": 0.87, "some_300": 0.2, "full_10": 0.5, "full_60": 0.0, "full_300": 0.0,
    }  # fmt: skip
    assert pressure("cpu", tmp_path) == {}


def test_a_containers_tightest_limit_is_what_counts(tmp_path: Path) -> None:
    inner = tmp_path / "machine" / "app"
    inner.mkdir(parents=True)
    for group, limit in ((tmp_path / "machine", "1000"), (inner, "max")):
        (group / "memory.max").write_text(f"{limit}\n")
        (group / "memory.current").write_text("900\n")
        (group / "memory.stat").write_text("anon 700\ninactive_file 100\n")
    member = tmp_path / "cgroup"
    member.write_text("4:memory:/legacy\n0::/machine/app\n")
    assert cgroup_used(tmp_path, member) == 80
    (tmp_path / "machine" / "memory.max").write_text("max\n")
    assert cgroup_used(tmp_path, member) is None
    assert cgroup_used(tmp_path, tmp_path / "none") is None


def test_load_agrees_with_the_kernel() -> None:
    looked = probe("load")
    reading = looked.look()
    assert reading.values["load15"] == pytest.approx(os.getloadavg()[2], abs=0.2)
    assert reading.values["per_cpu"] == reading.values["load5"] / len(os.sched_getaffinity(0))
    assert set(reading.values) <= set(looked.readings)
    assert reading.text.startswith("load ")


def test_a_heartbeat_that_stays_away_trips_after_its_grace() -> None:
    clock = HandClock()
    beats = {"backup": clock.now()}
    looked = probe("heartbeat", name="backup", within="24h", grace="1h", clock=clock, beats=beats)
    clock.turn(hours=24, minutes=59)
    assert looked.look().verdict is None
    clock.turn(minutes=2)
    late = looked.look()
    assert late.verdict is TrapState.TRIPPED
    assert late.values == {"age_seconds": 25 * 3600 + 60}
    assert late.text == "last beat 1 d 1 h ago, expected every 1 d"
    beats["backup"] = clock.now()
    assert looked.look().verdict is None


def test_a_heartbeat_without_a_limit_leaves_the_judgement_to_the_bounds() -> None:
    clock = HandClock()
    looked = probe("heartbeat", name="backup", clock=clock, beats={"backup": clock.now()})
    clock.turn(days=9)
    assert looked.look().verdict is None


def test_a_heartbeat_that_never_came_or_comes_from_the_future_cannot_be_judged() -> None:
    clock = HandClock()
    with pytest.raises(ProbeError, match="cockpit beat backup"):
        probe("heartbeat", name="backup", within="1h").look()
    with pytest.raises(ProbeError, match="clock was set back"):
        probe("heartbeat", name="backup", clock=clock, beats={"backup": clock.now() + timedelta(hours=1)}).look()


def test_file_looks_at_the_newest_match(tmp_path: Path) -> None:
    clock = HandClock()
    now = clock.now().timestamp()
    for name, age, content in (("mon.gz", 50 * 3600, b"x" * 10), ("tue.gz", 26 * 3600, b"x" * 2000), (".wed.gz.part", 10, b"")):
        (tmp_path / name).write_bytes(content)
        os.utime(tmp_path / name, (now - age, now - age))
    looked = probe("file", path=f"{tmp_path}/*.gz*", clock=clock, max_age="30h", min_bytes=1000)
    reading = looked.look()
    assert reading.values == {"age_seconds": 26 * 3600, "size_bytes": 2000, "count": 2}
    assert reading.text == "tue.gz is 1 d 2 h old, 2.0 kB"
    assert reading.verdict is None
    clock.turn(hours=5)
    assert looked.look().verdict is TrapState.TRIPPED
    assert looked.look().text.endswith("older than 1 d 6 h")


def test_an_empty_backup_trips(tmp_path: Path) -> None:
    (tmp_path / "db.dump").touch()
    reading = probe("file", path=f"{tmp_path}/db.dump", min_bytes=1).look()
    assert reading.verdict is TrapState.TRIPPED
    assert "db.dump is 0 s old, empty: smaller than 1 B" in reading.text


def test_no_match_trips_unless_it_may_be_missing(tmp_path: Path) -> None:
    for path in (f"{tmp_path}/*.gz", f"{tmp_path}/none/*/x.gz", f"{tmp_path}/none"):
        assert probe("file", path=path).look().verdict is TrapState.TRIPPED
        assert probe("file", path=path, must_exist=False).look().verdict is None


def test_a_directory_in_the_pattern_and_a_directory_that_matches(tmp_path: Path) -> None:
    (tmp_path / "host-1" / "daily.0").mkdir(parents=True)
    (tmp_path / "host-2").mkdir()
    (tmp_path / "host-2" / "daily.0").write_text("x")
    reading = probe("file", path=f"{tmp_path}/host-[12]/daily.?").look()
    assert reading.values["count"] == 2
    (tmp_path / "host-2" / "daily.0").unlink()
    assert "size_bytes" not in probe("file", path=f"{tmp_path}/host-*/daily.0", min_bytes=1).look().values


def test_a_file_from_the_future_has_no_age(tmp_path: Path) -> None:
    clock = HandClock()
    later = clock.now().timestamp() + 86400
    (tmp_path / "x").touch()
    os.utime(tmp_path / "x", (later, later))
    with pytest.raises(ProbeError, match="in the future"):
        probe("file", path=str(tmp_path / "x"), clock=clock).look()


@pytest.mark.real
def test_a_directory_that_may_not_be_read_is_blindness_and_not_absence(tmp_path: Path) -> None:
    """Root may read everything: a child process gives that up first, and the directory belongs to another."""
    strip = [*need("setpriv"), "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    shut = Path("/tmp") / f"cockpit-shut-{os.getpid()}"
    shut.mkdir(mode=0o700)
    asks = "import sys; from support.looking import probe; probe('file', path=sys.argv[1]).look()"
    try:
        (shut / "x.gz").touch()
        if strip:
            os.chown(shut, 65534, 65534)
        else:
            shut.chmod(0)
        for pattern in (f"{shut}/*.gz", f"{shut}/x.gz"):
            done = subprocess.run(
                [*strip, sys.executable, "-c", asks, pattern],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"},
                capture_output=True,
                text=True,
            )
            assert "ProbeError: cannot" in done.stderr, pattern
            assert done.stderr.strip().endswith("Permission denied")
    finally:
        shut.chmod(0o700)
        shutil.rmtree(shut)


def test_a_pattern_of_any_depth_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\*\* is not understood"):
        probe("file", path="/var/**/x")
