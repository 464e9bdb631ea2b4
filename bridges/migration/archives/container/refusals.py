# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is said when a folder or zip is refused, where more than one place says it."""

from bridges.core.text import UserText, user_text
from bridges.migration.archives.container.limits import MIB, Limits
from bridges.migration.archives.container.names import shown


def not_there(name: str) -> UserText:
    """A file is asked for that the archive does not have."""
    return user_text("{name} is not in the archive.", name=shown(name))


def not_plain(name: str) -> UserText:
    """An entry is a link, a device or something else that is no file."""
    return user_text(
        "The archive has something that is neither a file nor a folder, such as a link: {name}. "
        "Leave it out.",
        name=shown(name),
    )


def not_allowed(name: str) -> UserText:
    """The operating system does not let us read."""
    return user_text("{name} may not be read. Check its permissions.", name=shown(name))


def too_many(count: int) -> UserText:
    """There are more entries than allowed."""
    return user_text(
        "The archive has more than {count} files. "
        "Unpack it and give the folder, or export in smaller pieces.",
        count=count,
    )


def too_large(limits: Limits) -> UserText:
    """All together, unpacked, is more than allowed."""
    return user_text(
        "Unpacked, the archive is larger than {size} MiB. Export in smaller pieces.",
        size=limits.total_bytes // MIB,
    )


def too_dense(name: str) -> UserText:
    """A file becomes so much larger than it is packed that it is a trap."""
    return user_text(
        "{name} grows far too much when unpacked, as files made to do damage do. It is not read.",
        name=shown(name),
    )


def damaged(name: str) -> UserText:
    """A zip, or a file in it, cannot be unpacked or is not what the zip's list says."""
    return user_text(
        "{name} is damaged or incomplete. Copy it again from where it was made, or export again.",
        name=shown(name),
    )
