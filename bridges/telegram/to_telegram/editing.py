# SPDX-License-Identifier: AGPL-3.0-or-later
"""Changing what messages say."""

from collections.abc import Mapping, Sequence
from typing import Any

from telethon.tl.functions.messages import EditMessageRequest

from bridges.core.errors import BridgeError, Rejected
from bridges.core.ids import MessageID
from bridges.core.outgoing import OutgoingEdit
from bridges.core.text import user_text
from bridges.telegram import ids
from bridges.telegram.connection import Caller
from bridges.telegram.formatting import TelegramText
from bridges.telegram.from_telegram.messages import edit_stamps
from bridges.telegram.peers import Peers
from bridges.telegram.to_telegram.actions import MessageActions
from bridges.telegram.to_telegram.texts import Texts

_SAME_TEXT = "TELEGRAM.MESSAGE_NOT_MODIFIED"
_LONG_CAPTION = "TELEGRAM.MEDIA_CAPTION_TOO_LONG"
_NO_TEXT = TelegramText("")


class Editing:
    """Edits for one login; ``actions`` removes what is not needed any more."""

    def __init__(self, call: Caller, peers: Peers, texts: Texts, actions: MessageActions) -> None:
        self._call = call
        self._peers = peers
        self._texts = texts
        self._actions = actions

    async def edit(self, edit: OutgoingEdit) -> Mapping[MessageID, int]:
        """See ``HandlesEdits``. Messages that a shorter text does not need any more are removed.

        A text that is empty takes a caption away. Raises ``Rejected`` if the new text needs more
        messages than the old one had.
        """
        texts = await self._texts.of(edit.content) or [_NO_TEXT]
        if len(texts) > len(edit.targets):
            raise Rejected(
                "TELEGRAM.EDIT_TOO_LONG",
                user_text("The new text is too long for this message; send it as a new one."),
            )
        peer = await self._peers.chat(edit.chat)
        try:
            return await self._all(peer, edit.targets, texts)
        except Rejected as error:
            if error.code != _LONG_CAPTION or len(edit.targets) <= len(texts):
                raise
        # The first message is a file; its long caption follows it as text.
        return await self._all(peer, edit.targets, [_NO_TEXT, *texts])

    async def _all(
        self, peer: Any, targets: Sequence[MessageID], texts: Sequence[TelegramText]
    ) -> Mapping[MessageID, int]:
        stamps: dict[MessageID, int] = {}
        for target, text in zip(targets, texts, strict=False):
            stamps |= await self._one(peer, target, text)
        if len(targets) > len(texts):
            await self._actions.delete(peer, targets[len(texts) :])
        return stamps

    async def _one(self, peer: Any, target: MessageID, text: TelegramText) -> dict[MessageID, int]:
        request = EditMessageRequest(
            peer,
            ids.message_number(target),
            message=text.text,
            entities=await self._texts.addressed(text),
        )
        try:
            answer = await self._call(request)
        except BridgeError as error:
            if error.code != _SAME_TEXT:
                raise
            return {}
        return dict(edit_stamps(answer.updates))
