# SPDX-License-Identifier: AGPL-3.0-or-later
"""How much an archive may hold."""

from attrs import frozen

MIB = 1024 * 1024


@frozen
class Limits:
    """What is refused beyond. Real exports stay far below all of them.

    Attributes:
        entries: files and folders in a zip, whose list takes about 700 bytes of memory for each.
        folder_entries: files and folders in a folder on disk, of which no list is kept.
        directory_bytes: size of a zip's list of entries, which is read at once.
        name_length: characters in a whole name.
        depth: folders in each other.
        total_bytes: all files of a zip together, unpacked.
        ratio: how many bytes one packed byte may become. Texts reach 30, files of an export without any
            variety 100; deflate itself ends at 1032.
        dense_bytes: files up to this size may be packed as densely as they like.
    """

    entries: int = 100_000
    folder_entries: int = 2_000_000
    directory_bytes: int = 32 * MIB
    name_length: int = 1024
    depth: int = 32
    total_bytes: int = 256 * 1024 * MIB
    ratio: int = 200
    dense_bytes: int = MIB


USUAL_LIMITS = Limits()
