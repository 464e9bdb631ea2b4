# SPDX-License-Identifier: AGPL-3.0-or-later
"""Takes back what a migration has made, as far as that can be taken back."""

from collections.abc import Callable, Collection

from attrs import frozen
from mautrix.types import RoomID, UserID

from bridges.core.matrix.errors import HomeserverRefused
from bridges.migration.run.journal import Stage
from bridges.migration.run.portals import Portals
from bridges.migration.run.voices import Voices
from bridges.migration.run.work import Work


@frozen
class Undone:
    """What was taken back, and what stays.

    Attributes:
        rooms: nobody is in them any more.
        still_there: rooms in which people stay who cannot be spoken for; they leave by themselves.
        uploads: addresses of files that are still on the homeserver.
        cleared: rooms of bridges, which stay; what was put into them is gone.
    """

    rooms: int
    still_there: tuple[RoomID, ...]
    uploads: tuple[str, ...]
    cleared: tuple[RoomID, ...] = ()


async def undo(work: Work, progress: Callable[[], None]) -> Undone:
    """Have everybody leave and forget the rooms; interrupted, it goes on by being called again.

    Raises the errors of ``Homeserver``.
    """
    journal, voices = work.journal, work.voices
    voices.devices = False
    still_there = []
    made = journal.rooms()
    # Several archives of a plan may have been put into the same one.
    bridged = {one.room: one for one in made if journal.first_of_bridge(one.room) is not None}
    portals = Portals(work)
    for one in bridged.values():
        await portals.empty(one)
        progress()
    own = [one for one in made if one.room not in bridged]
    for one in own:
        known = set[str](journal.members(one.room))
        if one.stage is Stage.OPEN and not voices.can_be(work.owner):
            known.add(work.owner)
        if not await empty_room(voices, one.room, work.owner, known):
            still_there.append(one.room)
        journal.forget_room(one.room)
        progress()
    uploads = tuple(journal.uploads())
    return Undone(len(own), tuple(still_there), uploads, tuple(bridged))


async def empty_room(voices: Voices, room: RoomID, owner: str, known: Collection[str] = ()) -> bool:
    """Have everybody leave a room; False if somebody stays in it.

    Args:
        voices: speak for all but people other than the owner, who are removed.
        room: one that a migration has made.
        owner: whose archive it was made of.
        known: people who may have been invited and are in no list of members.
    """
    members = {*await _members(voices, room), *known}
    stays = False
    for mxid in members - {voices.bot.mxid}:
        if voices.can_be(mxid) and (not voices.is_person(mxid) or mxid == owner):
            await _leave(voices, room, mxid)
        elif not await _removed(voices, room, mxid):
            stays = True
    await _leave(voices, room, voices.bot.mxid)
    return not stays


async def _members(voices: Voices, room: RoomID) -> set[str]:
    try:
        return {*await voices.own.joined_members(voices.bot, room)}
    except HomeserverRefused:
        return set()


async def _leave(voices: Voices, room: RoomID, mxid: str) -> None:
    hs, sender = voices.server(mxid), voices.sender(mxid)
    for step in (hs.leave, hs.forget):
        try:
            await step(sender, room)
        except HomeserverRefused:
            continue  # They have left already, or were never in it.


async def _removed(voices: Voices, room: RoomID, mxid: str) -> bool:
    try:
        await voices.own.kick(voices.bot, room, UserID(mxid), "")
    except HomeserverRefused:
        return False
    return True
