# SPDX-License-Identifier: AGPL-3.0-or-later
"""The client-server API as an application service uses it.

Only what the bridge needs, straight on aiohttp: every send names its user, its device and its
transaction id, which is what makes it idempotent over a restart of the homeserver (MSC3202 and
MSC4326 device masquerading), and a message costs one request and nothing else.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
from attrs import frozen
from mautrix.types import EventID, RoomID, UserID
from yarl import URL

from bridges.core.keyed_locks import KeyedLocks
from bridges.core.matrix.errors import FileTooLarge, HomeserverRefused
from bridges.core.matrix.histories import Histories
from bridges.core.matrix.transport import Transport

Json = dict[str, Any]

_TIMEOUT = aiohttp.ClientTimeout(total=120, sock_connect=10)
_MEDIA_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=120)
_CHUNK = 256 * 1024


@frozen
class MatrixSender:
    """A user the bridge acts as. With a device, transaction ids hold over a restart of Synapse.

    ``is_person``: neither a ghost nor the bot, so that double puppeting's own token is needed.
    """

    mxid: UserID
    device: str | None = None
    is_person: bool = False


class Homeserver:
    """Requests to one homeserver with one application service's token.

    Every method raises ``HomeserverUnavailable`` (repeat later) and ``HomeserverRefused``.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        token: str,
        person_token: str | None,
        user: UserID,
        other_tokens: Sequence[str] = (),
    ) -> None:
        """``url`` is the base of the client API, without a slash at the end.

        ``token`` acts for ghosts and the bot, ``person_token`` for people of the homeserver.

        ``user`` is whose uploads, downloads and questions they are that are nobody's in particular.

        ``other_tokens`` are those of application services whose ghosts speak in histories too.
        """
        self._transport = Transport(session, url, token)
        self._user = user
        self._person_headers = {"Authorization": f"Bearer {person_token}"}
        # State that is set at the same time may be lost when the homeserver resolves it.
        self._turns: KeyedLocks[RoomID] = KeyedLocks()
        self.histories = Histories(self._transport, person_token, other_tokens)
        """What our module for histories is asked, where the homeserver loads it."""

    @property
    def failures(self) -> int:
        """How many requests got no answer, or that the homeserver has failed."""
        return self._transport.failures

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        url: str,
        token: str,
        person_token: str | None,
        user: UserID,
        connector: aiohttp.BaseConnector,
    ) -> AsyncIterator["Homeserver"]:
        """Open with the connections of ``connector``, which is closed at the end."""
        async with aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT) as session:
            yield cls(session, url, token, person_token, user)

    # -- Messages and state

    async def send(
        self,
        sender: MatrixSender,
        room: RoomID,
        event_type: str,
        content: Mapping[str, Any],
        txn: str,
        timestamp: int | None = None,
    ) -> EventID:
        """Send a message event; ``timestamp`` (ms) sets its time (application service API)."""
        path = f"/v3/rooms/{quote(room)}/send/{event_type}/{quote(txn, safe='')}"
        params = {} if timestamp is None else {"ts": str(timestamp)}
        answer = await self._call("PUT", path, sender, content, params)
        return EventID(answer["event_id"])

    async def redact(
        self,
        sender: MatrixSender,
        room: RoomID,
        event: EventID,
        txn: str,
        content: Json | None = None,
    ) -> EventID:
        """Redact an event."""
        path = f"/v3/rooms/{quote(room)}/redact/{quote(event)}/{quote(txn, safe='')}"
        answer = await self._call("PUT", path, sender, content or {})
        return EventID(answer["event_id"])

    async def set_state(
        self, sender: MatrixSender, room: RoomID, event_type: str, key: str, content: Json
    ) -> None:
        """Set one state event."""
        path = f"/v3/rooms/{quote(room)}/state/{event_type}/{quote(key, safe='')}"
        async with self._turns.hold(room):
            await self._call("PUT", path, sender, content)

    async def get_state_event(
        self, sender: MatrixSender, room: RoomID, event_type: str, key: str = ""
    ) -> Json | None:
        """The content of one state event; None if there is none."""
        path = f"/v3/rooms/{quote(room)}/state/{event_type}/{quote(key, safe='')}"
        try:
            content: Json = await self._call("GET", path, sender)
        except HomeserverRefused as refused:
            if refused.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return content

    async def get_state(self, sender: MatrixSender, room: RoomID) -> list[Json]:
        """All state events of a room."""
        events: list[Json] = await self._call("GET", f"/v3/rooms/{quote(room)}/state", sender)
        return events

    async def typing(self, sender: MatrixSender, room: RoomID, milliseconds: int) -> None:
        """Start typing for a while, or stop if it is 0."""
        path = f"/v3/rooms/{quote(room)}/typing/{quote(sender.mxid)}"
        body = {"typing": milliseconds > 0, "timeout": milliseconds}
        await self._call("PUT", path, sender, body)

    async def presence(self, sender: MatrixSender, *, is_online: bool) -> None:
        """Say whether a user is online; nothing comes of it where the homeserver tracks nobody."""
        path = f"/v3/presence/{quote(sender.mxid)}/status"
        await self._call("PUT", path, sender, {"presence": "online" if is_online else "offline"})

    async def read(self, sender: MatrixSender, room: RoomID, event: EventID) -> None:
        """Mark a room with all its threads as read up to an event.

        A person's own marker moves as well; clients begin at it when the room is opened.
        """
        markers = {"m.read": event}
        if sender.is_person:
            markers["m.fully_read"] = event
        await self._call("POST", f"/v3/rooms/{quote(room)}/read_markers", sender, markers)

    # -- Rooms and members

    async def create_room(self, sender: MatrixSender, request: Json) -> RoomID:
        """Create a room (``POST /createRoom``)."""
        answer = await self._call("POST", "/v3/createRoom", sender, request)
        return RoomID(answer["room_id"])

    async def joined_rooms(self, sender: MatrixSender) -> list[RoomID]:
        """Rooms a user is in."""
        answer = await self._call("GET", "/v3/joined_rooms", sender)
        return [RoomID(room) for room in answer["joined_rooms"]]

    async def joined_members(self, sender: MatrixSender, room: RoomID) -> list[UserID]:
        """Who is in a room."""
        answer = await self._call("GET", f"/v3/rooms/{quote(room)}/joined_members", sender)
        return [UserID(user) for user in answer["joined"]]

    async def invite(self, sender: MatrixSender, room: RoomID, user: UserID) -> None:
        """Invite a user; being invited or joined already is no error."""
        path = f"/v3/rooms/{quote(room)}/invite"
        try:
            async with self._turns.hold(room):
                await self._call("POST", path, sender, {"user_id": user})
        except HomeserverRefused as refused:
            if not await self._has_member(sender, room, user, refused):
                raise

    async def _has_member(
        self, sender: MatrixSender, room: RoomID, user: UserID, refused: HomeserverRefused
    ) -> bool:
        if refused.status != HTTPStatus.FORBIDDEN:
            return False
        path = f"/v3/rooms/{quote(room)}/state/m.room.member/{quote(user)}"
        try:
            member = await self._call("GET", path, sender)
        except HomeserverRefused:
            return False
        return member.get("membership") in ("invite", "join")

    async def join(self, sender: MatrixSender, room: RoomID) -> None:
        """Join a room."""
        async with self._turns.hold(room):
            await self._call("POST", f"/v3/join/{quote(room)}", sender, {})

    async def leave(self, sender: MatrixSender, room: RoomID, reason: str = "") -> None:
        """Leave a room or reject an invite."""
        body = {"reason": reason} if reason else {}
        async with self._turns.hold(room):
            await self._call("POST", f"/v3/rooms/{quote(room)}/leave", sender, body)

    async def forget(self, sender: MatrixSender, room: RoomID) -> None:
        """Forget a room that was left."""
        await self._call("POST", f"/v3/rooms/{quote(room)}/forget", sender, {})

    async def kick(self, sender: MatrixSender, room: RoomID, user: UserID, reason: str) -> None:
        """Remove a member."""
        body = {"user_id": user, "reason": reason}
        async with self._turns.hold(room):
            await self._call("POST", f"/v3/rooms/{quote(room)}/kick", sender, body)

    async def ban(self, sender: MatrixSender, room: RoomID, user: UserID) -> None:
        """Keep a user out for good; a member is removed."""
        async with self._turns.hold(room):
            await self._call("POST", f"/v3/rooms/{quote(room)}/ban", sender, {"user_id": user})

    async def unban(self, sender: MatrixSender, room: RoomID, user: UserID) -> None:
        """Let a user come back; one who is not banned is no error."""
        path = f"/v3/rooms/{quote(room)}/unban"
        try:
            async with self._turns.hold(room):
                await self._call("POST", path, sender, {"user_id": user})
        except HomeserverRefused as refused:
            if refused.errcode != "M_BAD_STATE":
                raise

    async def default_room_version(self) -> str:
        """The version new rooms get."""
        answer = await self._call("GET", "/v3/capabilities", MatrixSender(self._user))
        return str(answer["capabilities"]["m.room_versions"]["default"])

    # -- Users

    async def register(self, localpart: str) -> None:
        """Register a user of our namespaces, without logging it in; existing is no error."""
        body = {
            "type": "m.login.application_service",
            "username": localpart,
            "inhibit_login": True,
        }
        try:
            await self._call("POST", "/v3/register", None, body)
        except HomeserverRefused as refused:
            if refused.errcode != "M_USER_IN_USE":
                raise

    async def create_device(self, sender: MatrixSender, device: str, name: str) -> None:
        """Make a device for a user (MSC4190), or rename it if it exists."""
        path = f"/v3/devices/{quote(device)}"
        await self._call("PUT", path, sender, {"display_name": name})

    async def set_displayname(self, sender: MatrixSender, name: str) -> None:
        """Set a user's name."""
        path = f"/v3/profile/{quote(sender.mxid)}/displayname"
        await self._call("PUT", path, sender, {"displayname": name})

    async def set_avatar(self, sender: MatrixSender, uri: str) -> None:
        """Set a user's picture; an empty ``uri`` removes it."""
        path = f"/v3/profile/{quote(sender.mxid)}/avatar_url"
        await self._call("PUT", path, sender, {"avatar_url": uri})

    async def profile(self, sender: MatrixSender, user: UserID) -> Json | None:
        """What a user shows of themselves; None if there is no such user."""
        try:
            found: Json = await self._call("GET", f"/v3/profile/{quote(user)}", sender)
        except HomeserverRefused as refused:
            if refused.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return found

    async def get_account_data(
        self, sender: MatrixSender, name: str, room: RoomID | None = None
    ) -> Json:
        """A user's account data, global or of a room; empty if there is none."""
        try:
            data: Json = await self._call("GET", _account_data(sender, name, room), sender)
        except HomeserverRefused as refused:
            if refused.status == HTTPStatus.NOT_FOUND:
                return {}
            raise
        return data

    async def set_account_data(
        self, sender: MatrixSender, name: str, data: Json, room: RoomID | None = None
    ) -> None:
        """Replace a user's account data, global or of a room."""
        await self._call("PUT", _account_data(sender, name, room), sender, data)

    async def set_tag(
        self, sender: MatrixSender, room: RoomID, tag: str, content: Json | None
    ) -> None:
        """Put a room under a user's tag, or take it out if ``content`` is None."""
        path = f"/v3/user/{quote(sender.mxid)}/rooms/{quote(room)}/tags/{quote(tag)}"
        await self._call("DELETE" if content is None else "PUT", path, sender, content)

    async def set_push_rule(
        self, sender: MatrixSender, kind: str, rule: str, content: Json | None
    ) -> None:
        """Set one of a user's push rules, or remove it if ``content`` is None and it is there."""
        path = f"/v3/pushrules/global/{kind}/{quote(rule, safe='')}"
        try:
            await self._call("DELETE" if content is None else "PUT", path, sender, content)
        except HomeserverRefused as refused:
            if content is not None or refused.status != HTTPStatus.NOT_FOUND:
                raise

    # -- Events that were missed

    async def sync(self, sender: MatrixSender, since: str | None, sync_filter: Json) -> Json:
        """One ``/sync`` that returns at once."""
        params = {"timeout": "0", "filter": json.dumps(sync_filter), "set_presence": "offline"}
        if since is not None:
            params["since"] = since
        answer: Json = await self._call("GET", "/v3/sync", sender, None, params)
        return answer

    async def event(self, sender: MatrixSender, room: RoomID, event: EventID) -> Json:
        """One event of a room."""
        path = f"/v3/rooms/{quote(room)}/event/{quote(event)}"
        found: Json = await self._call("GET", path, sender)
        return found

    async def events_before(
        self, sender: MatrixSender, room: RoomID, event: EventID, limit: int
    ) -> list[Json]:
        """The events of a room up to and including one, newest first; ``limit`` more than it."""
        path = f"/v3/rooms/{quote(room)}/context/{quote(event)}"
        # The limit is for both sides of the event.
        answer = await self._call("GET", path, sender, None, {"limit": str(2 * limit)})
        return [answer["event"], *answer["events_before"]]

    async def page(
        self, sender: MatrixSender, room: RoomID, start: str | None, limit: int
    ) -> tuple[list[Json], str | None]:
        """Some of a room's events, newest first, and where older ones begin, if there are any.

        ``start`` is what the page before has given; None begins with the newest event.
        """
        params = {"dir": "b", "limit": str(limit)}
        if start is not None:
            params["from"] = start
        path = f"/v3/rooms/{quote(room)}/messages"
        answer = await self._call("GET", path, sender, None, params)
        return answer["chunk"], answer.get("end")

    async def messages_between(
        self, sender: MatrixSender, room: RoomID, newest: str, oldest: str, event_filter: Json
    ) -> list[Json]:
        """A room's events between two stream tokens, oldest first, however many pages."""
        found: list[Json] = []
        token: str | None = newest
        while token is not None:
            params = {
                "dir": "b",
                "from": token,
                "to": oldest,
                "limit": "100",
                "filter": json.dumps(event_filter),
            }
            path = f"/v3/rooms/{quote(room)}/messages"
            page = await self._call("GET", path, sender, None, params)
            found.extend(page["chunk"])
            token = page.get("end")
        found.reverse()
        return found

    # -- Application service and media

    async def ping(self, appservice: str) -> None:
        """Ask the homeserver to reach us; it also retries held transactions at once (MSC2659)."""
        await self._call("POST", f"/v1/appservice/{quote(appservice)}/ping", None, {})

    async def upload_limit(self) -> int | None:
        """How many bytes a file may have; None if that is not told."""
        answer = await self._call("GET", "/v1/media/config", MatrixSender(self._user))
        limit = answer.get("m.upload.size")
        return limit if isinstance(limit, int) else None

    async def upload(self, source: Path, mime: str, name: str) -> str:
        """Upload a file from disk, streamed; returns its ``mxc://`` address."""
        url = URL(f"{self._transport.url}/_matrix/media/v3/upload").with_query(
            filename=name, user_id=self._user
        )
        with source.open("rb") as file:
            async with self._transport.request(
                "POST",
                url,
                data=file,
                headers={"Content-Type": mime},
                timeout=_MEDIA_TIMEOUT,
            ) as response:
                answer = await response.json()
        return str(answer["content_uri"])

    async def download(self, uri: str, target: Path, max_size: int) -> int:
        """Download a file to disk, streamed; returns its size in bytes.

        Raises ``FileTooLarge`` if there are more than ``max_size`` bytes.
        """
        server, _, media = uri.removeprefix("mxc://").partition("/")
        path = f"/_matrix/client/v1/media/download/{quote(server)}/{quote(media)}"
        size = 0
        url = URL(self._transport.url + path, encoded=True).with_query(user_id=self._user)
        async with self._transport.request("GET", url, timeout=_MEDIA_TIMEOUT) as response:
            with target.open("wb") as file:
                async for chunk in response.content.iter_chunked(_CHUNK):
                    size += len(chunk)
                    if size > max_size:
                        raise FileTooLarge(max_size)
                    await asyncio.to_thread(file.write, chunk)
        return size

    # -- The policy of a homeserver with our module

    async def policy(self) -> Json | None:
        """The policy in force; None if the homeserver has none."""
        return await self._policy("", {})

    async def policy_refusals(self, user: UserID) -> list[Json] | None:
        """What the policy refused to somebody lately; None if there is no policy.

        Refused unless the bot is in a room with them.
        """
        answer = await self._policy("/why", {"person": user, "user_id": self._user})
        return None if answer is None else list(answer["refusals"])

    async def _policy(self, path: str, query: Mapping[str, str]) -> Json | None:
        url = URL(f"{self._transport.url}/_karvon/policy{path}", encoded=True).with_query(query)
        try:
            async with self._transport.request("GET", url) as response:
                answer: Json = await response.json()
        except HomeserverRefused as refused:
            if refused.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return answer

    # -- Transport

    async def _call(
        self,
        method: str,
        path: str,
        sender: MatrixSender | None,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Any:
        query = dict(params or {})
        headers: Mapping[str, str] = {}
        if sender is not None:
            if sender.is_person:
                headers = self._person_headers
            query["user_id"] = sender.mxid
            if sender.device is not None:
                query["device_id"] = sender.device
        url = URL(f"{self._transport.url}/_matrix/client{path}", encoded=True).with_query(query)
        async with self._transport.request(method, url, headers=headers, json=body) as response:
            return await response.json()


def _account_data(sender: MatrixSender, name: str, room: RoomID | None = None) -> str:
    place = "" if room is None else f"/rooms/{quote(room)}"
    return f"/v3/user/{quote(sender.mxid)}{place}/account_data/{quote(name)}"
