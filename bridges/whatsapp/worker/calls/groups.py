# SPDX-License-Identifier: AGPL-3.0-or-later
"""Groups and communities."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from bridges.whatsapp.worker import jids
from bridges.whatsapp.worker.calls.base import Handler, Request
from bridges.whatsapp.worker.calls.files import read_file
from bridges.whatsapp.worker.library import Foreign
from bridges.whatsapp.worker.plain import plain

Group = dict[str, Any]


async def info(request: Request) -> Group:
    """Return one group."""
    return group_dict(await request.client.get_group_info(request.jid("group")))


async def joined(request: Request) -> list[Group]:
    """Return every group one is in."""
    return [group_dict(one) for one in await request.client.get_joined_groups()]


async def create(request: Request) -> Group:
    """Create a group, or with ``community`` a community."""
    parent = None
    if request.flag("community", False):
        parent = request.library.proto.GroupParent(
            IsParent=True, DefaultMembershipApprovalMode="request_required"
        )
    return group_dict(
        await request.client.create_group(
            request.text("name"), request.jids("members"), group_parent=parent
        )
    )


async def leave(request: Request) -> None:
    """Leave a group."""
    await request.client.leave_group(request.jid("group"))


async def change_members(request: Request) -> list[Group]:
    """Do ``change`` (add, remove, promote, demote); returns each member with an ``error`` or 0."""
    change = request.library.enums.ParticipantChange[request.text("change").upper()]
    done = await request.client.update_group_participants(
        request.jid("group"), request.jids("members"), change
    )
    return [_participant(one) for one in done]


async def set_name(request: Request) -> None:
    """Rename a group."""
    await request.client.set_group_name(request.jid("group"), request.text("name"))


async def set_topic(request: Request) -> None:
    """Describe a group."""
    group = request.jid("group")
    known = await request.client.get_group_info(group)
    new = await request.client.generate_message_id()
    await request.client.set_group_topic(
        group, known.GroupTopic.TopicID, new, request.text("topic")
    )


async def set_photo(request: Request) -> str:
    """Set a group's picture from a JPEG; returns its id."""
    data = await asyncio.to_thread(read_file, request.file())
    return str(await request.client.set_group_photo(request.jid("group"), data))


async def set_announce(request: Request) -> None:
    """Let only administrators write, or everybody."""
    await request.client.set_group_announce(request.jid("group"), request.flag("announce"))


async def set_locked(request: Request) -> None:
    """Let only administrators change name, topic and picture, or everybody."""
    await request.client.set_group_locked(request.jid("group"), request.flag("locked"))


async def invite_link(request: Request) -> str:
    """Return the link to join; with ``revoke`` a new one, and the old is void."""
    return str(
        await request.client.get_group_invite_link(
            request.jid("group"), request.flag("revoke", False)
        )
    )


async def join(request: Request) -> str:
    """Join by link; returns the group's address."""
    return jids.to_text(await request.client.join_group_with_link(request.text("link")))


async def info_from_link(request: Request) -> Group:
    """Return what a link leads to."""
    return group_dict(await request.client.get_group_info_from_link(request.text("link")))


async def join_requests(request: Request) -> list[str]:
    """Return who waits to be let in."""
    waiting = await request.client.get_group_request_participants(request.jid("group"))
    return [jids.to_text(one.Participant) for one in waiting]


async def subgroups(request: Request) -> list[dict[str, Any]]:
    """Return a community's groups."""
    found = await request.client.get_sub_groups(request.jid("group"))
    return [
        {
            "jid": jids.to_text(one.JID),
            "name": one.GroupName.Name,
            "is_default": one.GroupIsDefaultSub.IsDefaultSubGroup,
        }
        for one in found
    ]


async def community_members(request: Request) -> list[str]:
    """Return everybody in a community."""
    found = await request.client.get_linked_group_participants(request.jid("group"))
    return [jids.to_text(one) for one in found.JIDS]


def group_dict(group: Foreign) -> Group:
    """Return a group's facts."""
    return {
        "jid": jids.to_text(group.JID),
        "owner": jids.to_text(group.OwnerJID),
        "owner_phone": jids.to_text(group.OwnerPN),
        "name": group.GroupName.Name,
        "name_set_at": group.GroupName.NameSetAt,
        "name_set_by": jids.to_text(group.GroupName.NameSetBy),
        "topic": group.GroupTopic.Topic,
        "topic_id": group.GroupTopic.TopicID,
        "topic_set_at": group.GroupTopic.TopicSetAt,
        "topic_set_by": jids.to_text(group.GroupTopic.TopicSetBy),
        "locked": group.GroupLocked.isLocked,
        "announce": group.GroupAnnounce.IsAnnounce,
        "disappearing_seconds": group.GroupEphemeral.DisappearingTimer,
        "is_community": group.GroupParent.IsParent,
        "approval_mode": group.GroupParent.DefaultMembershipApprovalMode,
        "community": jids.to_text(group.GroupLinkedParent.LinkedParentJID),
        "incognito": group.GroupIncognito.IsIncognito,
        "is_default_subgroup": group.GroupIsDefaultSub.IsDefaultSubGroup,
        "created": int(group.GroupCreated),
        "participants": [_participant(one) for one in group.Participants],
    }


def _participant(one: Foreign) -> dict[str, Any]:
    return {
        "jid": jids.to_text(one.JID),
        "lid": jids.to_text(one.LID),
        "phone": jids.to_text(one.PhoneNumber),
        "is_admin": one.IsAdmin,
        "is_super_admin": one.IsSuperAdmin,
        "display_name": one.DisplayName,
        "error": one.Error,
        "add_request": plain(one.AddRequest) if one.HasField("AddRequest") else None,
    }


HANDLERS: Final[Mapping[str, Handler]] = {
    "group_info": info,
    "groups": joined,
    "create_group": create,
    "leave_group": leave,
    "change_members": change_members,
    "set_group_name": set_name,
    "set_group_topic": set_topic,
    "set_group_photo": set_photo,
    "set_group_announce": set_announce,
    "set_group_locked": set_locked,
    "group_link": invite_link,
    "join_group": join,
    "group_from_link": info_from_link,
    "join_requests": join_requests,
    "subgroups": subgroups,
    "community_members": community_members,
}
