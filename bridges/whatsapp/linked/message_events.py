# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages, what is done to them, and receipts, as events for the core."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from attrs import evolve
from mautrix.util.async_db import Connection as Transaction

from bridges.core.content import FormattedText, Text, TextKind
from bridges.core.errors import Rejected
from bridges.core.events import (
    ReactionsOf,
    RemoteEdit,
    RemoteMessage,
    RemotePins,
    RemotePollTally,
    RemoteReactions,
    RemoteReceipt,
    RemoteRedaction,
    VotesOf,
)
from bridges.core.ids import MessageID
from bridges.core.network import BridgeHandle
from bridges.core.text import UserText, user_text
from bridges.whatsapp.from_whatsapp.context import context_of
from bridges.whatsapp.ids import NEWSLETTER, STATUS, chat_jid
from bridges.whatsapp.json_form import number as json_number
from bridges.whatsapp.linked.batch import Batch
from bridges.whatsapp.linked.contents import Contents
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.envelope import Envelope, opened
from bridges.whatsapp.linked.incoming import (
    Edited,
    Meaning,
    Nothing,
    Pinned,
    Reacted,
    Revoked,
    Said,
    Sealed,
    TimerSet,
    Voted,
    meaning,
    poll_answers,
    unsealed,
)
from bridges.whatsapp.linked.keeping import Keeping
from bridges.whatsapp.linked.people import People
from bridges.whatsapp.linked.posts import change_of_post
from bridges.whatsapp.linked.refusals import guarded
from bridges.whatsapp.linked.stores import Stores
from bridges.whatsapp.polls import answer_of
from bridges.whatsapp.store import messages as notes

Data = Mapping[str, Any]

_READ = frozenset({"read", "played", "read_self", "played_self"})
_NO_ALTERNATIVE = {"sender_alt": "", "from_me": False}
_BY_ADMIN = "8"
"""What a message is marked with that removes somebody else's; the service lets administrators only."""
_STATUS_LASTS = timedelta(days=1)
_LATE = 1
"""The stamp of what replaces a placeholder: later than the placeholder, earlier than any edit."""

_UNREADABLE = user_text(
    "A message that cannot be read yet. It takes this place when the sender's phone has sent it again; "
    "until then, see it in WhatsApp on your phone."
)
_PHONE_ONLY = user_text(
    "A message that WhatsApp shows on phones only, such as one that can be seen once. See it in "
    "WhatsApp on your phone."
)


