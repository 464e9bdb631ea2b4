# SPDX-License-Identifier: AGPL-3.0-or-later
"""What class a new room gets, and what its request becomes; pure."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import frozen

from policy_module.rooms.residency import (
    GUEST_ACCESS,
    HISTORY_VISIBILITY,
    RESIDENCY,
    Residency,
    class_named,
    permits_history,
    unstated_class,
    usual_history,
)
from policy_module.rules.document import Permission, RoomClass, RoomsSection
from policy_module.rules.names import server_of
from policy_module.rules.requests import (
    Decision,
    Deny,
    PermissionRequest,
    Reason,
    Request,
    RoomClassRequest,
)

FEDERATE = "m.federate"
"""Key of ``m.room.create``; ``false`` keeps all other servers out of a room for good."""


class MalformedRequestError(ValueError):
    """The request has not the form the specification demands; the message says where."""


@frozen
class Surroundings:
    """Where a room is made: by whom, and what is asked to decide about it."""

    server: str
    creator: str
    is_service: Callable[[str], bool]
    """Whether a user id belongs to a bridge."""
    decide: Callable[[Request], Decision]
    rooms: RoomsSection
    directory_is_shared: bool
    """Whether other servers can see the list of published rooms."""


def plan(request: Mapping[str, Any], around: Surroundings) -> Residency | Deny:
    """Decide the class of a new room from the body of ``POST /createRoom``.

    A client may ask for a class by name, in ``creation_content`` under the type of the state event or
    in ``initial_state``. Who invites people of other servers without asking for a class asks for an
    allowlisted room.

    Raises:
        MalformedRequestError: for parts that are not what they must be.
    """
    invitees = [one for one in _list(request, "invite") if isinstance(one, str)]
    strangers = [one for one in invitees if server_of(one) not in {None, around.server}]
    services = [one for one in invitees if around.is_service(one)]
    by_bridge = around.is_service(around.creator)
    bridged = by_bridge or bool(services)
    default = around.rooms.bridged if bridged else around.rooms.default
    wanted = _wanted(request, default, bool(strangers))
    if isinstance(wanted, Deny):
        return wanted
    people = [one for one in invitees if one not in services] if by_bridge else [around.creator]
    asked: list[Request] = [RoomClassRequest(around.creator, wanted, default)]
    if bridged:
        asked += [PermissionRequest(one, Permission.BRIDGE) for one in people]
    for answer in map(around.decide, asked):
        if isinstance(answer, Deny):
            return answer
    rule = f"room class {wanted}"
    if wanted is RoomClass.DOMESTIC and strangers:
        return Deny(Reason.DOMESTIC_ROOM, rule, strangers[0])
    if wanted is RoomClass.DOMESTIC and _list(request, "invite_3pid"):
        return Deny(Reason.DOMESTIC_ROOM, rule, "an e-mail address or telephone number")
    if (
        request.get("visibility") == "public"
        and around.directory_is_shared
        and wanted is not RoomClass.OPEN
    ):
        return Deny(Reason.NOT_PUBLISHED, rule, wanted)
    ordinary = wanted is RoomClass.OPEN is unstated_class(around.rooms)
    return Residency(wanted, bridged, stated=bridged or not ordinary)


def shape(request: dict[str, Any], residency: Residency, explanation: str) -> None:
    """Change the request into one for a room of this class.

    A history visibility or guest access that is too wide is narrowed: clients choose them without
    asking anybody. A room without a topic gets ``explanation``, which says its class, unless it is open, a
    bridge's, or a chat of two. An open room where all are open by default stays as it was asked for.
    """
    if not residency.stated:
        return
    room_class = residency.room_class
    creation = dict(_mapping(request, "creation_content"))
    creation.pop(RESIDENCY, None)
    if room_class is RoomClass.DOMESTIC:
        creation[FEDERATE] = False
    request["creation_content"] = creation
    given = [event for event in _events(request) if event["type"] != RESIDENCY]
    settings = settings_of(room_class, {event["type"]: event["content"] for event in given})
    request["initial_state"] = [
        *(event for event in given if event["type"] not in settings),
        *({"type": kind, "state_key": "", "content": value} for kind, value in settings.items()),
        {"type": RESIDENCY, "state_key": "", "content": residency.content(explanation)},
    ]
    named = "topic" in request or any(event["type"] == "m.room.topic" for event in given)
    private = residency.bridged or request.get("is_direct") is True
    if not named and not private and room_class is not RoomClass.OPEN:
        request["topic"] = explanation


def settings_of(room_class: RoomClass, state: Mapping[str, Any]) -> dict[str, Any]:
    """Give the settings a new room must have instead of those in ``state``, contents by type."""
    settings: dict[str, Any] = {}
    history = state.get(HISTORY_VISIBILITY)
    usual = usual_history(room_class)
    wide = history is not None and not permits_history(
        room_class, history.get("history_visibility")
    )
    if wide or (history is None and usual != "shared"):
        settings[HISTORY_VISIBILITY] = {"history_visibility": usual}
    if room_class is not RoomClass.OPEN:
        settings[GUEST_ACCESS] = {"guest_access": "forbidden"}
    return settings


def _wanted(request: Mapping[str, Any], default: RoomClass, shared: bool) -> RoomClass | Deny:
    creation = _mapping(request, "creation_content")
    closed = creation.get(FEDERATE, True) is not True
    asked = list(_asked(request, creation))
    if asked:
        found = class_named(asked[0])
        if found is None:
            return Deny(Reason.NO_SUCH_CLASS, "classes of rooms", str(asked[0])[:50])
        if closed and found is not RoomClass.DOMESTIC:
            return Deny(Reason.CLASS_IS_FINAL, f"{FEDERATE}: false", found)
        return found
    if closed:
        return RoomClass.DOMESTIC
    return RoomClass.ALLOWLISTED if shared and default is RoomClass.DOMESTIC else default


def _asked(request: Mapping[str, Any], creation: Mapping[str, Any]) -> Iterator[object]:
    if RESIDENCY in creation:
        yield creation[RESIDENCY]
    for event in _events(request):
        if event["type"] == RESIDENCY:
            yield event["content"].get("class")


def _events(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    events = _list(request, "initial_state")
    for event in events:
        if (
            not isinstance(event, dict)
            or not isinstance(event.get("type"), str)
            or not isinstance(event.get("content"), dict)
        ):
            raise MalformedRequestError("initial_state must hold events with type and content")
    return events


def _list(request: Mapping[str, Any], key: str) -> list[Any]:
    value = request.get(key, [])
    if not isinstance(value, list):
        raise MalformedRequestError(f"{key} must be a list")
    return value


def _mapping(request: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = request.get(key, {})
    if not isinstance(value, dict):
        raise MalformedRequestError(f"{key} must be an object")
    return value
