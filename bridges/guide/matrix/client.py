# SPDX-License-Identifier: AGPL-3.0-or-later
"""The only place that knows matrix-nio: sync, encryption, rooms, sending.

Devices of people are not verified: the guide talks to whoever may speak for their account on this
homeserver, as the homeserver's other services do.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import nio  # type: ignore[import-untyped]
from attrs import frozen
from mautrix.types import EventID, RoomID, UserID

from bridges.core.egress.border import Border
from bridges.core.egress.http import GuardedConnector
from bridges.guide.archives.attachment import Locking
from bridges.guide.matrix.errors import GuideRefused, GuideUnavailable, LoggedOut
from bridges.guide.matrix.events import Batch, Invitation, Message, Unreadable

Json = dict[str, Any]

_LISTEN_SECONDS = 30
_CONNECTIONS = 16
_REQUEST_SECONDS = 60
_KEYS = "keys.db"
_PIECE = 256 * 1024

_FILTER: Json = {
    "presence": {"types": []},
    "account_data": {"types": []},
    "room": {"timeline": {"limit": 200}, "ephemeral": {"types": []}, "account_data": {"types": []}},
}


@frozen
class Identity:
    """Who the guide is and on which device."""

    mxid: UserID
    device: str
    token: str


def keys_of(folder: Path) -> Path:
    """Give where the keys of the guide's device lie."""
    return folder / _KEYS


