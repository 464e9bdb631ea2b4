# SPDX-License-Identifier: AGPL-3.0-or-later
"""What calls return, as values. Addresses are text: ``<user>@lid``, ``<number>@s.whatsapp.net``."""

from collections.abc import Mapping
from typing import Any, TypeVar

import cattrs
from attrs import frozen

from bridges.whatsapp.wire.frames import FrameError

T = TypeVar("T")


@frozen
class Sent:
    """A message that was accepted by the service.

    Attributes:
        id: WhatsApp's id of it.
        timestamp: Unix time in seconds.
        sender: own address without the device's number.
        server_id: number in a newsletter, else 0.
        confirmed: False: the worker was killed while it was sent, and nothing was heard of it since.
    """

    id: str
    timestamp: int
    sender: str
    server_id: int = 0
    confirmed: bool = True


@frozen
class LinkedAccount:
    """An account of the worker.

    Attributes:
        jid: number and device, ``<number>:<device>@s.whatsapp.net``.
        lid: the same by LID; empty until it was connected once.
        state: ``connecting``, ``linking``, ``connected``, ``waiting`` or ``stopped``.
    """

    name: str
    jid: str
    lid: str
    push_name: str
    business_name: str
    state: str


@frozen
class Contact:
    """A name that is known: `first_name` and `full_name` from the phone's address book."""

    jid: str
    first_name: str
    full_name: str
    push_name: str
    business_name: str
    redacted_phone: str


@frozen
class Participant:
    """A member of a group. `error` is 0 or an HTTP-like status of a change that failed."""

    jid: str
    lid: str
    phone: str
    is_admin: bool
    is_super_admin: bool
    display_name: str
    error: int
    add_request: Mapping[str, Any] | None = None


@frozen
class Group:
    """A group or community. Times are Unix seconds.

    Attributes:
        community: the one it belongs to.
        incognito: members see its administrators and themselves only.
    """

    jid: str
    owner: str
    owner_phone: str
    name: str
    name_set_at: int
    name_set_by: str
    topic: str
    topic_id: str
    topic_set_at: int
    topic_set_by: str
    locked: bool
    announce: bool
    disappearing_seconds: int
    is_community: bool
    approval_mode: str
    community: str
    is_default_subgroup: bool
    incognito: bool
    created: int
    participants: tuple[Participant, ...]


@frozen
class Subgroup:
    """One of a community's groups."""

    jid: str
    name: str
    is_default: bool


@frozen
class ChatSettings:
    """How the phone has set a chat. `muted_until` is Unix seconds; 0: not muted."""

    muted_until: int
    pinned: bool
    archived: bool


@frozen
class UserInfo:
    """What WhatsApp tells of a person."""

    jid: str
    about: str
    picture_id: str
    verified_name: str
    devices: tuple[str, ...]


@frozen
class Registered:
    """Whether a number has WhatsApp; `jid` is empty if not."""

    phone: str
    jid: str
    registered: bool


@frozen
class Picture:
    """Where a picture is."""

    id: str
    url: str
    direct_path: str


def read(kind: type[T], value: Any) -> T:
    """Read a call's result. Raises `FrameError` if it is something else."""
    try:
        return cattrs.structure(value, kind)
    except (cattrs.BaseValidationError, TypeError, ValueError, KeyError) as error:
        raise FrameError(f"the worker returned no {kind}") from error
