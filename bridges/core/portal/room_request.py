# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a new portal room is asked to be: pure functions from what is known to ``/createRoom``."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import asdict, frozen
from mautrix.types import RoomID, UserID

from bridges.core.capabilities import RoomFeatures
from bridges.core.chat import ChatKind
from bridges.core.ids import ChatKey
from bridges.core.matrix import event_types
from bridges.core.network import NetworkInfo
from bridges.core.portal.births import created_for
from bridges.core.storage.portals import Portal

Json = dict[str, Any]


SPACE_TYPE = "m.space"
_ROOM_TYPES = {ChatKind.DIRECT: "dm", ChatKind.SPACE: "space"}


@frozen
class RoomPlan:
    """Everything that decides what a portal room looks like.

    Attributes:
        title: the room's name.
        power_levels: content of ``m.room.power_levels``.
        space: the space the room will be in, if any.
    """

    portal: Portal
    network: NetworkInfo
    bot: UserID
    server_name: str
    title: str
    invite: Sequence[UserID]
    power_levels: Mapping[str, Any]
    features: RoomFeatures
    space: RoomID | None


def room_request(plan: RoomPlan) -> Json:
    """The body of ``POST /createRoom``: one request instead of a string of state events."""
    portal = plan.portal
    request: Json = {
        "preset": "private_chat",
        "visibility": "private",
        "name": plan.title,
        "is_direct": portal.kind is ChatKind.DIRECT,
        "invite": list(plan.invite),
        "initial_state": _initial_state(plan),
        "power_level_content_override": dict(plan.power_levels),
    }
    purpose = bridge_state_key(plan.network, portal.key)
    request["creation_content"] = created_for(purpose)
    if portal.topic:
        request["topic"] = portal.topic
    if portal.kind is ChatKind.SPACE:
        request["creation_content"]["type"] = SPACE_TYPE
    return request


def bridge_state_key(network: NetworkInfo, chat: ChatKey) -> str:
    """The state key that names a chat in ``m.bridge`` (MSC2346); different for every portal."""
    return f"org.karvon.{network.id}://{chat}"


def bridge_state(
    network: NetworkInfo, portal: Portal, bot: UserID, title: str
) -> Mapping[str, Any]:
    """The content of ``m.bridge`` (MSC2346)."""
    channel: Json = {"id": str(portal.key.chat), "displayname": title}
    if portal.avatar_uri:
        channel["avatar_url"] = portal.avatar_uri
    protocol: Json = {
        "id": network.id,
        "displayname": network.name,
        "external_url": network.url,
    }
    if network.icon:
        protocol["avatar_url"] = network.icon
    return {
        "bridgebot": bot,
        "creator": bot,
        "protocol": protocol,
        "channel": channel,
        "com.beeper.room_type": _ROOM_TYPES.get(portal.kind, "group"),
    }


def features_content(features: RoomFeatures) -> Json:
    """The content of ``com.beeper.room_features``; what is not decided is left out."""
    return {
        name: value
        for name, value in _decided(asdict(features)).items()
        if value != {} and value is not False
    }


def _decided(content: Json) -> Json:
    return {
        name: _decided(value) if isinstance(value, dict) else value
        for name, value in content.items()
        if value is not None
    }


def _initial_state(plan: RoomPlan) -> list[Json]:
    portal = plan.portal
    key = bridge_state_key(plan.network, portal.key)
    content = bridge_state(plan.network, portal, plan.bot, plan.title)
    state: list[Json] = [
        {"type": event_types.BRIDGE, "state_key": key, "content": content},
        {"type": event_types.BRIDGE_UNSTABLE, "state_key": key, "content": content},
        {
            "type": event_types.ROOM_FEATURES,
            "state_key": plan.bot,
            "content": features_content(plan.features),
        },
    ]
    if portal.avatar_uri:
        state.append({"type": event_types.AVATAR, "content": {"url": portal.avatar_uri}})
    if portal.kind is ChatKind.DIRECT:
        members = {"service_members": [plan.bot]}
        state.append({"type": event_types.FUNCTIONAL_MEMBERS, "content": members})
    if plan.space is not None:
        parent = {"via": [plan.server_name], "canonical": True}
        state.append({"type": event_types.SPACE_PARENT, "state_key": plan.space, "content": parent})
    return state
