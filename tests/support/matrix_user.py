# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a person does in Matrix: rooms, messages, files, typing, receipts."""

import io
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import nio  # type: ignore[import-untyped]

from tests.support.syncing_client import SyncingClient, accepted


class MatrixUser(SyncingClient):
    """A person with a real client. All calls raise `MatrixRequestError` when refused."""

    async def create_room(self, **options: Any) -> str:
        """Create a private room, with further arguments of nio's `room_create`; return its id."""
        return str(accepted(await self.client.room_create(**options)).room_id)

    async def create_dm(self, mxid: str) -> str:
        """Create a direct chat, invite `mxid`, note it in `m.direct`, and return the room's id."""
        room = await self.create_room(
            is_direct=True, preset=nio.RoomPreset.trusted_private_chat, invite=[mxid]
        )
        path = f"/_matrix/client/v3/user/{quote(self.mxid)}/account_data/m.direct"
        status, direct = await self.request("GET", path)
        direct = direct if status == 200 else {}
        direct.setdefault(mxid, []).append(room)
        await self.expect("PUT", path, direct)
        return room

    async def join(self, room: str) -> None:
        """Join by room id or alias."""
        accepted(await self.client.join(room))

    async def leave(self, room: str) -> None:
        """Leave the room or reject its invitation."""
        accepted(await self.client.room_leave(room))

    async def invite(self, room: str, mxid: str) -> None:
        """Invite somebody."""
        accepted(await self.client.room_invite(room, mxid))

    async def set_state(
        self, room: str, event_type: str, content: Mapping[str, Any], state_key: str = ""
    ) -> str:
        """Send a state event and return its id."""
        answer = await self.client.room_put_state(room, event_type, dict(content), state_key)
        return str(accepted(answer).event_id)

    async def send(
        self, room: str, event_type: str, content: Mapping[str, Any], txn_id: str | None = None
    ) -> str:
        """Send any event and return its id."""
        answer = await self.client.room_send(room, event_type, dict(content), tx_id=txn_id)
        return str(accepted(answer).event_id)

    async def say(self, room: str, text: str, html: str | None = None) -> str:
        """Send a text message and return its event id."""
        return await self.send(room, "m.room.message", _text(text, html))

    async def reply(self, room: str, to: str, text: str, html: str | None = None) -> str:
        """Send a text that replies to the event `to`, without quoting it."""
        relation = {"m.relates_to": {"m.in_reply_to": {"event_id": to}}}
        return await self.send(room, "m.room.message", _text(text, html) | relation)

    async def edit(self, room: str, event_id: str, text: str, html: str | None = None) -> str:
        """Replace the text of an own message."""
        content = {
            **_text(f"* {text}", None if html is None else f"* {html}"),
            "m.new_content": _text(text, html),
            "m.relates_to": {"rel_type": "m.replace", "event_id": event_id},
        }
        return await self.send(room, "m.room.message", content)

    async def react(self, room: str, event_id: str, key: str) -> str:
        """Annotate an event, usually with an emoji."""
        relation = {"rel_type": "m.annotation", "event_id": event_id, "key": key}
        return await self.send(room, "m.reaction", {"m.relates_to": relation})

    async def redact(self, room: str, event_id: str, reason: str | None = None) -> str:
        """Remove an event's content; returns the id of the redaction."""
        return str(accepted(await self.client.room_redact(room, event_id, reason)).event_id)

    async def upload(self, data: bytes, mimetype: str, name: str | None = None) -> str:
        """Put a file into the media repository and return its `mxc://` URI."""
        answer, _ = await self.client.upload(
            io.BytesIO(data), content_type=mimetype, filename=name, filesize=len(data)
        )
        return str(accepted(answer).content_uri)

    async def download(self, mxc: str) -> bytes:
        """Fetch a file from the media repository."""
        return bytes(accepted(await self.client.download(mxc)).body)

    async def send_file(
        self,
        room: str,
        data: bytes,
        name: str,
        mimetype: str = "application/octet-stream",
        *,
        msgtype: str = "m.file",
        caption: str | None = None,
        info: Mapping[str, Any] | None = None,
    ) -> str:
        """Upload and send a file; `info` adds to its mimetype and size."""
        content = {
            "msgtype": msgtype,
            "body": name if caption is None else caption,
            "filename": name,
            "url": await self.upload(data, mimetype, name),
            "info": {"mimetype": mimetype, "size": len(data), **(info or {})},
        }
        return await self.send(room, "m.room.message", content)

    async def send_image(
        self,
        room: str,
        data: bytes,
        name: str = "photo.png",
        mimetype: str = "image/png",
        *,
        caption: str | None = None,
        info: Mapping[str, Any] | None = None,
    ) -> str:
        """Upload and send an image; `info` may add `w` and `h` in pixels."""
        return await self.send_file(
            room, data, name, mimetype, msgtype="m.image", caption=caption, info=info
        )

    async def typing(self, room: str, typing: bool = True) -> None:
        """Show or hide the typing notice."""
        accepted(await self.client.room_typing(room, typing))

    async def read_in_thread(self, room: str, event_id: str, root: str) -> None:
        """Move the receipt of one thread."""
        await self._receipt("m.read", room, event_id, {"thread_id": root})

    async def read_privately(self, room: str, event_id: str) -> None:
        """Move the receipt that nobody else sees."""
        await self._receipt("m.read.private", room, event_id, {})

    async def _receipt(self, kind: str, room: str, event_id: str, body: Mapping[str, str]) -> None:
        path = f"/_matrix/client/v3/rooms/{quote(room)}/receipt/{kind}/{quote(event_id)}"
        await self.expect("POST", path, body)

    async def read(self, room: str, event_id: str) -> None:
        """Move the read receipt and the fully-read marker to the event."""
        accepted(await self.client.room_read_markers(room, event_id, event_id))


def _text(text: str, html: str | None) -> dict[str, Any]:
    content = {"msgtype": "m.text", "body": text}
    if html is not None:
        content |= {"format": "org.matrix.custom.html", "formatted_body": html}
    return content
