# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a person does in channels, and what they see of them: nothing there is encrypted."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from attrs import define, field, frozen
from pyaileys.proto import WAProto_pb2
from pyaileys.wabinary.types import BinaryNode

from sandbox.whatsapp.jids import SERVER, Jid
from sandbox.whatsapp.person_client import DeniedError, PersonClient, child, children, element
from sandbox.whatsapp.person_files import Files
from sandbox.whatsapp.person_view import text_of

_CREATE, _FETCH, _FOLLOWED = "6234210096708695", "6563316087068696", "6388546374527196"
_UPDATE, _FOLLOW, _UNFOLLOW = "7150902998257522", "9926858900719341", "6392786840836363"
_MUTE, _UNMUTE = "6274038279359549", "6068417879924485"
_EDITED, _TAKEN_AWAY, _REACTION_TAKEN_BACK = "3", "8", "7"


@frozen
class SeenChannel:
    """A channel as somebody sees it; `role` is owner, subscriber or guest."""

    jid: Jid
    name: str
    description: str
    role: str
    followers: int
    muted: bool
    invite: str


@define
class SeenPost:
    """Something posted, with the counters everybody sees."""

    id: str
    number: int
    message: Any
    views: int = 0
    reactions: dict[str, int] = field(factory=dict)

    @property
    def text(self) -> str:
        """What there is to read."""
        return text_of(self.message)


