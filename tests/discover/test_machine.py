"""Which file systems can fill up, from what the kernel says is mounted."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit.discover.machine import file_systems, fillable, memory, parse_mountinfo
from cockpit.discover.timed import Deadline, Look, output, together
from support.real import need


def chosen(*lines: str) -> list[str]:
    return [mount.point for mount in fillable(list(parse_mountinfo("\n".join(lines))))]


def line(point: str, kind: str, options: str = "rw", number: str = "8:1", device: str = "/dev/sda1", more: str = "rw") -> str:
    return f"36 35 {number} / {point} {options} shared:1 - {kind} {device} {more}"


def test_pseudo_file_systems_images_and_read_only_ones_are_left_out() -> None:
    assert chosen(
        line("/", "ext4"),
        line("/proc", "proc", number="0:5"),
        line("/sys/fs/cgroup", "cgroup2", number="0:6"),
        line("/run", "tmpfs", number="0:7", more="rw,size=1000k"),
        line("/dev/shm", "tmpfs", number="0:8", more="rw,size=1000k"),
        line("/snap/core20/1", "squashfs", number="7:0", options="ro"),
        line("/media", "ext4", number="8:9", options="ro"),
        line("/boot/efi", "vfat", number="8:2"),
        line("/var/lib/docker/overlay2/x/merged", "overlay", number="0:40"),
    ) == ["/"]


def test_in_a_container_the_root_counts_and_the_files_mounted_into_it_do_not() -> None:
    assert chosen(line("/", "overlay", number="0:50"), line("/etc/hosts", "ext4"), line("/etc/resolv.conf", "ext4")) == ["/"]


def test_a_tmpfs_counts_where_somebody_gave_it_a_size() -> None:
    assert chosen(line("/tmp", "tmpfs", number="0:9", more="rw,size=1g"), line("/mnt", "tmpfs", number="0:10")) == ["/tmp"]


def test_one_file_system_mounted_twice_is_one_under_its_shortest_name() -> None:
    assert chosen(line("/usr/lib", "ext4"), line("/usr", "ext4"), line("/", "xfs", number="8:3")) == ["/", "/usr"]


def test_what_another_mount_hides_is_not_looked_at() -> None:
    assert chosen(line("/usr", "ext4"), line("/usr", "tmpfs", number="0:9")) == []


def test_names_come_as_they_are_however_the_kernel_writes_them() -> None:
    (mount,) = parse_mountinfo(line("/mnt/a\\040b\\012c\\134d", "nfs", number="0:60"))
    assert mount.point == "/mnt/a b\nc\\d"


def test_lines_that_make_no_sense_are_passed_over() -> None:
    assert chosen("", "nonsense", "1 2 3 - x", line("/", "ext4")) == ["/"]


def test_this_machine_has_a_root_with_figures_and_memory() -> None:
    seen = file_systems(Deadline(5.0))
    root = next((each for each in seen if each.mount == "/"), None)
    held = memory()
    assert root is None or (root.used_percent is not None and 0 <= root.used_percent <= 100)
    assert held is not None
    assert held.total > 0
    assert held.cpus >= 1


@contextlib.contextmanager
def tmpfs(point: Path, size: str) -> Iterator[None]:
    mount, umount = need("mount", "umount")
    done = subprocess.run((mount, "-t", "tmpfs", "-o", f"size={size}", "tmpfs", os.fspath(point)), check=False, capture_output=True)
    if done.returncode:
        if os.environ.get("CI"):
            pytest.fail(f"mount: {done.stderr.decode()}")
        pytest.skip("this user may not mount a tmpfs")
    try:
        yield
    finally:
        subprocess.run((umount, os.fspath(point)), check=True)


@pytest.mark.real
@pytest.mark.parametrize("name", ["plain", "two\nlines", 'quo"tes\\', "{braces}", "-dash", "\x1b[31m", "ünïcode", " [x]"])
def test_a_real_mount_is_found_whatever_its_name(tmp_path: Path, name: str) -> None:
    point = tmp_path / name
    point.mkdir()
    with tmpfs(point, "1m"):
        (point / "file").write_bytes(b"x" * 900_000)
        seen = next(each for each in file_systems(Deadline(5.0)) if each.mount == str(point))
    assert seen.kind == "tmpfs"
    assert seen.total == 1 << 20
    assert seen.used_percent is not None
    assert seen.used_percent > 80


def test_a_look_that_hangs_or_fails_costs_that_look_alone() -> None:
    def hangs() -> str:
        threading.Event().wait(60)
        return "late"

    def fails() -> str:
        raise LookupError("strange machine")

    began = time.monotonic()
    answers = together({"fast": lambda: "seen", "hung": hangs, "failed": fails}, Deadline(0.3))
    assert time.monotonic() - began < 10
    assert answers == {"fast": "seen"}
    failed = Look("x", fails, "nothing")
    failed.wait(Deadline(5.0))
    assert (failed.value, failed.remark) == ("nothing", "x: LookupError: strange machine")


def test_a_program_that_hangs_fails_or_is_missing_gives_nothing() -> None:
    began = time.monotonic()
    assert output(("sleep", "60"), Deadline(0.2)) is None
    assert time.monotonic() - began < 10
    assert output(("false",), Deadline(5.0)) is None
    assert output(("no-such-program",), Deadline(5.0)) is None
    assert output(("echo", "x"), Deadline(5.0)) == "x\n"