class MatrixClient:
    """A logged-in user with end-to-end encryption.

    All requests raise ``GuideRefused``, ``GuideUnavailable`` and ``LoggedOut``.
    """

    def __init__(self, client: nio.AsyncClient, random: Callable[[int], bytes]) -> None:
        self._nio = client
        self._random = random
        self._heard = asyncio.Event()
        """Set once it is known who is in which room, and which rooms are encrypted."""

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, mxid: UserID, folder: Path, pickle_key: str, border: Border
    ) -> AsyncIterator["MatrixClient"]:
        """Have a client for the time of the block; it is not logged in yet."""
        # It tells of keys and of contents that it cannot read.
        logging.getLogger("nio").setLevel(logging.CRITICAL)
        config = nio.AsyncClientConfig(
            encryption_enabled=True,
            pickle_key=pickle_key,
            store_name=_KEYS,
            max_timeouts=2,
            max_limit_exceeded=10,
            request_timeout=_REQUEST_SECONDS,
        )
        client = nio.AsyncClient(url, mxid, store_path=str(folder), config=config)
        connector = GuardedConnector(border, url, _CONNECTIONS)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            client.client_session = session
            yield cls(client, os.urandom)

    # -- Logging in

    async def log_in(self, password: str, name: str) -> Identity:
        """Begin with a new device called ``name``."""
        answer = _accepted(await self._asked(self._nio.login(password, device_name=name)))
        return Identity(UserID(answer.user_id), answer.device_id, answer.access_token)

    async def resume(self, token: str) -> Identity:
        """Go on with the device of a token."""
        self._nio.access_token = token
        answer = _accepted(await self._asked(self._nio.whoami()))
        if not answer.device_id:
            raise GuideRefused("the access token has no device")
        self._nio.restore_login(answer.user_id, answer.device_id, token)
        return Identity(UserID(answer.user_id), answer.device_id, token)

    async def set_name(self, name: str) -> None:
        """Be called so."""
        _accepted(await self._asked(self._nio.set_displayname(name)))

    async def picture(self) -> str | None:
        """Give the address of the picture people see."""
        uri: str | None = _accepted(await self._asked(self._nio.get_profile())).avatar_url
        return uri

    async def set_picture(self, uri: str) -> None:
        """Be seen so."""
        _accepted(await self._asked(self._nio.set_avatar(uri)))

    async def publish(self, name: str, mime: str, data: bytes) -> str:
        """Store a file that anybody may see; give its address."""
        uploading = self._nio.upload(lambda *_: data, mime, name, filesize=len(data))
        answer, _ = await self._asked(uploading)
        return str(_accepted(answer).content_uri)

    # -- Hearing

    async def listen(self, since: str | None, *, first: bool) -> Batch:
        """Give what has happened since, waiting for half a minute if that is nothing.

        The ``first`` time it does not wait, and learns who is in which room. Without ``since``
        nothing that was said before is given.
        """
        if self._nio.should_upload_keys:
            await self._asked(self._nio.keys_upload())
        sync = self._nio.sync(
            0 if first else _LISTEN_SECONDS * 1000, _FILTER, since, full_state=first or None
        )
        answer = _accepted(await self._asked(sync))
        await self._keep_keys()
        self._heard.set()
        return Batch(
            answer.next_batch,
            tuple(self._invitations(answer)),
            () if since is None else tuple(self._messages(answer)),
            tuple(RoomID(room) for room in answer.rooms.join),
        )

    def members(self, room: RoomID) -> set[UserID]:
        """Give who is in a room or invited to it, as far as was heard."""
        known = self._nio.rooms.get(room)
        return set() if known is None else {UserID(one) for one in known.users}

    def decrypted(self, before: Unreadable) -> Message | None:
        """Try once more to decrypt a message; None if its key is still not here."""
        event = nio.Event.parse_encrypted_event(dict(before.source))
        event.room_id = before.room
        try:
            found = self._nio.decrypt_event(event)
        except nio.EncryptionError:
            return None
        device = self._device(found, before.room)
        return Message(before.event, before.room, before.sender, _content(found.source), device)

    def room_with(self, person: UserID) -> RoomID | None:
        """Give a room where somebody is alone with the guide, as far as was heard."""
        both = {self._nio.user_id, person}
        for room, known in sorted(self._nio.rooms.items()):
            if set(known.users) == both and not known.users[person].invited:
                return RoomID(room)
        return None

    async def is_sealed_with(self, room: RoomID, person: UserID) -> bool:
        """Tell whether a room is encrypted and nobody is there or invited but the guide and somebody."""
        await self._heard.wait()
        known = self._nio.rooms.get(room)
        both = {self._nio.user_id, person}
        return known is not None and known.encrypted and set(known.users) == both

    # -- Doing

    async def join(self, room: RoomID) -> None:
        """Accept an invitation."""
        _accepted(await self._asked(self._nio.join(room)))

    async def leave(self, room: RoomID) -> None:
        """Leave a room or refuse an invitation, and forget it."""
        _accepted(await self._asked(self._nio.room_leave(room)))
        await self._asked(self._nio.room_forget(room))

    async def send(self, room: RoomID, content: Json, txn: str) -> EventID:
        """Send an ``m.room.message``, encrypted where the room is; the same ``txn`` is sent once.

        It waits until something was heard, as all that need to know rooms do.
        """
        await self._heard.wait()
        sent = self._nio.room_send(
            room, "m.room.message", content, txn, ignore_unverified_devices=True
        )
        return EventID(_accepted(await self._asked(sent)).event_id)

    async def upload(self, room: RoomID, name: str, mime: str, data: bytes | Path) -> Json:
        """Store a file for a room, encrypted where the room is; give the content that shows it."""
        await self._heard.wait()
        known = self._nio.rooms.get(room)
        sealed = known is not None and known.encrypted
        size = await asyncio.to_thread(_size, data)
        locking = Locking(self._random)

        def pieces(*_: int) -> AsyncIterator[bytes]:
            # Not by nio: it learns the hash behind the last piece, and an answer may come before that.
            nonlocal locking
            locking = Locking(self._random)
            return _pieces(data, locking.seal if sealed else bytes)

        kind = "application/octet-stream" if sealed else mime
        uploading = self._nio.upload(pieces, kind, None if sealed else name, filesize=size)
        answer, _ = await self._asked(uploading)
        uri = _accepted(answer).content_uri
        info = {"mimetype": mime, "size": size}
        shown: Json = {"msgtype": "m.file", "body": name, "filename": name, "info": info}
        return shown | ({"file": locking.file(uri)} if sealed else {"url": uri})

    @asynccontextmanager
    async def download(self, uri: str) -> AsyncIterator[aiohttp.ClientResponse]:
        """Have a file of the homeserver open for reading, as it lies there."""
        server, _, media = uri.removeprefix("mxc://").partition("/")
        url = f"{self._nio.homeserver}/_matrix/client/v1/media/download/{server}/{media}"
        headers = {"Authorization": f"Bearer {self._nio.access_token}"}
        try:
            async with self._nio.client_session.get(url, headers=headers) as response:
                if response.status >= 500 or response.status == 429:
                    raise GuideUnavailable(str(response.status))
                if response.status != 200:
                    raise GuideRefused(str(response.status))
                yield response
        except (aiohttp.ClientError, TimeoutError) as error:
            raise GuideUnavailable(type(error).__name__) from error

    async def largest_upload(self) -> int | None:
        """Tell how many bytes a file may have (``GET /media/config``); None if there is no limit."""
        url = f"{self._nio.homeserver}/_matrix/client/v1/media/config"
        headers = {"Authorization": f"Bearer {self._nio.access_token}"}
        try:
            async with self._nio.client_session.get(url, headers=headers) as response:
                if response.status != 200:
                    raise GuideUnavailable(str(response.status))
                answer = await response.json()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise GuideUnavailable(type(error).__name__) from error
        size = answer.get("m.upload.size") if isinstance(answer, dict) else None
        return size if isinstance(size, int) else None

    # -- Inside

    async def _keep_keys(self) -> None:
        """Do what encryption asks for between two syncs."""
        client = self._nio
        await self._asked(client.send_to_device_messages())
        if client.should_upload_keys:
            await self._asked(client.keys_upload())
        if client.should_query_keys:
            await self._asked(client.keys_query())
        if client.should_claim_keys:
            await self._asked(client.keys_claim(client.get_users_for_key_claiming()))

    async def _asked(self, request: Any) -> Any:
        try:
            return await request
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise GuideUnavailable(type(error).__name__) from error
        except nio.LocalProtocolError as error:
            raise GuideRefused(type(error).__name__) from error

    def _device(self, event: Any, room: str) -> str | None:
        """Give on which of its sender's devices an event was encrypted, by the keys of both."""
        if not event.decrypted:
            return None
        store = self._nio.olm.inbound_group_store
        session = store.get(room, event.sender_key, event.session_id)
        if session is None or session.forwarding_chain:
            return None
        keys = event.sender_key, session.ed25519
        devices = self._nio.device_store.active_user_devices(event.sender)
        found = (str(one.id) for one in devices if (one.curve25519, one.ed25519) == keys)
        return next(found, None)

    def _invitations(self, answer: Any) -> Iterator[Invitation]:
        for room, info in answer.rooms.invite.items():
            for event in info.invite_state:
                if (
                    isinstance(event, nio.InviteMemberEvent)
                    and event.state_key == self._nio.user_id
                ):
                    yield Invitation(RoomID(room), UserID(event.sender))

    def _messages(self, answer: Any) -> Iterator[Message | Unreadable]:
        for room, info in answer.rooms.join.items():
            for event in info.timeline.events:
                # Some have not even a sender.
                if isinstance(event, nio.UnknownBadEvent) or event.sender == self._nio.user_id:
                    continue
                place = EventID(event.event_id), RoomID(room), UserID(event.sender)
                if isinstance(event, nio.MegolmEvent):
                    yield Unreadable(*place, event.source)
                elif event.source.get("type") == "m.room.message":
                    yield Message(*place, _content(event.source), self._device(event, room))


def _size(data: bytes | Path) -> int:
    return len(data) if isinstance(data, bytes) else data.stat().st_size


async def _pieces(data: bytes | Path, changed: Callable[[bytes], bytes]) -> AsyncIterator[bytes]:
    """Give a file piece by piece, each changed."""
    if isinstance(data, bytes):
        yield changed(data)
        return
    with await asyncio.to_thread(data.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield changed(piece)


def _content(source: Json) -> Json:
    """Give the content of an event, which may be anything if it was encrypted."""
    content = source.get("content")
    return content if isinstance(content, dict) else {}


def _accepted(answer: Any) -> Any:
    """Give an answer that is no error."""
    if not isinstance(answer, nio.ErrorResponse):
        return answer
    status = str(answer.status_code or "")
    text = f"{status} {answer.message}".strip()
    if status == "M_UNKNOWN_TOKEN":
        raise LoggedOut(text)
    if status.startswith("M_") and status not in {"M_LIMIT_EXCEEDED", "M_UNKNOWN"}:
        raise GuideRefused(text)
    raise GuideUnavailable(text)