@frozen
class ChannelDoings:
    """The channels in the hands of one person. Everything raises `DeniedError`.

    Attributes:
        arrived: what came by itself, by channel, newest last; what was changed is there as it is now.
    """

    client: PersonClient
    files: Files
    arrived: dict[Jid, list[SeenPost]] = field(factory=dict, init=False)

    async def create(self, name: str, description: str = "") -> Jid:
        """Open a channel."""
        wanted = {"newsletter_input": {"name": name, "description": description}}
        answer = await self._graph(_CREATE, wanted)
        return _seen(answer["xwa2_newsletter_create"]).jid

    async def describe(
        self, channel: Jid, name: str, description: str, picture: bytes = b""
    ) -> None:
        """Give an own channel another name and description, and a picture."""
        updates = {"name": name, "description": description}
        if picture:
            updates["picture"] = base64.b64encode(picture).decode()
        await self._graph(_UPDATE, {"newsletter_id": str(channel), "updates": updates})

    async def see(self, channel: Jid) -> SeenChannel:
        """Ask about a channel."""
        wanted = {"input": {"key": str(channel), "type": "JID"}, "fetch_viewer_metadata": True}
        return _seen((await self._graph(_FETCH, wanted))["xwa2_newsletter"])

    async def followed(self) -> list[SeenChannel]:
        """All channels the person follows."""
        answer = await self._graph(_FOLLOWED, {})
        return [_seen(one) for one in answer["xwa2_newsletter_subscribed"]]

    async def follow(self, channel: Jid, *, follow: bool = True) -> None:
        """Follow a channel, or no longer."""
        operation = _FOLLOW if follow else _UNFOLLOW
        await self._graph(operation, {"newsletter_id": str(channel)})

    async def mute(self, channel: Jid, *, muted: bool = True) -> None:
        """Have no notifications of a channel, or have them again."""
        await self._graph(_MUTE if muted else _UNMUTE, {"newsletter_id": str(channel)})

    async def post(self, channel: Jid, text: str) -> SeenPost:
        """Write into an own channel."""
        message = WAProto_pb2.Message()
        message.extendedTextMessage.text = text
        return await self._post(channel, message)

    async def post_picture(self, channel: Jid, data: bytes, mime: str, caption: str) -> SeenPost:
        """Show a picture in an own channel."""
        message = WAProto_pb2.Message()
        for name, value in (await self.files.put_open("image", data, mime)).items():
            setattr(message.imageMessage, name, value)
        message.imageMessage.caption = caption
        return await self._post(channel, message, "image")

    async def edit(self, channel: Jid, post: SeenPost, text: str) -> None:
        """Change an own post."""
        message = WAProto_pb2.Message()
        message.extendedTextMessage.text = text
        attrs = {"id": post.id, "to": str(channel), "type": "text", "edit": _EDITED}
        await self._put(attrs, element("plaintext", message.SerializeToString()))

    async def take_away(self, channel: Jid, post: SeenPost) -> None:
        """Take an own post away."""
        attrs = {"id": post.id, "to": str(channel), "type": "text", "edit": _TAKEN_AWAY}
        await self._put(attrs, element("plaintext", b""))

    async def react(self, channel: Jid, number: int, emoji: str) -> None:
        """React to a post; an empty reaction takes it back."""
        attrs = {"to": str(channel), "server_id": str(number), "type": "reaction"}
        reaction = element("reaction")
        if emoji:
            reaction.attrs["code"] = emoji
        else:
            attrs["edit"] = _REACTION_TAKEN_BACK
        await self._put(attrs, reaction)

    async def view(self, channel: Jid, *numbers: int) -> None:
        """Be counted as having seen posts."""
        items = [element("item", server_id=str(one)) for one in numbers]
        attrs = {"to": str(channel), "type": "view", "id": self.client.new_id()}
        await self.client.tell("receipt", attrs, element("list", items))

    async def posts(self, channel: Jid, count: int = 50, before: int = 0) -> list[SeenPost]:
        """Ask for posts, oldest first."""
        asked = element("messages", type="jid", jid=str(channel), count=str(count))
        if before:
            asked.attrs["before"] = str(before)
        answer = await self.client.ask("get", "newsletter", str(SERVER), asked)
        return [_post(one) for one in children(child(answer, "messages"))]

    def take(self, stanza: BinaryNode) -> None:
        """Show what came by itself."""
        channel = Jid.parse(stanza.attrs["from"])
        posts = self.arrived.setdefault(channel, [])
        posts[:] = [one for one in posts if one.id != stanza.attrs["id"]]
        if stanza.attrs.get("edit") != _TAKEN_AWAY:
            posts.append(_post(stanza))

    async def _post(self, channel: Jid, message: Any, media: str = "") -> SeenPost:
        attrs = {"to": str(channel), "type": "media" if media else "text"}
        about = {"mediatype": media} if media else {}
        body = element("plaintext", message.SerializeToString(), **about)
        confirmed = await self._put(attrs, body)
        return SeenPost(confirmed.attrs["id"], int(confirmed.attrs["server_id"]), message)

    async def _put(self, attrs: Mapping[str, str], body: BinaryNode) -> BinaryNode:
        confirmed = await self.client.put({"id": self.client.new_id(), **attrs}, body)
        if confirmed.attrs.get("error"):
            raise DeniedError(confirmed.attrs["error"])
        return confirmed

    async def _graph(self, operation: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        body = json.dumps({"variables": variables}).encode()
        asked = element("query", body, query_id=operation)
        answer = await self.client.ask("get", "w:mex", str(SERVER), asked)
        content = child(answer, "result").content
        assert isinstance(content, bytes)
        told = json.loads(content)
        if told.get("errors"):
            raise DeniedError(str(told["errors"][0]["extensions"]["error_code"]))
        found: Mapping[str, Any] = told["data"]
        return found


def _seen(told: Mapping[str, Any]) -> SeenChannel:
    thread, viewer = told["thread_metadata"], told["viewer_metadata"]
    return SeenChannel(
        Jid.parse(told["id"]),
        thread["name"]["text"],
        thread["description"]["text"],
        viewer["role"].lower(),
        int(thread["subscribers_count"]),
        viewer["mute"] == "ON",
        thread["invite"],
    )


def _post(stanza: BinaryNode) -> SeenPost:
    parts = {one.tag: one for one in children(stanza)}
    body = parts["plaintext"].content if "plaintext" in parts else b""
    counts = children(parts["reactions"]) if "reactions" in parts else []
    return SeenPost(
        stanza.attrs["id"],
        int(stanza.attrs["server_id"]),
        WAProto_pb2.Message.FromString(body if isinstance(body, bytes) else b""),
        int(parts["views_count"].attrs["count"]) if "views_count" in parts else 0,
        {one.attrs["code"]: int(one.attrs["count"]) for one in counts},
    )
