# SPDX-License-Identifier: AGPL-3.0-or-later
"""The answers of polls: WhatsApp names them by the SHA-256 of their text, and so do we."""

import base64
import binascii
import hashlib
from collections.abc import Sequence

from bridges.core.content import Poll, PollAnswer


def answer_id(text: str) -> str:
    """The bridge's id of an answer with this text."""
    return hashlib.sha256(text.encode()).hexdigest()


def answer_of(digest: str) -> str:
    """The bridge's id of the answer a vote names by its hash in base64; anything may come in."""
    try:
        return base64.b64decode(digest).hex()
    except (binascii.Error, ValueError):
        return digest


def chosen(answers: Sequence[str], ids: Sequence[str]) -> list[str]:
    """The texts of the answers with these ids."""
    wanted = set(ids)
    return [text for text in answers if answer_id(text) in wanted]


def poll_of(question: str, answers: Sequence[str], selectable: int) -> Poll:
    """A poll; ``selectable`` 0: as many answers as one likes."""
    listed = tuple(PollAnswer(answer_id(text), text) for text in answers)
    return Poll(question, listed, max_selections=selectable or max(len(listed), 1))
