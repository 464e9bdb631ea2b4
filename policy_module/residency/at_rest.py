# SPDX-License-Identifier: AGPL-3.0-or-later
"""Data at rest: what a homeserver keeps, where, how it is encrypted, and for how long."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from policy_module.residency.endpoints import Endpoint, Local, Purpose, Unknown
from policy_module.residency.storage import NOT_KNOWN, Disks

if TYPE_CHECKING:
    from synapse.config.homeserver import HomeServerConfig

FOR_EVER = "for ever"

_UNITS = (("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1000))


@frozen
class DataAtRest:
    """One class of data, in words for an operator."""

    what: str
    where: str
    encryption: str
    retention: str


def homeserver_data(
    config: "HomeServerConfig", endpoints: Sequence[Endpoint], disks: Disks
) -> tuple[DataAtRest, ...]:
    """Give what the homeserver keeps.

    Args:
        config: as Synapse parsed it.
        endpoints: those of :func:`~policy_module.residency.homeserver.homeserver_endpoints`.
        disks: the machine's file systems.
    """
    return (
        *_in_database(config, places(endpoints, Purpose.DATABASE, disks)),
        *_media(config, places(endpoints, Purpose.MEDIA_STORAGE, disks)),
        DataAtRest(
            "signing key of the server",
            "the file under signing_key_path",
            "none of its own: readable by the homeserver alone",
            "until it is replaced",
        ),
        DataAtRest(
            "log lines: names, addresses, rooms, no contents",
            config.logging.log_config or "standard output",
            _disk(config.logging.log_config, disks),
            "as the log configuration rotates",
        ),
        DataAtRest(
            "events between processes",
            "Redis" if config.redis.redis_enabled else "nowhere: one process",
            "none of its own: only in memory unless Redis is told to save",
            "seconds",
        ),
        DataAtRest(
            "backups",
            "outside this process",
            "encrypt before they leave the machine",
            "as the backups rotate: what is erased here stays there until then",
        ),
    )


@frozen
class Place:
    """Where data of one purpose lies, and whether it is encrypted there."""

    where: str
    encryption: str


def places(endpoints: Sequence[Endpoint], purpose: Purpose, disks: Disks) -> Place:
    """Put the endpoints of a purpose into words."""
    chosen = [endpoint for endpoint in endpoints if endpoint.purpose is purpose]
    where, encryption = [], []
    for endpoint in chosen:
        target = endpoint.target
        where.append(target.why if isinstance(target, Unknown) else endpoint.shown)
        path = target.path if isinstance(target, Local) else None
        encryption.append(_disk(path, disks))
    return Place(", ".join(where), ", ".join(dict.fromkeys(encryption)))


def duration(milliseconds: int | None) -> str:
    """Write a time in words; ``None`` is for ever."""
    if milliseconds is None:
        return FOR_EVER
    for name, length in _UNITS:
        if milliseconds >= length and milliseconds % length == 0:
            count = milliseconds // length
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{milliseconds} milliseconds"


def _in_database(config: "HomeServerConfig", database: Place) -> Iterator[DataAtRest]:
    retention, server = config.retention, config.server
    kept = retention.retention_default_max_lifetime if retention.retention_enabled else None
    deleted = duration(server.redaction_retention_period)
    unused = duration(server.delete_stale_devices_after)
    rows = (
        (
            "events of rooms: messages, names, members",
            "encrypted rooms hold only what devices encrypted, others are readable",
            duration(kept) if retention.retention_enabled else f"{FOR_EVER} (retention is off)",
        ),
        ("contents that were deleted in Matrix", "as they were", deleted),
        (
            "rooms everybody has left",
            "as they were",
            duration(server.forgotten_room_retention_period),
        ),
        (
            "accounts, profiles, e-mail addresses and telephone numbers",
            "readable; passwords are hashed (bcrypt)",
            "until an account is deactivated with erasure",
        ),
        (
            "devices, their public keys, messages to devices",
            "public keys and what devices encrypted for each other",
            f"until fetched or logged out; unused devices: {unused}",
        ),
        ("backups of room keys", "encrypted with each person's recovery key", "until deleted"),
        ("who was online from which address", "readable", duration(server.user_ips_max_age)),
        ("push addresses of devices", "readable", "until logged out"),
        ("what the policy refused to whom", "readable", "1 day"),
    )
    for what, protection, how_long in rows:
        yield DataAtRest(what, database.where, f"{protection}; {database.encryption}", how_long)


def _media(config: "HomeServerConfig", media: Place) -> Iterator[DataAtRest]:
    files = "encrypted rooms hold only what devices encrypted, others are readable"
    local = config.media.media_retention_local_media_lifetime_ms
    remote = config.media.media_retention_remote_media_lifetime_ms
    protection = f"{files}; {media.encryption}"
    yield DataAtRest("files people here sent", media.where, protection, duration(local))
    yield DataAtRest("copies of other servers' files", media.where, protection, duration(remote))
    if config.media.url_preview_enabled:
        yield DataAtRest("previews of links", media.where, f"readable; {media.encryption}", "days")


def _disk(path: str | None, disks: Disks) -> str:
    return NOT_KNOWN if path is None else disks.encryption_of(path)
