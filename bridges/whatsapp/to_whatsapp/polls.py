# SPDX-License-Identifier: AGPL-3.0-or-later
"""Polls as WhatsApp has them: at least 2 and at most 12 answers of at most 100 characters each."""

from typing import Any

from bridges.core.content import Poll
from bridges.core.errors import Rejected
from bridges.core.formatting.utf16 import utf16_length
from bridges.core.text import user_text
from bridges.whatsapp.json_form import encoded

MIN_ANSWERS = 2
MAX_ANSWERS = 12
MAX_ANSWER = 100
MAX_QUESTION = 255
SECRET_BYTES = 32


def poll_content(poll: Poll, secret: bytes) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """The field of ``Message`` a poll goes into, what is in it, and the ``MessageContextInfo``.

    ``secret`` are 32 random bytes, with which votes are encrypted. Raises ``Rejected``.
    """
    _check(poll)
    count = 1 if poll.max_selections == 1 else 0
    content = {
        "name": poll.question,
        "options": [{"optionName": one.text} for one in poll.answers],
        "selectableOptionsCount": count,
    }
    field = "pollCreationMessageV3" if count else "pollCreationMessage"
    return field, content, {"messageSecret": encoded(secret)}


def _check(poll: Poll) -> None:
    if not MIN_ANSWERS <= len(poll.answers) <= MAX_ANSWERS:
        raise Rejected(
            "WHATSAPP.POLL_ANSWERS",
            user_text(
                "A poll on WhatsApp has {least} to {most} answers.",
                least=MIN_ANSWERS,
                most=MAX_ANSWERS,
            ),
        )
    texts = [one.text for one in poll.answers]
    if utf16_length(poll.question) > MAX_QUESTION or any(
        utf16_length(one) > MAX_ANSWER for one in texts
    ):
        raise Rejected(
            "WHATSAPP.POLL_LENGTH",
            user_text(
                "A question on WhatsApp has at most {question} characters and an answer {answer}.",
                question=MAX_QUESTION,
                answer=MAX_ANSWER,
            ),
        )
    if len(set(texts)) < len(texts) or not all(one.strip() for one in (poll.question, *texts)):
        raise Rejected(
            "WHATSAPP.POLL_SAME_ANSWERS",
            user_text("All answers of a poll on WhatsApp must differ, and none may be empty."),
        )
