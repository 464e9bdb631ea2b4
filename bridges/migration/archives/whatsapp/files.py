# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which files of an archive are exported chats."""

from collections.abc import Iterator
from itertools import islice
from pathlib import PurePosixPath

from attrs import frozen

from bridges.core.text import user_text
from bridges.migration.archives.container import Container
from bridges.migration.archives.errors import ArchiveRefused
from bridges.migration.archives.whatsapp.headers import find_header, readers
from bridges.migration.archives.whatsapp.lines import text_lines
from bridges.migration.archives.whatsapp.wording import Wording

_IPHONE_NAME = "_chat.txt"
_LOOKED_AT = 5
"""Lines in which a text that is called otherwise has to look like a chat."""


@frozen
class ChatFile:
    """A text file with a chat: its name in the archive, the folder its files are in, and the chat's name.

    ``folder`` ends with a slash or is empty, ``title`` is empty where no name tells it.
    """

    name: str
    folder: str
    title: str


def chat_files(container: Container, handed_over: str, wording: Wording) -> list[ChatFile]:
    """Find the chats.

    A text may also be what somebody has sent in a chat: it counts only if it is called as WhatsApp calls
    its exports, or if none is and it looks like one.

    Raises:
        ArchiveRefused: there is none.
    """
    if container.main is not None:
        return [_chat_file(container.main, handed_over, wording)]
    texts = [name for name in container.names() if name.lower().endswith(".txt")]
    called = [name for name in texts if _is_called_so(name, wording)]
    found = called or [name for name in texts if _looks_so(container, name)]
    if not found:
        raise ArchiveRefused(
            user_text(
                "There is no WhatsApp chat in it: no file _chat.txt or “WhatsApp Chat with ….txt”. "
                "In WhatsApp, open the chat, choose Export chat in its menu, and give the file that "
                "comes out of it unchanged."
            )
        )
    return [_chat_file(name, handed_over, wording) for name in found]


def _is_called_so(name: str, wording: Wording) -> bool:
    path = PurePosixPath(name)
    return path.name.lower() == _IPHONE_NAME or bool(wording.title(path.stem))


def _looks_so(container: Container, name: str) -> bool:
    layouts = readers()
    with container.open(name) as file:
        return any(find_header(line.text, layouts) for line in islice(text_lines(file), _LOOKED_AT))


def _chat_file(name: str, handed_over: str, wording: Wording) -> ChatFile:
    path = PurePosixPath(name)
    folder = "" if path.parent == PurePosixPath(".") else f"{path.parent}/"
    return ChatFile(name, folder, next(_titles(path, handed_over, wording), ""))


def _titles(path: PurePosixPath, handed_over: str, wording: Wording) -> Iterator[str]:
    """Names of the chat: in the file's name, in that of its folder, in that of the whole."""
    for name in (path.stem, path.parent.name, _without_extension(handed_over)):
        title = wording.title(_without_copy_number(name))
        if title:
            yield title


def _without_extension(name: str) -> str:
    return name[:-4] if name.lower().endswith((".zip", ".txt")) else name


def _without_copy_number(name: str) -> str:
    """A name without what a browser puts behind it: “… (1)”."""
    start, space, end = name.rpartition(" ")
    is_number = space and end.startswith("(") and end.endswith(")") and end[1:-1].isdecimal()
    return start if is_number else name
