# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is behind a path: a disk of this machine or another host, encrypted or not.

Read from Linux: ``/proc/self/mountinfo`` (proc(5)) and the device mapper's entries below
``/sys/dev/block``. Elsewhere, and inside containers that hide them, the answer is that it is not known.
"""

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from attrs import evolve, field, frozen

from policy_module.residency.endpoints import Endpoint, Local, Remote, Unknown, target_of_host

NOT_KNOWN = "disk encryption not known"
ENCRYPTED = "disk encrypted"
PLAIN = "disk not encrypted"
IN_MEMORY = "in memory"

_NETWORK = re.compile(
    r"nfs4?|cifs|smb3?|smbfs|ceph|glusterfs|lustre|afs|9p|beegfs|ocfs2|gfs2"
    r"|fuse\.(?:sshfs|s3fs|rclone|glusterfs|ceph\S*|goofys|davfs\S*|juicefs|nfs\S*)"
)
_CRYPTED = re.compile(r"ecryptfs|fuse\.(?:gocryptfs|encfs|cryfs|securefs)")
_MEMORY = frozenset({"tmpfs", "ramfs"})
_OCTAL = re.compile(r"\\([0-7]{3})")
_MOST_LAYERS = 8


@frozen
class Mount:
    """One mounted file system."""

    device: str
    """``major:minor``."""
    point: str
    kind: str
    source: str


@frozen
class Disks:
    """The file systems of this machine, as seen once."""

    mounts: tuple[Mount, ...] = ()
    blocks: Path = field(default=Path("/sys/dev/block"))

    @classmethod
    def seen(cls, proc: Path = Path("/proc"), sys: Path = Path("/sys")) -> "Disks":
        """Look at the machine this runs on; nothing is known where it does not say."""
        try:
            text = (proc / "self" / "mountinfo").read_text("utf-8", "replace")
        except OSError:
            return cls()
        return cls(parse_mounts(text), sys / "dev" / "block")

    def mount_of(self, path: str) -> Mount | None:
        """Give the file system that holds a path, which need not exist."""
        places = [str(place) for place in (PurePosixPath(path), *PurePosixPath(path).parents)]
        for place in places:
            # What was mounted last on a place hides what was mounted there before.
            for mount in reversed(self.mounts):
                if mount.point == place:
                    return mount
        return None

    def encryption_of(self, path: str) -> str:
        """Tell whether what is written to a path is encrypted on its way to the disk."""
        mount = self.mount_of(path)
        if mount is None:
            return NOT_KNOWN
        if _CRYPTED.fullmatch(mount.kind):
            return ENCRYPTED
        if mount.kind in _MEMORY:
            return IN_MEMORY
        device = self.blocks / mount.device
        if not device.exists():
            return NOT_KNOWN
        return ENCRYPTED if _is_crypted(device, _MOST_LAYERS) else PLAIN


def parse_mounts(text: str) -> tuple[Mount, ...]:
    """Read ``/proc/self/mountinfo``; lines of another shape are left out."""
    mounts = []
    for line in text.splitlines():
        left, dash, right = line.partition(" - ")
        ours, theirs = left.split(" "), right.split(" ")
        if dash and len(ours) >= 5 and len(theirs) >= 2:
            mounts.append(Mount(ours[2], _unescaped(ours[4]), theirs[0], _unescaped(theirs[1])))
    return tuple(mounts)


def behind_paths(endpoints: Sequence[Endpoint], disks: Disks) -> tuple[Endpoint, ...]:
    """Replace paths on network file systems by the host that holds them."""
    return tuple(_behind(endpoint, disks) for endpoint in endpoints)


def _behind(endpoint: Endpoint, disks: Disks) -> Endpoint:
    if not isinstance(endpoint.target, Local):
        return endpoint
    mount = disks.mount_of(endpoint.target.path)
    if mount is None or not _NETWORK.fullmatch(mount.kind):
        return endpoint
    host = host_of_source(mount.source)
    where = f"{endpoint.target.path} is on a network file system ({mount.kind})"
    target = Unknown(where) if host is None else Remote(host)
    return evolve(endpoint, target=target, remark=where)


def host_of_source(source: str) -> str | None:
    """Give the host of ``//host/share``, ``host:/folder``, ``user@host:`` or ``[address]:/folder``."""
    if source.startswith("//"):
        host = source[2:].partition("/")[0]
    else:
        host, colon, _ = source.rpartition(":")
        if not colon:
            return None
        host = host.rpartition("@")[2].split(",")[0]
    target = target_of_host(host) if host else None
    return target.host if isinstance(target, Remote) else None


def _is_crypted(device: Path, layers: int) -> bool:
    """Follow the device mapper down: a volume may lie on another one that is encrypted."""
    try:
        if (device / "dm" / "uuid").read_text("ascii", "replace").startswith("CRYPT-"):
            return True
    except OSError:
        pass
    try:
        below = [device / "slaves" / one.name for one in (device / "slaves").iterdir()]
    except OSError:
        below = []
    partition = device / "partition"
    if partition.exists():
        below.append(device.resolve().parent)
    return layers > 0 and any(_is_crypted(one.resolve(), layers - 1) for one in below)


def _unescaped(text: str) -> str:
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), text)
