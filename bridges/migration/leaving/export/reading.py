# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads everything somebody has on a homeserver into the journal, as their own client would."""

import logging
import shutil
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from attrs import frozen
from mautrix.types import RoomID

from bridges.core.clock import Clock
from bridges.core.matrix import event_types
from bridges.core.matrix.client import Homeserver, MatrixSender
from bridges.core.matrix.errors import HomeserverRefused
from bridges.core.tasks import in_thread
from bridges.migration.leaving.export.events import inner
from bridges.migration.leaving.export.files import Damaged, KeptFile, measured, opened, safe_name
from bridges.migration.leaving.export.journal import Journal, WantedFile
from bridges.migration.leaving.export.keys import Unsealing
from bridges.migration.leaving.patience import patiently
from bridges.migration.leaving.rooms import belongings

Json = dict[str, Any]

FILES = "files"
_PAGE = 500
_NO_LIMIT = 2**63
_PRESENT = ("join", "leave")
_log = logging.getLogger(__name__)


@frozen
class Progress:
    """Is told what is done. ``begin``: of so many; ``step``: one more."""

    begin: Callable[[str, int], None]
    step: Callable[[], None]


@frozen
class Reading:
    """The homeserver as somebody sees it, and where it is written down."""

    homeserver: Homeserver
    person: MatrixSender
    journal: Journal
    unsealing: Unsealing
    clock: Clock

    async def list_rooms(self) -> None:
        """Note which rooms there are, and what the homeserver keeps about the person beside them.

        Raises the errors of ``Homeserver``, as all methods do.
        """
        found = await belongings(self.homeserver, self.person, self.clock)
        direct = _direct(found.account_data.get(event_types.DIRECT, {}))
        kept: dict[str, Json] = {}
        for membership in _PRESENT:
            # The homeserver tells all this in another order each time; two exports shall be the same.
            for room, data in sorted(found.of(membership).items()):
                kept[room] = dict(sorted(data.items()))
                await self._note_room(RoomID(room), membership, direct.get(room, []))
        me = self.person
        profile = await patiently(lambda: self.homeserver.profile(me, me.mxid), self.clock)
        self.journal.note_document("profile", profile or {})
        data = {"account": dict(sorted(found.account_data.items())), "rooms": kept}
        self.journal.note_document("account_data", data)

    async def _note_room(self, room: RoomID, membership: str, direct: list[str]) -> None:
        try:
            state = await patiently(
                lambda: self.homeserver.get_state(self.person, room), self.clock
            )
        except HomeserverRefused as refused:
            self.journal.note_incomplete(room, str(refused))
            return
        members = _members(state)
        me = self.person.mxid
        self.journal.note_members(room, members)
        self.journal.note_room(
            room,
            {
                "membership": membership,
                "name": _name(state, members, me),
                "direct": direct,
                "space": inner(_state(state, event_types.CREATE), "content").get("type")
                == "m.space",
            },
        )

    async def read_room(self, room: RoomID) -> None:
        """Note all events of a room, newest first; goes on where it was interrupted."""
        start = self.journal.start(room)
        while True:
            try:
                events, older = await patiently(
                    partial(self.homeserver.page, self.person, room, start, _PAGE), self.clock
                )
            except HomeserverRefused as refused:
                self.journal.note_incomplete(room, str(refused))
                events, older = [], None
            # A page may be empty and not the last: what is on it is not for this person.
            start = None if older == start else older
            self.journal.note_page(room, [self.unsealing.event(room, one) for one in events], start)
            if start is None:
                return

    async def fetch(self, wanted: WantedFile, folder: Path) -> None:
        """Have a file in the export, or note that it cannot be had."""
        name = f"{FILES}/{wanted.row:06d}/{safe_name(wanted.name or 'file')}"
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        loaded = target.with_name(".part")
        try:
            await patiently(
                lambda: self.homeserver.download(wanted.uri, loaded, _NO_LIMIT), self.clock
            )
            # In a thread: others are answered meanwhile.
            size, digest = await in_thread(_finished, loaded, wanted.key)
        except (HomeserverRefused, Damaged) as error:
            _log.info("a file cannot be had: %s", error)
            shutil.rmtree(target.parent)
            self.journal.note_file(wanted.uri, KeptFile(None))
            return
        loaded.replace(target)
        self.journal.note_file(wanted.uri, KeptFile(name, size, digest))


def _finished(loaded: Path, key: Json | None) -> tuple[int, str]:
    """Decrypt a file if it is encrypted, in its place; give its size and SHA-256. Raises ``Damaged``."""
    if key is not None:
        clear = loaded.with_name(".clear")
        opened(loaded, clear, key)
        clear.replace(loaded)
    return measured(loaded)


def _direct(content: Mapping[str, Any]) -> dict[str, list[str]]:
    """With whom rooms are, by room (Matrix specification, ``m.direct``)."""
    found: dict[str, list[str]] = {}
    for person, rooms in content.items():
        for room in rooms if isinstance(rooms, list) else ():
            found.setdefault(str(room), []).append(person)
    return found


def _state(state: list[Json], kind: str) -> Json:
    return next((one for one in state if one["type"] == kind and not one["state_key"]), {})


def _members(state: list[Json]) -> dict[str, tuple[str, str]]:
    """How everybody is called who is or was there, and whether they still are."""
    found = {}
    for one in state:
        if one["type"] == event_types.MEMBER:
            before = inner(inner(one, "unsigned"), "prev_content")
            content = inner(one, "content")
            name = content.get("displayname") or before.get("displayname")
            found[one["state_key"]] = (
                name if isinstance(name, str) else "",
                str(content.get("membership")),
            )
    return found


def _name(state: list[Json], members: Mapping[str, tuple[str, str]], me: str) -> str:
    """A room's name, or whom it is with (Matrix specification, "Calculating the display name")."""
    named = inner(_state(state, event_types.NAME), "content").get("name")
    if isinstance(named, str) and named.strip():
        return named.strip()
    others = {mxid: one for mxid, one in members.items() if mxid != me}
    there = [mxid for mxid, one in others.items() if one[1] in {"join", "invite"}] or list(others)
    return ", ".join(others[mxid][0] or mxid for mxid in sorted(there)[:5])
