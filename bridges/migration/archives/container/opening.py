# SPDX-License-Identifier: AGPL-3.0-or-later
"""Opening whatever somebody hands over.

A zip in a zip is opened where it is the only file in it: so files arrive that were packed twice on
their way. One level, not more. Zips among other files are files that people have sent each other.
"""

import errno
import shutil
import stat
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from bridges.core.text import user_text
from bridges.migration.archives.container.folder import Folder
from bridges.migration.archives.container.limits import USUAL_LIMITS, Limits
from bridges.migration.archives.container.names import shown
from bridges.migration.archives.container.protocol import Container
from bridges.migration.archives.container.refusals import not_allowed, not_plain
from bridges.migration.archives.container.zipped import BUFFER, Zipped
from bridges.migration.archives.errors import ArchiveRefused

_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")


def open_container(
    path: Path,
    limits: Limits = USUAL_LIMITS,
    scratch: Path | None = None,
) -> Container:
    """Open a folder, a zip (known by its bytes, not its name) or any other single file.

    ``scratch`` is the folder where a zip in a zip is laid while it is read, on a disk and not in memory
    if it is large; None is the system's.

    Raises ``ArchiveRefused`` if it is not there, may not be read, or is not to be trusted.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return Folder(path, limits)
        if not stat.S_ISREG(mode):
            raise ArchiveRefused(not_plain(path.name))
        file = path.open("rb")
    except PermissionError:
        raise ArchiveRefused(not_allowed(path.name)) from None
    except (OSError, ValueError) as error:
        raise _not_found(path, error) from error
    if not _is_zip(file, path):
        file.close()
        return Folder(path.parent, limits, main=path.name)
    return _unnested(Zipped(file, path.name, limits), limits, scratch)


def _not_found(path: Path, error: OSError | ValueError) -> Exception:
    if isinstance(error, OSError) and error.errno not in {
        errno.ENOENT,
        errno.ENOTDIR,
        errno.ENAMETOOLONG,
        errno.ELOOP,
    }:
        return error
    return ArchiveRefused(user_text("There is no file or folder {path}.", path=shown(str(path))))


def _is_zip(file: BinaryIO, path: Path) -> bool:
    start = file.read(4)
    file.seek(0)
    return start in _ZIP_STARTS or path.suffix.lower() == ".zip"


def _unnested(outer: Zipped, limits: Limits, scratch: Path | None) -> Container:
    names = list(outer.names())
    if not names or not all(name.lower().endswith(".zip") for name in names):
        return outer
    with outer:
        if len(names) > 1:
            raise ArchiveRefused(
                user_text(
                    "There are {count} archives in this one. Unpack it and give them one by one.",
                    count=len(names),
                )
            )
        inner = Zipped(_laid_down(outer, names[0], scratch), names[0], limits)
    inside = list(inner.names())
    if len(inside) == 1 and inside[0].lower().endswith(".zip"):
        inner.close()
        raise ArchiveRefused(
            user_text(
                "An archive in an archive in an archive is not opened. "
                "Unpack it and give the innermost one."
            )
        )
    return inner


def _laid_down(outer: Zipped, name: str, scratch: Path | None) -> BinaryIO:
    laid = cast("BinaryIO", TemporaryFile(dir=scratch))  # noqa: SIM115  # outlives this function
    try:
        with outer.open(name) as packed:
            shutil.copyfileobj(packed, laid, BUFFER)
    except BaseException:
        laid.close()
        raise
    return laid