class MessageEvents:
    """For one login; each method adds to a batch what an event's data come to."""

    def __init__(
        self,
        device: LinkedDevice,
        handle: BridgeHandle,
        stores: Stores,
        people: People,
        contents: Contents,
        *,
        status_posts: bool,
    ) -> None:
        self._device = device
        self._handle = handle
        self._stores = stores
        self._people = people
        self._contents = contents
        self._status_posts = status_posts
        self._keeping = Keeping(handle, stores.past)

    async def message(self, data: Data, batch: Batch) -> None:
        """A ``message`` event."""
        envelope = await self._envelope(data, batch)
        if envelope is None or data.get("category") == "peer":
            return
        if not envelope.sender.is_me:
            name = str(data.get("push_name") or "")
            batch.events += await self._people.pushed(envelope.speaker, name)
        changed = change_of_post(data) if envelope.speaker.server == NEWSLETTER else None
        await self._meant(envelope, changed or await self._unsealed(data), data, batch)

    async def _meant(self, envelope: Envelope, meant: Meaning, data: Data, batch: Batch) -> None:
        match meant:
            case Said() as said:
                await self._said(envelope, said, data, batch)
            case Edited() as edited:
                await self._edited(envelope, edited, batch)
            case Revoked(target):
                if data.get("edit") != _BY_ADMIN and not await self._is_author(envelope, target):
                    return
                batch.events.append(RemoteRedaction(envelope.chat, target, envelope.sender))
                await self._keeping.revoked(envelope.chat, target, batch)
            case Reacted(target, emoji):
                reaction = ReactionsOf(envelope.sender, (emoji,) if emoji else ())
                batch.events.append(RemoteReactions(envelope.chat, target, (reaction,)))
                await self._keeping.reacted(envelope, target, emoji, batch)
            case Voted(poll):
                await self._voted(envelope, poll, data, batch)
            case Pinned(target, pinned):
                batch.events.append(RemotePins(envelope.chat, (target,), pinned))
            case TimerSet(seconds):
                await self._timer_set(envelope, seconds, batch)
            case Sealed() | Nothing():
                pass

    async def _unsealed(self, data: Data) -> Meaning:
        """What a message means; a sealed one that cannot be opened means what is seen of it."""
        message = data.get("message") or {}
        found = meaning(message)
        if not isinstance(found, Sealed):
            return found
        try:
            opened_here = await guarded(
                self._device.worker.open_sealed(self._device.name, {**_NO_ALTERNATIVE, **data})
            )
        except Rejected:
            return Said(message)
        if "encCommentMessage" in message:
            return Said(opened_here)
        return unsealed(found.target, opened_here)

    async def undecryptable(self, data: Data, batch: Batch) -> None:
        """An ``undecryptable`` event: a sentence stands for the message until it comes."""
        envelope = await self._envelope(data, batch)
        # Posts of people one is not to see come in this way as well.
        if envelope is None or data.get("hide") or _is_status(envelope):
            return
        if await self._stores.messages.get(envelope.chat.chat, envelope.id) is not None:
            return
        say = await self._handle.translation(self._device.login)
        text = say(_PHONE_ONLY if data.get("is_unavailable") else _UNREADABLE)
        part = Text(FormattedText(text), TextKind.NOTICE)
        batch.events.append(
            RemoteMessage(envelope.chat, envelope.sender, envelope.id, envelope.when, (part,))
        )
        batch.writes.append(self._note(evolve(_noted(envelope), is_placeholder=True)))

    async def receipt(self, data: Data, batch: Batch) -> None:
        """A ``receipt`` event: somebody, or we on another device, have read."""
        if data.get("type") not in _READ:
            return
        envelope = await self._envelope(data, batch)
        if envelope is None or (_is_status(envelope) and not envelope.sender.is_me):
            return
        ids = [MessageID(str(one)) for one in data.get("ids", ())]
        last = await self._stores.messages.latest(envelope.chat.chat, ids)
        if last is None:
            return
        if envelope.sender.is_me:
            await self._stores.messages.read(envelope.chat.chat, last.sent_at)
        batch.events.append(RemoteReceipt(envelope.chat, envelope.sender, last.id))

    async def _envelope(self, data: Data, batch: Batch) -> Envelope | None:
        device = self._device
        envelope = await opened(
            data, device.login, device.me, self._people, self._handle.clock.now()
        )
        if envelope is None:
            return None
        if _is_status(envelope) and not self._status_posts:
            return None
        batch.people = await self._people.news(*envelope.addresses)
        return envelope

    async def _said(self, envelope: Envelope, said: Said, data: Data, batch: Batch) -> None:
        known = await self._stores.messages.get(envelope.chat.chat, envelope.id)
        parts = await self._contents.parts(said.content, data)
        if not parts:
            return
        if known is not None and known.is_placeholder:
            batch.events.append(
                RemoteEdit(envelope.chat, envelope.sender, envelope.id, envelope.when, _LATE, parts)
            )
        else:
            batch.events.append(
                RemoteMessage(
                    envelope.chat,
                    envelope.sender,
                    envelope.id,
                    envelope.when,
                    parts,
                    reply_to=_reply_of(said),
                    expires_at=_end_of(envelope, said),
                    answered=await self._contents.answered(said.content),
                )
            )
        number = json_number(data.get("server_id"))
        batch.writes.append(self._note(evolve(_noted(envelope), number=number)))
        if not _is_status(envelope):
            await self._keeping.said(envelope, data.get("message") or {}, batch)
        answers = poll_answers(said.content)
        if answers is not None:
            batch.writes.append(self._poll(envelope.id, answers))

    async def _is_author(self, envelope: Envelope, message: MessageID) -> bool:
        """Whether who does something has said a message, as WhatsApp's apps ask; yes for unknown ones.

        The service cannot: what is done is encrypted. Of administrators it knows.
        """
        said = await self._stores.messages.get(envelope.chat.chat, message)
        if said is None:
            return True
        # An address may be told to be somebody's with this very event.
        theirs = {envelope.speaker.bare, *(one.bare for one in envelope.addresses[0] if one)}
        return not theirs.isdisjoint({said.sender.bare, await self._people.person(said.sender)})

    async def _edited(self, envelope: Envelope, edited: Edited, batch: Batch) -> None:
        if not await self._is_author(envelope, edited.target):
            return
        parts = await self._contents.parts(edited.content, {})
        stamp = edited.stamp or envelope.seconds * 1000
        if parts:
            batch.events.append(
                RemoteEdit(
                    envelope.chat, envelope.sender, edited.target, envelope.when, stamp, parts
                )
            )
            await self._keeping.edited(envelope.chat, edited.target, edited.content, batch)

    async def _voted(self, envelope: Envelope, poll: MessageID, data: Data, batch: Batch) -> None:
        """Whoever votes says all they choose.

        A poll of our own may be voted in before we have noted that it is there. One that cannot be
        opened and is not known was never bridged.
        """
        worker = self._device.worker
        try:
            hashes = await guarded(worker.decrypt_vote(self._device.name, data))
        except Rejected:
            if await self._stores.polls.answers(poll) is not None:
                raise
            return
        chosen = tuple(answer_of(one) for one in hashes)
        tally = RemotePollTally(
            envelope.chat,
            poll,
            (),
            total=0,
            votes=(VotesOf(envelope.sender, chosen),),
            # Each vote comes by itself: who is not in this event has not taken theirs back.
            anonymous=True,
        )
        batch.events.append(tally)

    async def _timer_set(self, envelope: Envelope, seconds: int, batch: Batch) -> None:
        facts = await self._stores.chats.get(envelope.chat.chat)
        changed = evolve(facts, timer=seconds, timer_set=envelope.seconds)

        async def write(transaction: Transaction) -> None:
            await self._stores.chats.write(transaction, changed)

        batch.writes.append(write)
        say = await self._handle.translation(self._device.login)
        part = Text(FormattedText(say(timer_text(seconds))), TextKind.NOTICE)
        batch.events.append(
            RemoteMessage(envelope.chat, envelope.sender, envelope.id, envelope.when, (part,))
        )

    def _note(self, said: notes.Said) -> Callable[[Transaction], Awaitable[None]]:
        async def write(transaction: Transaction) -> None:
            await self._stores.messages.write(transaction, [said])
            await self._stores.chats.active(transaction, said.chat, said.sent_at)

        return write

    def _poll(
        self, poll: MessageID, answers: list[str]
    ) -> Callable[[Transaction], Awaitable[None]]:
        async def write(transaction: Transaction) -> None:
            await self._stores.polls.write(transaction, poll, answers)

        return write


def timer_text(seconds: int) -> UserText:
    """What is said in a chat whose timer has been set."""
    if not seconds:
        return user_text("Messages in this chat do not disappear any more.")
    hours = max(seconds // 3600, 1)
    if hours < 48:
        return user_text("New messages in this chat disappear after {hours} h.", hours=hours)
    return user_text("New messages in this chat disappear after {days} days.", days=hours // 24)


def _noted(envelope: Envelope) -> notes.Said:
    return notes.Said(
        envelope.chat.chat,
        envelope.id,
        envelope.speaker,
        envelope.seconds,
        unread=not envelope.sender.is_me,
    )


def _reply_of(said: Said) -> MessageID | None:
    target = context_of(said.content).get("stanzaID")
    return MessageID(str(target)) if target else None


def _is_status(envelope: Envelope) -> bool:
    return chat_jid(envelope.chat) == STATUS


def _end_of(envelope: Envelope, said: Said) -> datetime | None:
    if _is_status(envelope):
        return envelope.when + _STATUS_LASTS
    try:
        seconds = int(context_of(said.content).get("expiration") or 0)
    except (TypeError, ValueError):
        seconds = 0
    return envelope.when + timedelta(seconds=seconds) if seconds > 0 else None
