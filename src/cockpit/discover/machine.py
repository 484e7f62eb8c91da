"""This machine's file systems, memory and load. Needs no root; a dead network mount costs that mount alone."""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil

from .found import FileSystem, Memory
from .timed import Deadline, together

_LOCAL = frozenset(
    {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "reiserfs", "bcachefs", "apfs", "hfs", "ufs", "ntfs", "ntfs3",
     "exfat", "vfat", "virtiofs", "9p", "fuseblk"}
)  # fmt: skip
_REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "ceph", "glusterfs", "fuse.glusterfs", "fuse.sshfs", "fuse.s3fs", "lustre"})
_NOT_UNDER = ("/proc", "/sys", "/dev", "/run", "/snap", "/boot/efi", "/var/lib/docker", "/var/lib/containers", "/var/lib/kubelet",
              "/var/lib/containerd", "/var/snap", "/System/Volumes", "/private/var/vm")  # fmt: skip
_OCTAL = re.compile(r"\\([0-7]{3})")
_MOST = 64


class Mount(msgspec.Struct, frozen=True):
    """One line of what is mounted. ``number`` is the file system's device number: two mounts of one have the same."""

    point: str
    device: str
    kind: str
    options: frozenset[str]
    number: str


def file_systems(deadline: Deadline, mountinfo: Path = Path("/proc/self/mountinfo")) -> tuple[FileSystem, ...]:
    """The file systems that can fill up, root first. One that does not answer in time is listed without figures."""
    chosen = fillable(_mounts(mountinfo))
    looks = {mount.point: (lambda point=mount.point: os.statvfs(point)) for mount in chosen}
    answers = together(looks, deadline)
    return tuple(_file_system(mount, answers.get(mount.point)) for mount in chosen)


def fillable(mounts: list[Mount]) -> list[Mount]:
    """Those of the mounts which can fill up: no pseudo file systems, images, read-only ones, or second mounts of the same one.

    In a container the root is an overlay, and counts. A tmpfs counts where somebody gave it a size and it isn't the system's own.
    """
    last = {mount.point: mount for mount in mounts}  # a later mount on the same point hides the earlier
    best: dict[str, Mount] = {}
    for mount in mounts:
        if not _counts(mount) or last[mount.point] is not mount:
            continue
        held = best.get(mount.number)
        if held is None or (len(mount.point), mount.point) < (len(held.point), held.point):
            best[mount.number] = mount
    return sorted(best.values(), key=lambda mount: (mount.point != "/", mount.point))[:_MOST]


def memory() -> Memory | None:
    """Memory, swap and load; ``None`` where the kernel does not tell."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # psutil warns where swap-in counters are hidden: not used here
            held, swap = psutil.virtual_memory(), psutil.swap_memory()
        load5 = os.getloadavg()[1]
    except (OSError, psutil.Error, ValueError, KeyError):
        return None
    cpus = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    used = 100 * (held.total - held.available) / held.total if held.total else 0.0
    percent = 100 * swap.used / swap.total if swap.total else 0.0
    return Memory(
        total=held.total, used_percent=used, swap=swap.total, swap_used_percent=percent, cpus=cpus, load_per_cpu=load5 / cpus
    )


def _counts(mount: Mount) -> bool:
    if "ro" in mount.options or any(mount.point == top or mount.point.startswith(top + "/") for top in _NOT_UNDER):
        return False
    if mount.kind == "overlay":
        return mount.point == "/"
    if mount.kind == "tmpfs":
        return any(option.startswith("size=") for option in mount.options)
    return (mount.kind in _LOCAL or mount.kind in _REMOTE) and (mount.kind in _REMOTE or os.path.isdir(mount.point))


def _mounts(mountinfo: Path) -> list[Mount]:
    try:
        text = mountinfo.read_text("utf-8", "surrogateescape")
    except OSError:  # not Linux
        parts = psutil.disk_partitions(all=False)
        return [Mount(p.mountpoint, p.device, p.fstype, frozenset(p.opts.split(",")), p.device) for p in parts]
    return list(parse_mountinfo(text))


def parse_mountinfo(text: str) -> Iterator[Mount]:
    """The lines of ``/proc/self/mountinfo`` (proc(5))."""
    for line in text.splitlines():
        front, dash, back = line.partition(" - ")
        fields, more = front.split(" "), back.split(" ")
        if not dash or len(fields) < 6 or len(more) < 3:
            continue
        options = frozenset((*fields[5].split(","), *more[2].split(",")))
        yield Mount(_plain(fields[4]), _plain(more[1]), more[0], options, fields[2])


def _plain(text: str) -> str:
    """The kernel writes blanks, line breaks and backslashes as octal."""
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), text)


def _file_system(mount: Mount, answer: object) -> FileSystem:
    remote = mount.kind in _REMOTE
    if not isinstance(answer, os.statvfs_result):
        return FileSystem(mount=mount.point, device=mount.device, kind=mount.kind, remote=remote)
    used = answer.f_blocks - answer.f_bfree
    room = used + answer.f_bavail
    inodes = answer.f_files - answer.f_ffree
    takes = inodes + answer.f_favail
    return FileSystem(
        mount=mount.point,
        device=mount.device,
        kind=mount.kind,
        total=answer.f_blocks * answer.f_frsize,
        free=answer.f_bavail * answer.f_frsize,
        used_percent=100 * used / room if room else None,
        inodes_used_percent=100 * inodes / takes if answer.f_files and takes else None,
        remote=remote,
    )
