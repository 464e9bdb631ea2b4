# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which names files in an archive may have."""

import re
import unicodedata

from bridges.core.text import UserText, user_text
from bridges.migration.archives.container.limits import Limits

SHOWN_LENGTH = 80

_DRIVE = re.compile(r"[A-Za-z]:")
_LEFT_BEHIND = re.compile(r"(?:^|/)(?:__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$|\._[^/]*$)")


def canonical(name: str) -> str:
    """The form in which names are compared: macOS writes them decomposed, exports name them composed."""
    return unicodedata.normalize("NFC", name)


def forms(name: str) -> tuple[str, ...]:
    """How a file of this name may really be called on a disk."""
    decomposed = unicodedata.normalize("NFD", name)
    return tuple(dict.fromkeys((name, canonical(name), decomposed)))


def is_left_behind(name: str) -> bool:
    """Tell whether an operating system, not the export, has put this file there."""
    return _LEFT_BEHIND.search(name) is not None


def shown(name: str) -> str:
    """A name as it can be put into a sentence, whatever is in it."""
    visible = "".join("?" if unicodedata.category(one)[0] == "C" else one for one in name)
    return visible if len(visible) <= SHOWN_LENGTH else visible[: SHOWN_LENGTH - 1] + "…"


def name_problem(name: str, limits: Limits) -> UserText | None:
    """Say why a file may not be called so, None if it may."""
    if not name or len(name) > limits.name_length:
        return user_text(
            "The archive has a file whose name is empty or too long: {name}. Export again.",
            name=shown(name),
        )
    if any(unicodedata.category(one) in {"Cc", "Cs"} for one in name):
        return user_text(
            "The archive has a file with unreadable characters in its name: {name}. "
            "Rename it or leave it out.",
            name=shown(name),
        )
    if name.startswith("/") or "\\" in name or _DRIVE.match(name):
        return user_text(
            "The archive has a file with an absolute or Windows path: {name}. "
            "No export looks like this; it is not read.",
            name=shown(name),
        )
    parts = name.split("/")
    if any(part in {"", ".", ".."} for part in parts):
        return user_text(
            "The archive has a file that points outside of it: {name}. "
            "No export looks like this; it is not read.",
            name=shown(name),
        )
    if len(parts) > limits.depth:
        return user_text(
            "The archive has folders too deep in each other: {name}. Export again.",
            name=shown(name),
        )
    return None
