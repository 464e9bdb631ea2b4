# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether an archive is still what it was when it was looked at."""

import hashlib

from bridges.migration.archives.container import Container

_TEXTS = (".json", ".txt")
"""Files that hold what was said; others are known by their names and sizes."""

_CHUNK = 1024 * 1024


def fingerprint(container: Container) -> str:
    """Give a short text that is another one if a message is.

    Raises ``ArchiveRefused``.
    """
    digest = hashlib.sha256()
    for name in sorted(container.names()):
        digest.update(f"{name}\0{container.size(name)}\0".encode("utf-8", "surrogatepass"))
        if not name.lower().endswith(_TEXTS):
            continue
        with container.open(name) as file:
            while piece := file.read(_CHUNK):
                digest.update(piece)
    return digest.hexdigest()[:32]
