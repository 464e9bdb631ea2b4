# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people have asked for and is still to be done; their words are sealed."""

from typing import Any

from mautrix.types import EventID, RoomID, UserID

from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import Database
from bridges.guide.matrix.events import Message


class ErrandStore:
    """Reads and writes it. Methods that read raise ``SecretUnreadable`` if a key is missing."""

    def __init__(self, database: Database, secrets: SecretBox) -> None:
        self._db = database
        self._secrets = secrets

    async def add(self, message: Message, text: str) -> None:
        """Store what a message asks for, unless it is there."""
        await self._db.execute(
            "INSERT INTO guide_errand (event, place, room, person, text)"
            " VALUES ($1, (SELECT COALESCE(MAX(place), 0) + 1 FROM guide_errand), $2, $3, $4)"
            " ON CONFLICT (event) DO NOTHING",
            message.event,
            message.room,
            message.sender,
            self._secrets.seal(text.encode(), _purpose(message.sender, message.event)),
        )

    async def all(self) -> list[Message]:
        """Give all messages that ask for something, in the order in which they came."""
        rows = await self._db.fetch("SELECT * FROM guide_errand ORDER BY place")
        return [self._message(row) for row in rows]

    async def remove(self, event: EventID) -> None:
        """Note that one is done."""
        await self._db.execute("DELETE FROM guide_errand WHERE event = $1", event)

    async def forget(self, person: UserID) -> None:
        """Delete a person's."""
        await self._db.execute("DELETE FROM guide_errand WHERE person = $1", person)

    async def reseal(self) -> None:
        """Seal with the current key what an earlier one has sealed. Raises ``SecretUnreadable``."""
        for message in await self.all():
            text = str(message.content["body"]).encode()
            sealed = self._secrets.seal(text, _purpose(message.sender, message.event))
            query = "UPDATE guide_errand SET text = $2 WHERE event = $1"
            await self._db.execute(query, message.event, sealed)

    def _message(self, row: Any) -> Message:
        opened = self._secrets.open(bytes(row["text"]), _purpose(row["person"], row["event"]))
        content = {"msgtype": "m.text", "body": opened.decode()}
        return Message(EventID(row["event"]), RoomID(row["room"]), UserID(row["person"]), content)


def _purpose(person: str, event: str) -> str:
    return f"errand {event} of {person}"
