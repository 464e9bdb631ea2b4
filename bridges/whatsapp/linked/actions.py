# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is done to messages: edits, removals, reactions, votes, and that they were read."""

from collections.abc import Mapping, Sequence

from bridges.core.clock import Clock
from bridges.core.errors import Rejected
from bridges.core.events import VotesOf
from bridges.core.ids import ChatKey, MessageID
from bridges.core.outgoing import (
    OutgoingEdit,
    OutgoingReactions,
    OutgoingReceipt,
    OutgoingRedaction,
    OutgoingVote,
)
from bridges.core.text import user_text
from bridges.whatsapp.ids import GROUP, NEWSLETTER, STATUS, Jid
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.features import DELETABLE_FOR, EDITABLE_FOR
from bridges.whatsapp.linked.outgoing import Outgoing
from bridges.whatsapp.linked.queries import Queries, known_chat
from bridges.whatsapp.linked.refusals import guarded
from bridges.whatsapp.linked.stores import Stores
from bridges.whatsapp.polls import chosen
from bridges.whatsapp.store.messages import Said

TYPING_SECONDS = 25.0
"""After this long WhatsApp's clients forget that somebody types."""

_UNKNOWN = user_text("This message is from before the bridge, which cannot change or answer it.")
_NOT_HERE = user_text(
    "Status posts are changed, removed and reacted to in WhatsApp on your phone only."
)


class MessageActions:
    """For one login."""

    def __init__(
        self,
        device: LinkedDevice,
        stores: Stores,
        outgoing: Outgoing,
        queries: Queries,
        clock: Clock,
    ) -> None:
        self._queries = queries
        self._announcing: dict[Jid, bool] = {}
        self._device = device
        self._stores = stores
        self._outgoing = outgoing
        self._clock = clock

    async def edit(self, edit: OutgoingEdit) -> Mapping[MessageID, int]:
        """See ``HandlesEdits``. Of a text that was split only the first message can hold the new one."""
        jid = _talked_in(edit.chat)
        target = edit.targets[0]
        said = await self._said(edit.chat, target)
        if self._is_older(said, EDITABLE_FOR):
            minutes = EDITABLE_FOR // 60
            text = user_text(
                "WhatsApp lets messages be changed for {minutes} minutes only.", minutes=minutes
            )
            raise Rejected("WHATSAPP.TOO_OLD", text)
        content = await self._outgoing.edited(edit)
        now = int(self._clock.now().timestamp() * 1000)
        worker = self._device.worker
        await guarded(worker.edit(self._device.name, str(jid), target, content, now, edit.key))
        return {target: now}

    async def redact(self, redaction: OutgoingRedaction) -> None:
        """See ``HandlesRedactions``."""
        jid = _talked_in(redaction.chat)
        for target in redaction.targets:
            said = await self._said(redaction.chat, target)
            if self._is_older(said, DELETABLE_FOR):
                days = DELETABLE_FOR // 86400
                text = user_text(
                    "WhatsApp lets messages be deleted for {days} days only.", days=days
                )
                raise Rejected("WHATSAPP.TOO_OLD", text)
            await guarded(
                self._device.worker.revoke(
                    self._device.name, str(jid), str(said.sender), target, f"revoke {target}"
                )
            )

    async def react(self, reactions: OutgoingReactions) -> tuple[str, ...]:
        """See ``HandlesReactions``: the last one counts."""
        jid = _talked_in(reactions.chat)
        emoji = reactions.emojis[-1] if reactions.emojis else ""
        said = await self._said(reactions.chat, reactions.target)
        worker, name = self._device.worker, self._device.name
        if jid.server == NEWSLETTER:
            if not said.number:
                raise Rejected("WHATSAPP.UNKNOWN_MESSAGE", _UNKNOWN)
            await guarded(worker.react_in_newsletter(name, str(jid), said.number, emoji))
            return (emoji,) if emoji else ()
        sealed = await self._is_announcing(jid)
        sender = str(said.sender)
        await guarded(worker.react(name, str(jid), sender, reactions.target, emoji, sealed=sealed))
        return (emoji,) if emoji else ()

    async def _is_announcing(self, jid: Jid) -> bool:
        """Whether a community's administrators tell everybody something here; it stays what it is."""
        if jid.server != GROUP:
            return False
        if jid not in self._announcing:
            self._announcing[jid] = (await self._queries.group(jid)).is_default_subgroup
        return self._announcing[jid]

    async def vote(self, vote: OutgoingVote) -> None:
        """See ``HandlesPolls``."""
        jid = _talked_in(vote.chat)
        said = await self._said(vote.chat, vote.target)
        answers = await self._stores.polls.answers(vote.target)
        if answers is None:
            raise Rejected("WHATSAPP.UNKNOWN_POLL", _UNKNOWN)
        await guarded(
            self._device.worker.vote(
                self._device.name,
                str(jid),
                str(said.sender),
                vote.target,
                chosen(answers, vote.answers),
                from_me=said.sender == self._device.me,
            )
        )

    async def end_poll(self, chat: ChatKey, poll: MessageID) -> None:
        """See ``HandlesPolls``."""
        raise Rejected("WHATSAPP.POLLS_STAY", user_text("Polls on WhatsApp cannot be ended."))

    async def poll_votes(self, chat: ChatKey, poll: MessageID) -> Sequence[VotesOf]:
        """See ``HandlesPolls``: each vote is told when it is given, and cannot be asked for."""
        return ()

    async def mark_read(self, receipt: OutgoingReceipt) -> None:
        """See ``HandlesReceipts``: each sender is told which of their messages were read."""
        jid = known_chat(receipt.chat)
        unread = await self._stores.messages.unread(receipt.chat.chat, receipt.up_to)
        by_sender: dict[Jid, list[Said]] = {}
        for said in unread:
            by_sender.setdefault(said.sender, []).append(said)
        now = int(self._clock.now().timestamp())
        for sender, messages in by_sender.items():
            ids = [one.id for one in messages]
            await guarded(
                self._device.worker.mark_read(self._device.name, str(jid), str(sender), ids, now)
            )
        if unread:
            await self._stores.messages.read(receipt.chat.chat, unread[-1].sent_at)

    async def set_typing(self, chat: ChatKey, typing: bool) -> None:
        """See ``HandlesTyping``."""
        jid = known_chat(chat)
        worker = self._device.worker
        await guarded(worker.typing(self._device.name, str(jid), composing=typing))

    async def _said(self, chat: ChatKey, message: MessageID) -> Said:
        said = await self._stores.messages.get(chat.chat, message)
        if said is None:
            raise Rejected("WHATSAPP.UNKNOWN_MESSAGE", _UNKNOWN)
        return said

    def _is_older(self, said: Said, seconds: int) -> bool:
        """Whether clients of WhatsApp would pass over a change of this message without a word."""
        return self._clock.now().timestamp() - said.sent_at > seconds


def _talked_in(chat: ChatKey) -> Jid:
    """The address of a chat; of status posts the library would tell the whole address book."""
    jid = known_chat(chat)
    if jid == STATUS:
        raise Rejected("WHATSAPP.STATUS", _NOT_HERE)
    return jid
