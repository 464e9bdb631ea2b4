# SPDX-License-Identifier: AGPL-3.0-or-later
"""Telethon's view of a stored login.

What Telethon itself wants to save as update state is ignored: it would store what has arrived, not
what has been received durably. The cursor is written by ``bridges.telegram.receiver`` alone.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from telethon import utils
from telethon.crypto import AuthKey
from telethon.sessions.abstract import Session
from telethon.tl.types import InputPeerUser, PeerChannel
from telethon.tl.types.updates import State

from bridges.core.ids import LoginID
from bridges.telegram.ids import login_user
from bridges.telegram.store.credentials import Credentials
from bridges.telegram.store.cursors import CursorStore
from bridges.telegram.store.entities import Entities, entity_of

_SELF = 0


class StoredSession(Session):  # type: ignore[misc]  # Telethon is untyped
    """A session whose cursor and access hashes lie in the bridge's database."""

    def __init__(
        self, login: LoginID, credentials: Credentials, cursors: CursorStore, entities: Entities
    ) -> None:
        super().__init__()
        self._login = login
        self._me = login_user(login)
        self._cursors = cursors
        self._entities = entities
        self._dc_id = credentials.dc
        self._server_address = credentials.address
        self._port = credentials.port
        self._auth_key = AuthKey(credentials.auth_key)

    def set_dc(self, dc_id: int, server_address: str, port: int) -> None:
        """Go on at another data centre, for as long as this object lives."""
        self._dc_id, self._server_address, self._port = dc_id, server_address, port

    @property
    def dc_id(self) -> int:
        """Number of the data centre."""
        return self._dc_id

    @property
    def server_address(self) -> str:
        """Address of the data centre."""
        return self._server_address

    @property
    def port(self) -> int:
        """TCP port of the data centre."""
        return self._port

    @property
    def auth_key(self) -> Any:
        """The authorisation key. A new one is not stored: it is not authorised."""
        return self._auth_key

    @auth_key.setter
    def auth_key(self, value: Any) -> None:
        self._auth_key = value

    @property
    def takeout_id(self) -> None:
        """No takeout is ever under way."""
        return

    @takeout_id.setter
    def takeout_id(self, value: int | None) -> None:
        pass

    def get_update_state(self, entity_id: int) -> None:
        """Not asked by Telethon 1.45."""

    def set_update_state(self, entity_id: int, state: Any) -> None:
        """Ignored, see the module."""

    async def get_update_states(self) -> Iterable[tuple[int, Any]]:
        """Where to catch up from: the account under key 0, channels under their ids."""
        cursor = await self._cursors.load(self._login)
        if cursor is None:
            return []
        date = datetime.fromtimestamp(cursor.date, UTC)
        account = State(cursor.pts, cursor.qts, date, cursor.seq, unread_count=0)
        return [
            (_SELF, account),
            *(
                (channel, State(one.pts, 0, date, 0, unread_count=0))
                for channel, one in cursor.channels.items()
            ),
        ]

    def process_entities(self, tlo: Any) -> None:
        """Note the people and chats in an answer; they are stored with the next cursor."""
        things = [
            *(getattr(tlo, "users", None) or ()),
            *(getattr(tlo, "chats", None) or ()),
            *(tlo if isinstance(tlo, list) else ()),
        ]
        self._entities.note(found for found in map(entity_of, things) if found is not None)

    async def get_input_entity(self, key: Any) -> Any:
        """The ``InputPeer`` of a peer or id. Raises ``ValueError`` if it is not known.

        Telethon asks for channels by their bare id, and for the account itself by 0.
        """
        if key == _SELF:
            return InputPeerUser(0, self._me)
        for marked in self._candidates(key):
            found = await self._entities.input_peer(marked)
            if found is not None:
                return found
        raise ValueError(f"No access hash is known for {key}.")

    def _candidates(self, key: Any) -> list[int]:
        """The marked ids that ``key`` may mean, the most likely first."""
        if not isinstance(key, int):
            return [utils.get_peer_id(key)]
        if key < 0 or key == self._me:
            return [key]
        return [utils.get_peer_id(PeerChannel(key)), key]

    async def save(self) -> None:
        """Store access hashes noted since the last cursor."""
        await self._entities.flush()

    def delete(self) -> None:
        """Nothing: ``bridges.telegram.session`` wipes what is stored."""

    def cache_file(self, md5_digest: bytes, file_size: int, instance: Any) -> None:
        """Not asked by Telethon 1.45."""

    def get_file(self, md5_digest: bytes, file_size: int, cls: Any) -> None:
        """Not asked by Telethon 1.45."""
