# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a person does to communities, and what they see of them."""

from attrs import frozen
from pyaileys.wabinary.types import BinaryNode

from sandbox.whatsapp.jids import GROUP_SERVER, Jid
from sandbox.whatsapp.keys import RandomBytes
from sandbox.whatsapp.person_client import PersonClient, child, children, element

_GROUPS = "w:g2"
_SUB = "sub_group"


@frozen
class CommunityDoings:
    """The communities in the hands of one person. Everything raises `DeniedError`."""

    client: PersonClient
    random_bytes: RandomBytes

    async def create(self, subject: str, *members: Jid) -> Jid:
        """Make a community; the network adds the group that everybody in it is in."""
        parent = element("parent", default_membership_approval_mode="request_required")
        return await self._create(subject, members, parent)

    async def create_in(self, community: Jid, subject: str, *members: Jid) -> Jid:
        """Make a group in an own community."""
        return await self._create(subject, members, element("linked_parent", jid=str(community)))

    async def link(self, community: Jid, group: Jid) -> None:
        """Put an own group into an own community."""
        asked = element("links", [element("link", [_named(group)], link_type=_SUB)])
        await self.client.ask("set", _GROUPS, str(community), asked)

    async def unlink(self, community: Jid, group: Jid) -> None:
        """Take a group out of an own community."""
        asked = element("unlink", [_named(group)], unlink_type=_SUB)
        await self.client.ask("set", _GROUPS, str(community), asked)

    async def groups(self, community: Jid) -> dict[Jid, str]:
        """The names of a community's groups, the one for everybody first."""
        answer = await self.client.ask("get", _GROUPS, str(community), element("sub_groups"))
        found = children(child(answer, "sub_groups"))
        found.sort(key=lambda one: not children(one))
        return {Jid(one.attrs["id"], GROUP_SERVER): one.attrs["subject"] for one in found}

    async def members(self, community: Jid) -> set[str]:
        """The LIDs of everybody in a community."""
        asked = element("linked_groups_participants")
        answer = await self.client.ask("get", _GROUPS, str(community), asked)
        return {Jid.parse(one.attrs["jid"]).user for one in children(child(answer, asked.tag))}

    async def _create(self, subject: str, members: tuple[Jid, ...], place: BinaryNode) -> Jid:
        people = [element("participant", jid=str(one)) for one in members]
        key = self.random_bytes(16).hex()
        asked = element("create", [*people, place], subject=subject, key=key)
        answer = await self.client.ask("set", _GROUPS, f"@{GROUP_SERVER}", asked)
        return Jid(child(answer, "group").attrs["id"].partition("@")[0], GROUP_SERVER)


def _named(group: Jid) -> BinaryNode:
    return element("group", jid=str(group))
