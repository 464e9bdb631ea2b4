# SPDX-License-Identifier: AGPL-3.0-or-later
"""When something happened."""

from datetime import UTC, datetime, tzinfo

from bridges.migration.archives.telegram.fields import Raw, integer

_EARLIEST = datetime(2013, 8, 14, tzinfo=UTC)
"""The day Telegram appeared; what is said to be older has a wrong time."""
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)


def time_of(raw: Raw, key: str, zone: tzinfo) -> datetime | None:
    """The time under ``<key>_unixtime``, or the local one under ``key``, as it was in ``zone``.

    None if neither can be a time of Telegram. Old exports have the local time only.
    """
    seconds = integer(raw, f"{key}_unixtime")
    if seconds is not None and _EARLIEST.timestamp() <= seconds < _LATEST.timestamp():
        return datetime.fromtimestamp(seconds, UTC)
    written = raw.get(key)
    if not isinstance(written, str):
        return None
    try:
        local = datetime.fromisoformat(written.strip())
    except ValueError:
        return None
    try:
        found = (local if local.tzinfo else local.replace(tzinfo=zone)).astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return found if _EARLIEST <= found < _LATEST else None


def has_zone(raw: Raw) -> bool:
    """Whether the time of a message is told beyond doubt."""
    return integer(raw, "date_unixtime") is not None
