# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is known beside a message while it is read."""

from collections.abc import Callable
from datetime import UTC, tzinfo
from pathlib import PurePosixPath

from attrs import frozen

from bridges.core.chat import ChatKind
from bridges.core.formatting.names import clean_name
from bridges.core.text import Translation, UserText, user_text


@frozen
class FoundFile:
    """A file a message names.

    Attributes:
        path: where it is in the archive, None if it is ``missing``.
        size: in bytes.
        name: the last part of its path; empty if the export has left it out.
    """

    path: str | None
    size: int | None = None
    name: str = ""
    missing: UserText | None = None


@frozen
class Surroundings:
    """The chat a message is in.

    Attributes:
        chat: its id.
        size_of: tells the size of a file of the archive, None if it has none of this path.
        folder: where the export lies in the archive; empty or ending with a slash.
        zone: of times that are written without one.
        say: puts sentences into the language of whom the messages are for.
    """

    chat: str
    kind: ChatKind
    size_of: Callable[[str], int | None]
    folder: str = ""
    zone: tzinfo = UTC
    say: Translation = str

    def file(self, named: str) -> FoundFile:
        """Find a file by the path in the export, which may also say that it was left out."""
        if "(File " in named or named.startswith("("):
            return FoundFile(None, missing=_left_out(named))
        path = f"{self.folder}{named}"
        name = clean_name(PurePosixPath(named).name)
        size = self.size_of(path)
        if size is None:
            missing = user_text("The file is not in the archive.")
            return FoundFile(None, name=name, missing=missing)
        return FoundFile(path, size, name)


def _left_out(named: str) -> UserText:
    if "exceeds maximum size" in named:
        return user_text("The file was larger than the export was allowed to take.")
    if "not included" in named:
        return user_text("The export was made without files of this kind.")
    return user_text("Telegram could not give the file when the export was made.")
