# SPDX-License-Identifier: AGPL-3.0-or-later
"""Why an archive is not read."""

from bridges.core.text import UserText, user_text


class ArchiveRefused(Exception):
    """An archive, or a file in it, is damaged, dangerous or not what it says.

    ``text`` says what is wrong and what to do, in the reader's language once it is translated.
    """

    def __init__(self, text: UserText) -> None:
        super().__init__(str(text))
        self.text = text


def no_such_chat(chat: str) -> UserText:
    """A chat is asked for that an archive does not have."""
    return user_text("There is no chat {chat} in this archive.", chat=chat)
