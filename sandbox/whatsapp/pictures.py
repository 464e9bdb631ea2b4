# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pictures of people and groups: not encrypted, fetched from the media host."""

from attrs import frozen

from sandbox.statefile import StateFile
from sandbox.whatsapp.jids import Jid
from sandbox.whatsapp.keys import RandomBytes

PICTURE_PATH = "/v/t61.24694-24/"


@frozen
class Picture:
    """Which picture somebody or a group has."""

    subject: str
    id: str

    @property
    def path(self) -> str:
        """Where it is fetched from."""
        return f"{PICTURE_PATH}{self.id}.jpg"


class Pictures:
    """Pictures by the address of who has them: a LID or a group."""

    def __init__(self, store: StateFile, random_bytes: RandomBytes) -> None:
        self._store = store
        self._random = random_bytes
        self._pictures = {one.subject: one for one in store.load("picture", Picture)}

    def get(self, subject: Jid) -> Picture | None:
        """Return the picture of a person or group."""
        return self._pictures.get(str(subject))

    def set(self, subject: Jid, data: bytes) -> Picture:
        """Give somebody a picture."""
        picture = Picture(str(subject), str(int.from_bytes(self._random(6), "big")))
        self._pictures[picture.subject] = picture
        self._store.save("picture", picture.subject, picture)
        self._store.put_blob(picture.id, data)
        return picture

    def remove(self, subject: Jid) -> bool:
        """Take the picture away; tells whether there was one."""
        if self._pictures.pop(str(subject), None) is None:
            return False
        self._store.delete("picture", str(subject))
        return True

    def file(self, number: str) -> bytes | None:
        """Return a picture's bytes."""
        return self._store.get_blob(number)
