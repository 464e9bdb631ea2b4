# SPDX-License-Identifier: AGPL-3.0-or-later
"""Somebody who uses the network: a plain Telethon client with a memory of what it received."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from telethon import TelegramClient, events
from telethon.crypto import rsa as client_keys
from telethon.errors import RPCError, SessionPasswordNeededError
from telethon.sessions import MemorySession
from telethon.tl import functions, types

from sandbox.telegram.limits import LOGIN_CODE
from sandbox.telegram.operator import PERSON_DEVICE
from sandbox.telegram.person_kinds import MessageKinds
from sandbox.telegram.person_rooms import RoomDoings
from sandbox.telegram.person_settings import SettingDoings
from sandbox.telegram.person_topics import TopicDoings
from sandbox.telegram.received import Received, of_message
from sandbox.telegram.received import seen as seen_in
from sandbox.telegram.records import Account

_API_ID = 1
_API_HASH = "sandbox"
_PATIENCE = 1.0
_REMEMBERED = 100


class NeverHappenedError(Exception):
    """Nothing of the kind was received in time; the text lists what was."""


class Person(MessageKinds, RoomDoings, SettingDoings, TopicDoings):
    """A logged-in client. `client` is the Telethon client itself for everything not here.

    `received` begins with the latest messages of every chat the account has already.
    """

    def __init__(
        self,
        account: Account,
        address: tuple[str, int],
        public_key: str,
        client_type: type[TelegramClient],
    ) -> None:
        """`address` is that of the data centre the account lives in."""
        self.account = account
        self.received: list[Received] = []
        self._known: set[tuple[int, tuple[int, ...]]] = set()
        self._edits: dict[tuple[int, tuple[int, ...]], tuple[Any, ...]] = {}
        self._news = asyncio.Condition()
        client_keys.add_key(public_key, old=False)
        session = MemorySession()
        session.set_dc(account.dc, *address)
        self.client = client_type(
            session,
            _API_ID,
            _API_HASH,
            device_model=PERSON_DEVICE,
            system_version="1",
            app_version="1",
            flood_sleep_threshold=0,
            retry_delay=0.1,
            request_retries=0,
            raise_last_call_error=True,
            connection_retries=None,
            sequential_updates=True,
            catch_up=True,
        )
        self.client.parse_mode = None

    async def start(self) -> None:
        """Connect and log in with the fixed code and, if there is one, the password."""
        self.client.add_event_handler(self._note, events.Raw())
        await self.client.connect()
        await self._log_in()
        await self._remember_history()

    async def _log_in(self) -> None:
        if self.account.bot:
            await self.client.sign_in(bot_token=self.account.bot_token)
            return
        phone = f"+{self.account.phone}"
        sent = await self.client.send_code_request(phone)
        try:
            await self.client.sign_in(phone, LOGIN_CODE, phone_code_hash=sent.phone_code_hash)
        except SessionPasswordNeededError:
            assert self.account.password is not None
            await self.client.sign_in(password=self.account.password.plain)

    async def _remember_history(self) -> None:
        if self.account.bot:
            return
        earlier: list[Received] = []
        async for dialog in self.client.iter_dialogs():
            found = await self.client.get_messages(dialog.input_entity, limit=_REMEMBERED)
            earlier.extend(of_message("message", message) for message in reversed(found))
        unseen = [one for one in earlier if (one.chat, one.ids) not in self._known]
        self.received[:0] = unseen
        self._known.update((one.chat, one.ids) for one in unseen)

    async def close(self) -> None:
        """Disconnect."""
        await self.client.disconnect()

    # -- doing

    async def send(
        self, to: str | int, text: str, *, markdown: bool = False, reply_to: int | None = None
    ) -> Any:
        """Send a text; with `markdown`, in Telethon's dialect. Returns the sent message."""
        return await self.client.send_message(
            await self.entity(to), text, reply_to=reply_to, parse_mode="md" if markdown else None
        )

    async def send_entities(self, to: str | int, text: str, entities: list[Any]) -> Any:
        """Send a text with given entities."""
        target = await self.entity(to)
        return await self.client.send_message(target, text, formatting_entities=entities)

    async def send_file(
        self,
        to: str | int,
        data: bytes,
        name: str,
        *,
        caption: str = "",
        as_document: bool = True,
    ) -> Any:
        """Send bytes as a document, or as a photo when `as_document` is false."""
        uploaded = await self.client.upload_file(data, file_name=name)
        return await self.client.send_file(
            await self.entity(to), uploaded, caption=caption, force_document=as_document
        )

    async def send_document(self, to: str | int, document: Any, caption: str = "") -> Any:
        """Send a document the network has already."""
        return await self.client.send_file(await self.entity(to), document, caption=caption)

    async def edit(self, chat: str | int, message_id: int, text: str) -> Any:
        """Change the text of an own message."""
        return await self.client.edit_message(await self.entity(chat), message_id, text)

    async def delete(self, chat: str | int, *message_ids: int) -> None:
        """Delete messages for everybody."""
        await self.client.delete_messages(await self.entity(chat), list(message_ids), revoke=True)

    async def react(self, chat: str | int, message_id: int, emoji: str | None) -> None:
        """React to a message, or take the reaction back with None."""
        chosen = [types.ReactionEmoji(emoji)] if emoji else []
        target = await self.entity(chat)
        await self.client(
            functions.messages.SendReactionRequest(target, message_id, reaction=chosen)
        )

    async def read(self, chat: str | int, up_to: int = 0) -> None:
        """Mark a chat as read, up to a message or wholly."""
        await self.client.send_read_acknowledge(await self.entity(chat), max_id=up_to)

    async def type(self, chat: str | int) -> None:
        """Show that a message is being written."""
        action = types.SendMessageTypingAction()
        target = await self.entity(chat)
        await self.client(functions.messages.SetTypingRequest(target, action))

    async def set_online(self, *, online: bool) -> None:
        """Show as online or offline."""
        await self.client(functions.account.UpdateStatusRequest(offline=not online))

    async def history(self, chat: str | int, limit: int = 100) -> list[Any]:
        """Return the latest messages of a chat, oldest first."""
        found = await self.client.get_messages(await self.entity(chat), limit=limit)
        return list(reversed(found))

    async def entity(self, name: str | int) -> Any:
        """Find a chat by id, phone, username or title, as a client would."""
        text = str(name)
        with contextlib.suppress(ValueError):
            return await self.client.get_input_entity(int(text) if text.isdecimal() else text)
        digits = text.removeprefix("+")
        if digits.isdecimal():
            # What is no phone may still be the id of a chat.
            with contextlib.suppress(RPCError):
                found = await self.client(functions.contacts.ResolvePhoneRequest(digits))
                return await self.client.get_input_entity(found.peer)
        async for dialog in self.client.iter_dialogs():
            bare = getattr(dialog.entity, "id", None)
            if text in {str(bare), dialog.name}:
                return dialog.input_entity
        raise ValueError(f"{self.account.first_name} knows no chat called {text!r}")

    # -- seeing

    async def wait_for(
        self,
        wanted: Callable[[Received], bool],
        timeout: float = 10,  # noqa: ASYNC109
    ) -> Received:
        """Return the first thing received, so far or soon, that fits.

        Raises `NeverHappenedError` after `timeout` seconds.
        """
        try:
            async with asyncio.timeout(timeout), self._news:
                while True:
                    found = next((one for one in self.received if wanted(one)), None)
                    if found is not None:
                        return found
                    await self._wait_for_news()
        except TimeoutError:
            seen = "\n".join(map(str, self.received)) or "nothing at all"
            raise NeverHappenedError(f"{self.account.first_name} received {seen}") from None

    async def _wait_for_news(self) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._news.wait()
        except TimeoutError:
            # After an automatic reconnect the library does not ask what it missed.
            await self.client.catch_up()

    async def wait_for_text(self, text: str, timeout: float = 10) -> Received:  # noqa: ASYNC109
        """Return the first message with exactly this text."""
        return await self.wait_for(lambda r: r.kind == "message" and r.text == text, timeout)

    async def _note(self, update: Any) -> None:
        seen = seen_in(update)
        if seen is None:
            return
        async with self._news:
            if seen.kind == "message":
                if (seen.chat, seen.ids) in self._known:
                    return
                self._known.add((seen.chat, seen.ids))
            if seen.kind == "edit":
                content = (
                    seen.date,
                    seen.text,
                    seen.media,
                    *map(bytes, update.message.entities or ()),
                )
                if self._edits.get((seen.chat, seen.ids)) == content:
                    return
                self._edits[seen.chat, seen.ids] = content
            self.received.append(seen)
            self._news.notify_all()
