# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is done to groups themselves: name, description, picture, members, roles, leaving."""

import asyncio
import uuid
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from bridges.core.chat import Avatar
from bridges.core.errors import Rejected, Unsupported
from bridges.core.ids import ChatKey, RemoteUserID
from bridges.core.outgoing import OutgoingPower
from bridges.core.text import user_text
from bridges.whatsapp.ids import GROUP, NEWSLETTER, Jid
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.groups import (
    is_admin,
    members_of,
    picture,
    wants_announce,
    wants_locked,
)
from bridges.whatsapp.linked.people import People
from bridges.whatsapp.linked.queries import Queries, known_chat, known_user
from bridges.whatsapp.linked.refusals import guarded, refused

_SIDE = 640
"""Pixels of the side of a picture, as WhatsApp's own clients make it."""
_SO_ALREADY = 409
_LONGEST_NAME = 100
_LONGEST_TOPIC = 2048


class RoomActions:
    """For one login."""

    def __init__(self, device: LinkedDevice, people: People, queries: Queries) -> None:
        self._device = device
        self._people = people
        self._queries = queries

    async def set_name(self, chat: ChatKey, name: str) -> None:
        """See ``HandlesChatName``."""
        group = _group(chat)
        if len(name) > _LONGEST_NAME:
            raise Rejected(
                "WHATSAPP.NAME_TOO_LONG",
                user_text("Names of groups have {most} characters at most.", most=_LONGEST_NAME),
            )
        await guarded(self._device.worker.set_group_name(self._device.name, str(group), name))

    async def set_topic(self, chat: ChatKey, topic: str) -> None:
        """See ``HandlesChatTopic``."""
        group = _group(chat)
        if len(topic) > _LONGEST_TOPIC:
            raise Rejected(
                "WHATSAPP.TOPIC_TOO_LONG",
                user_text(
                    "Descriptions of groups have {most} characters at most.", most=_LONGEST_TOPIC
                ),
            )
        await guarded(self._device.worker.set_group_topic(self._device.name, str(group), topic))

    async def set_avatar(self, chat: ChatKey, path: Path | None) -> Avatar:
        """See ``HandlesChatAvatar``: WhatsApp wants a square JPEG."""
        group, worker = _group(chat), self._device.worker
        if path is None:
            raise Unsupported(
                "WHATSAPP.PICTURE_STAYS",
                user_text(
                    "The picture of a group can be replaced here, and removed on the phone only."
                ),
            )
        jpeg = worker.files / f"{uuid.uuid4().hex}.jpg"
        try:
            await asyncio.to_thread(_square, path, jpeg)
            name = await guarded(worker.set_group_photo(self._device.name, str(group), jpeg))
        finally:
            jpeg.unlink(missing_ok=True)
        return picture(name, group)

    async def invite(self, chat: ChatKey, user: RemoteUserID) -> None:
        """See ``HandlesMembers``."""
        await self._change(chat, user, "add")

    async def kick(self, chat: ChatKey, user: RemoteUserID) -> None:
        """See ``HandlesMembers``."""
        await self._change(chat, user, "remove")

    async def ban(self, chat: ChatKey, user: RemoteUserID) -> None:
        """See ``HandlesMembers``: nobody can be kept out for good, so they are taken out."""
        await self._change(chat, user, "remove")

    async def unban(self, chat: ChatKey, user: RemoteUserID) -> None:
        """See ``HandlesMembers``: nobody is banned."""
        _group(chat)

    async def leave(self, chat: ChatKey) -> None:
        """See ``HandlesLeave``: a channel is not followed any more."""
        channel = known_chat(chat)
        if channel.server == NEWSLETTER:
            worker, name = self._device.worker, self._device.name
            await guarded(worker.follow_newsletter(name, str(channel), follow=False))
            return
        group = _group(chat)
        await guarded(self._device.worker.leave_group(self._device.name, str(group)))

    async def set_power(self, power: OutgoingPower) -> None:
        """See ``HandlesPower``: half of an administrator's level makes one, less makes a member."""
        jid = _group(power.chat)
        group = await self._queries.group(jid)
        now = {one.user.user: one.power or 0 for one in members_of(group, self._people.sender)}
        for user, level in power.users.items():
            if is_admin(level) != is_admin(now.get(user, 0)):
                await self._change(power.chat, user, "promote" if is_admin(level) else "demote")
        if power.rights is None:
            return
        worker, name = self._device.worker, self._device.name
        if wants_announce(power.rights) != group.announce:
            await guarded(worker.set_group_announce(name, str(jid), announce=not group.announce))
        if wants_locked(power.rights) != group.locked:
            await guarded(worker.set_group_locked(name, str(jid), locked=not group.locked))

    async def _change(self, chat: ChatKey, user: RemoteUserID, change: str) -> None:
        group, member = _group(chat), known_user(user)
        done = await guarded(
            self._device.worker.change_members(self._device.name, str(group), [str(member)], change)
        )
        for one in done:
            if one.error and not (one.error == _SO_ALREADY and change == "add"):
                raise refused(f"STATUS_{one.error}", f"{change}: {one.error}")


def _group(chat: ChatKey) -> Jid:
    """The address of a group. Raises ``Unsupported`` for what is none."""
    jid = known_chat(chat)
    if jid.server != GROUP:
        raise Unsupported(
            "WHATSAPP.NOT_A_GROUP", user_text("That can be done in groups only, on WhatsApp.")
        )
    return jid


def _square(source: Path, target: Path) -> None:
    """Make the JPEG of a picture; raises ``Rejected`` if it is none."""
    try:
        with Image.open(source) as image:
            side = min(image.size)
            left, top = (image.width - side) // 2, (image.height - side) // 2
            square = image.convert("RGB").crop((left, top, left + side, top + side))
            square.resize((_SIDE, _SIDE)).save(target, "JPEG", quality=90)
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise Rejected(
            "WHATSAPP.BAD_PICTURE", user_text("This picture cannot be read; try a JPEG or PNG.")
        ) from error
