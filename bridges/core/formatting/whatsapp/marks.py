# SPDX-License-Identifier: AGPL-3.0-or-later
"""The signs of WhatsApp's markup (https://faq.whatsapp.com/539178204879377) and when they are signs.

WhatsApp has no escape character. Two characters that people do not see stand in for one: ``GAP`` beside
a delimiter keeps it from being one, because a delimiter clings to what it marks; ``JOINT`` beside a
delimiter lets it be one in the middle of a word, and at the start of a line takes the sense from what
would begin a quote or list. Both are left out again where they stand beside a delimiter.

WhatsApp has published no grammar; this is what its help page shows and what its apps are known to do.
"""

import re

from bridges.core.formatting.styles import Kind

GAP = "\u200a"
"""Hair space."""
JOINT = "\u2060"
"""Word joiner."""

BOLD, ITALIC, STRIKE, CODE = "*_~`"
KIND_OF = {
    BOLD: Kind.BOLD,
    ITALIC: Kind.ITALIC,
    STRIKE: Kind.STRIKE,
    CODE: Kind.CODE,
}
MARK_OF = {kind: mark for mark, kind in KIND_OF.items()}
FENCE = "```"

QUOTE = re.compile(r">(?: |$)")
BULLET = re.compile(r"[-*] (?=\S)")
NUMBER = re.compile(r"(0|[1-9][0-9]{0,8})\. (?=\S)")
_LINE_MARK = re.compile(rf"{QUOTE.pattern}|\* (?=\S)")
_ADDRESS = re.compile(rf"https?://[^\s{JOINT}{CODE}]+", re.IGNORECASE)
_UNFINISHED = re.compile(rf"https?://[^\s{JOINT}{CODE}]*\Z", re.IGNORECASE)
AROUND_ADDRESS = frozenset("*_~`.,;:!?)]}\"'" + GAP + JOINT)
"""What stands behind an address and does not belong to it."""
_SHOWN = str.maketrans({GAP: " ", JOINT: "\u200b"})


def opens(mark: str, before: str, after: str) -> bool:
    """Whether ``mark`` between two characters can begin something; they are empty at a line's ends."""
    clings = bool(after) and not after.isspace()
    return clings and mark not in (before, after) and not before.isalnum()


def closes(mark: str, before: str, after: str) -> bool:
    """Whether ``mark`` between two characters can end something."""
    return opens(mark, after, before)


def without_signs(text: str) -> str:
    """A text whose own invisible characters cannot be taken for ours; its length stays."""
    return text.translate(_SHOWN)


def needs_joint(line: str) -> bool:
    """Whether a line that is no quote and no list would be taken for one.

    What begins with a hyphen or number looks the same as an item of a list and may be one.
    """
    return bool(_LINE_MARK.match(line))


def ends_in_address(text: str) -> bool:
    """Whether what follows would be taken for a part of a web address."""
    return bool(_UNFINISHED.search(text))


def addresses(line: str) -> list[tuple[int, int]]:
    """Where web addresses are: what is in them are no delimiters."""
    found = []
    around = "".join(AROUND_ADDRESS)
    for address in _ADDRESS.finditer(line):
        end = address.start() + len(address[0].rstrip(around))
        found.append((address.start(), end))
    return found
