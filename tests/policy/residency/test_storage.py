# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is behind a path, from made-up tables of a machine, and from this one."""

from pathlib import Path

import pytest

from policy_module.residency.at_rest import duration, homeserver_data
from policy_module.residency.endpoints import Endpoint, Local, Purpose, Remote, Unknown
from policy_module.residency.homeserver import homeserver_endpoints
from policy_module.residency.storage import (
    ENCRYPTED,
    IN_MEMORY,
    NOT_KNOWN,
    PLAIN,
    Disks,
    behind_paths,
    host_of_source,
    parse_mounts,
)
from tests.policy.residency.configured import read_config

TABLE = r"""
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:50 / /srv/media rw shared:2 master:1 - nfs4 nas.test:/export/media rw,vers=4.2
24 22 253:1 / /srv/with\040space rw - xfs /dev/mapper/vault rw
25 22 0:51 / /run rw - tmpfs tmpfs rw
26 22 0:52 / /srv/share rw - cifs //files.test/share rw
27 22 0:53 / /srv/odd rw - fuse.s3fs s3fs rw
28 22 0:54 / /srv/secret rw - fuse.gocryptfs /home/x rw
29 22 8:2 / /srv/twice rw - ext4 /dev/sda2 rw
30 22 253:1 / /srv/twice rw - xfs /dev/mapper/vault rw
a broken line
"""


@pytest.fixture
def disks(tmp_path: Path) -> Disks:
    """``sda`` is plain, ``dm-1`` is a volume on an encrypted ``dm-0``."""
    devices = tmp_path / "devices"
    for name in ("sda/sda1", "sda/sda2", "dm-0/dm", "dm-1/dm", "dm-1/slaves"):
        (devices / name).mkdir(parents=True)
    (devices / "sda/sda1/partition").write_text("1")
    (devices / "dm-0/dm/uuid").write_text("CRYPT-LUKS2-abc-vault")
    (devices / "dm-1/dm/uuid").write_text("LVM-abc")
    (devices / "dm-1/slaves/dm-0").symlink_to(devices / "dm-0")
    blocks = tmp_path / "sys/dev/block"
    blocks.mkdir(parents=True)
    (blocks / "8:1").symlink_to(devices / "sda/sda1")
    (blocks / "253:1").symlink_to(devices / "dm-1")
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/mountinfo").write_text(TABLE)
    return Disks.seen(tmp_path / "proc", tmp_path / "sys")


@pytest.mark.parametrize(
    ("path", "encryption"),
    [
        ("/var/lib/x.db", PLAIN),
        ("/srv/with space/x", ENCRYPTED),
        ("/srv/secret/x", ENCRYPTED),
        ("/srv/twice", ENCRYPTED),
        ("/run/x.sock", IN_MEMORY),
        ("/srv/media/x", NOT_KNOWN),
        ("relative", NOT_KNOWN),
    ],
)
def test_encryption_of_disks(disks: Disks, path: str, encryption: str) -> None:
    assert disks.encryption_of(path) == encryption


def test_paths_on_other_hosts_are_these_hosts(disks: Disks) -> None:
    def target(path: str) -> object:
        endpoint = Endpoint(Purpose.MEDIA_STORAGE, "key", Local(path))
        return behind_paths([endpoint], disks)[0].target

    assert target("/srv/media/local") == Remote("nas.test")
    assert target("/srv/share") == Remote("files.test")
    assert target("/srv/odd") == Unknown("/srv/odd is on a network file system (fuse.s3fs)")
    assert target("/srv/mediaother") == Local("/srv/mediaother")
    other = Endpoint(Purpose.MAIL, "key", Remote("a"))
    assert behind_paths([other], disks) == (other,)


@pytest.mark.parametrize(
    ("source", "host"),
    [
        ("nas.test:/x", "nas.test"),
        ("192.0.2.1:/x", "192.0.2.1"),
        ("[2001:db8::1]:/x", "2001:db8::1"),
        ("me@host.test:", "host.test"),
        ("//files.test/share", "files.test"),
        ("10.0.0.1,10.0.0.2:/", "10.0.0.1"),
        ("s3fs", None),
        (":/x", None),
        ("//", None),
    ],
)
def test_hosts_of_sources(source: str, host: str | None) -> None:
    assert host_of_source(source) == host


def test_this_machine_is_seen() -> None:
    mounts = parse_mounts(Path("/proc/self/mountinfo").read_text())
    assert Disks.seen().mounts == mounts
    assert Disks.seen().mount_of("/") is not None


def test_a_machine_that_does_not_say(tmp_path: Path) -> None:
    assert Disks.seen(tmp_path).encryption_of("/x") == NOT_KNOWN


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (None, "for ever"),
        (86_400_000, "1 day"),
        (28 * 86_400_000, "28 days"),
        (90 * 60_000, "90 minutes"),
        (1500, "1500 milliseconds"),
    ],
)
def test_durations(milliseconds: int | None, words: str) -> None:
    assert duration(milliseconds) == words


def test_data_at_rest_follows_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disks: Disks
) -> None:
    extra = {
        "retention": {"enabled": True, "default_policy": {"max_lifetime": "1y"}},
        "media_retention": {"local_media_lifetime": "90d", "remote_media_lifetime": "14d"},
        "redaction_retention_period": "3d",
        "user_ips_max_age": "2d",
        "media_store_path": str(tmp_path / "media"),
    }
    config = read_config(tmp_path, extra, monkeypatch)
    rows = homeserver_data(config, homeserver_endpoints(config, (), {}), disks)
    kept = {row.what: row.retention for row in rows}
    assert kept["events of rooms: messages, names, members"] == "365 days"
    assert kept["contents that were deleted in Matrix"] == "3 days"
    assert kept["who was online from which address"] == "2 days"
    assert kept["files people here sent"] == "90 days"
    assert kept["copies of other servers' files"] == "14 days"
    assert kept["rooms everybody has left"] == "for ever"
    where = {row.what: row.where for row in rows}
    assert where["files people here sent"] == str(tmp_path / "media")
    assert where["backups of room keys"] == str(tmp_path / "homeserver.db")
    assert all(row.encryption for row in rows)


def test_without_retention_events_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = read_config(tmp_path, {}, monkeypatch)
    rows = homeserver_data(config, homeserver_endpoints(config, (), {}), Disks())
    kept = {row.what: row.retention for row in rows}
    assert kept["events of rooms: messages, names, members"] == "for ever (retention is off)"
