# SPDX-License-Identifier: AGPL-3.0-or-later
"""Histories, on a homeserver that loads our module for them.

Source: docs/adr/0019; the homeserver's part is ``policy_module/history``.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from mautrix.types import EventID, RoomID
from yarl import URL

from bridges.core.matrix.errors import HomeserverRefused, HomeserverUnavailable
from bridges.core.matrix.transport import Transport

Json = dict[str, Any]

_PATH = "/_karvon/history/v1"


class Histories:
    """Every method raises ``HomeserverUnavailable`` (repeat later) and ``HomeserverRefused``."""

    def __init__(
        self, transport: Transport, person_token: str | None, other_tokens: Sequence[str]
    ) -> None:
        """``person_token`` speaks for people, ``other_tokens`` for ghosts of other services."""
        self._transport = transport
        self._person_token = person_token
        self._other_tokens = tuple(other_tokens)

    async def are_taken(self) -> bool:
        """Whether the homeserver puts histories behind what is in a room."""
        try:
            async with self._transport.request("GET", self._url("")):
                return True
        except HomeserverRefused as refused:
            if refused.status == HTTPStatus.NOT_FOUND:
                return False
            raise
        except HomeserverUnavailable as error:
            # Nobody is at this address; or it is the module, which does not know this Synapse.
            if error.status in (HTTPStatus.NOT_FOUND, HTTPStatus.NOT_IMPLEMENTED):
                return False
            raise

    async def hand_over(
        self, room: RoomID, events: Sequence[Json], with_people: bool
    ) -> dict[str, EventID]:
        """Hand past events over, oldest first; returns their ids by their keys.

        ``with_people``: not only ghosts and the bot are among the senders.
        """
        tokens = [*self._other_tokens, *([self._person_token or ""] if with_people else ())]
        headers = {"X-Karvon-Also-For": ",".join(tokens)} if tokens else {}
        url = self._url(f"/rooms/{quote(room)}/events")
        async with self._transport.request(
            "POST", url, headers=headers, json={"events": events}
        ) as response:
            answer = await response.json()
        return {key: EventID(event) for key, event in answer["events"].items()}

    async def commit(self, room: RoomID) -> int:
        """Have some of what was handed over put into its room; returns how much is left."""
        url = self._url(f"/rooms/{quote(room)}/commit")
        async with self._transport.request("POST", url, json={}) as response:
            answer = await response.json()
        return int(answer["left"])

    def _url(self, path: str) -> URL:
        return URL(f"{self._transport.url}{_PATH}{path}", encoded=True)
