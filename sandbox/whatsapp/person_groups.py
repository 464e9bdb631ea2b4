# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a person does to groups and pictures, and what they see of them."""

from attrs import field, frozen
from pyaileys.wabinary.types import BinaryNode

from sandbox.whatsapp.jids import GROUP_SERVER, SERVER, Jid
from sandbox.whatsapp.keys import RandomBytes
from sandbox.whatsapp.person_client import DeniedError, PersonClient, child, children, element
from sandbox.whatsapp.person_files import Files

_GROUPS = "w:g2"
_PICTURES = "w:profile:picture"


@frozen
class SeenGroup:
    """A group as a member sees it.

    Attributes:
        members: the role of each LID, empty for most.
        community: the one it belongs to, empty if to none.
    """

    subject: str
    description: str
    description_id: str
    members: dict[str, str] = field(factory=dict)
    announcement: bool = False
    locked: bool = False
    expiration: int = 0
    community: str = ""


@frozen
class GroupDoings:
    """The groups in the hands of one person. Everything raises `DeniedError`."""

    client: PersonClient
    files: Files
    random_bytes: RandomBytes

    async def create(self, subject: str, *members: Jid) -> Jid:
        """Make a group."""
        people = [_participant(one) for one in members]
        asked = element("create", people, subject=subject, key=self.random_bytes(16).hex())
        answer = await self.client.ask("set", _GROUPS, f"@{GROUP_SERVER}", asked)
        return Jid(child(answer, "group").attrs["id"].partition("@")[0], GROUP_SERVER)

    async def see(self, group: Jid) -> SeenGroup:
        """Ask about a group."""
        asked = element("query", request="interactive")
        answer = await self.client.ask("get", _GROUPS, str(group), asked)
        return _seen(child(answer, "group"))

    async def rename(self, group: Jid, subject: str) -> None:
        """Give a group another name."""
        await self._set(group, element("subject", subject.encode()))

    async def describe(self, group: Jid, description: str) -> None:
        """Give a group another description; an empty one takes it away."""
        asked = element("description", id=self.random_bytes(8).hex().upper())
        before = (await self.see(group)).description_id
        if before:
            asked.attrs["prev"] = before
        if description:
            asked.content = [element("body", description.encode())]
        else:
            asked.attrs["delete"] = "true"
        await self._set(group, asked)

    async def change(self, group: Jid, change: str, *people: Jid) -> None:
        """Do something to people: add, remove, promote or demote them."""
        await self._set(group, element(change, [_participant(one) for one in people]))

    async def announce_only(self, group: Jid, only: bool) -> None:
        """Let only administrators write, or everybody."""
        await self._set(group, element("announcement" if only else "not_announcement"))

    async def lock(self, group: Jid, locked: bool) -> None:
        """Let only administrators change name, description and picture, or everybody."""
        await self._set(group, element("locked" if locked else "unlocked"))

    async def let_disappear(self, group: Jid, seconds: int) -> None:
        """Have messages disappear after some seconds; 0 lets them stay."""
        asked = element("ephemeral", expiration=str(seconds))
        await self._set(group, asked if seconds else element("not_ephemeral"))

    async def leave(self, group: Jid) -> None:
        """Leave a group."""
        asked = element("leave", [element("group", id=str(group))])
        await self.client.ask("set", _GROUPS, f"@{GROUP_SERVER}", asked)

    async def set_picture(self, subject: Jid, picture: bytes | None) -> None:
        """Give a group, or oneself, a picture, or take it away."""
        asked = [element("picture", picture, type="image")]
        attrs = {"target": str(subject)}
        await self.client.ask("set", _PICTURES, str(SERVER), *(asked if picture else ()), **attrs)

    async def picture(self, subject: Jid) -> bytes | None:
        """The picture of a group or a person."""
        asked = element("picture", type="image", query="url")
        attrs = {"target": str(subject)}
        try:
            answer = await self.client.ask("get", _PICTURES, str(SERVER), asked, **attrs)
        except DeniedError:
            return None
        return await self.files.fetch(child(answer, "picture").attrs["direct_path"])

    async def _set(self, group: Jid, asked: BinaryNode) -> None:
        await self.client.ask("set", _GROUPS, str(group), asked)


def _participant(jid: Jid) -> BinaryNode:
    return element("participant", jid=str(jid))


def _seen(group: BinaryNode) -> SeenGroup:
    parts = {one.tag: one for one in children(group)}
    described = parts.get("description")
    bodies = children(described) if described else []
    body = bodies[0].content if bodies else b""
    timer = parts.get("ephemeral")
    return SeenGroup(
        subject=group.attrs["subject"],
        description=body.decode() if isinstance(body, bytes) else "",
        description_id=described.attrs.get("id", "") if described else "",
        members={
            Jid.parse(one.attrs["jid"]).user: one.attrs.get("type", "")
            for one in children(group)
            if one.tag == "participant"
        },
        announcement="announcement" in parts,
        locked="locked" in parts,
        expiration=int(timer.attrs["expiration"]) if timer else 0,
        community=parts["linked_parent"].attrs["jid"] if "linked_parent" in parts else "",
    )
