# SPDX-License-Identifier: AGPL-3.0-or-later
"""From Matrix to the network: what people do in a portal is done with their own account there."""

from datetime import UTC, datetime
from typing import Any

from mautrix.types import EventID, RoomID, UserID

from bridges.core.crypto import CannotDecrypt, EventCrypto
from bridges.core.errors import BridgeError, TemporaryError, Unsupported
from bridges.core.handover.routes import HandoverRoutes
from bridges.core.matrix import event_types
from bridges.core.matrix.content import ParsedMessage, UnreadableMessage, parse_message
from bridges.core.matrix.polls import parse_poll_end, parse_poll_start, parse_poll_vote
from bridges.core.portal.carriers import Carriers
from bridges.core.portal.outgoing_messages import OutgoingMessages
from bridges.core.portal.own_reactions import OwnReactions
from bridges.core.portal.polls import Polls
from bridges.core.portal.references import ReferenceBook
from bridges.core.portal.retractions import Retractions
from bridges.core.portal.status import MessageStatus
from bridges.core.portal.task import Task
from bridges.core.storage.database import Database
from bridges.core.storage.portals import Portal
from bridges.core.storage.queue import Queue, Row
from bridges.core.text import user_text

Json = dict[str, Any]

_WRITING = frozenset(
    {
        event_types.MESSAGE,
        event_types.STICKER,
        event_types.ENCRYPTED,
        event_types.POLL_START,
        event_types.POLL_START_UNSTABLE,
    }
)
"""What only those may send who may write; everybody in a chat may react and vote."""


class ToRemote:
    """Handles the rows of ``from_matrix`` that belong to portals."""

    def __init__(
        self,
        database: Database,
        queue: Queue,
        carriers: Carriers,
        references: ReferenceBook,
        messages: OutgoingMessages,
        reactions: OwnReactions,
        retractions: Retractions,
        polls: Polls,
        crypto: EventCrypto,
        status: MessageStatus,
        handovers: HandoverRoutes,
    ) -> None:
        self._db = database
        self._queue = queue
        self._carriers = carriers
        self._references = references
        self._messages = messages
        self._reactions = reactions
        self._retractions = retractions
        self._polls = polls
        self._crypto = crypto
        self._status = status
        self._handovers = handovers

    async def handle(self, row: Row, event: Json, portal: Portal) -> None:
        """Handle one event of a portal's room and end its row.

        Raises ``TemporaryError`` if it has to be tried again; the person was told if it takes long.
        """
        name, room, sender = (
            EventID(event["event_id"]),
            RoomID(event["room_id"]),
            UserID(event["sender"]),
        )
        if await self._handovers.stays_here(row, event):
            await self._end(row)
            return
        try:
            await self._handovers.check_open(portal.key)
            writes = event["type"] in _WRITING
            login, part = await self._carriers.login_of(sender, portal, writes=writes)
            task = Task(row, name, room, sender, portal, login, _written(event), part.speaks_as)
            await self._dispatch(task, await self._crypto.decrypt(event))
        except TemporaryError as error:
            await self._status.waiting(room, name, sender, error)
            raise
        except (BridgeError, UnreadableMessage, CannotDecrypt) as error:
            await self._status.failed(room, name, sender, _explained(error))
            await self._end(row)

    async def _dispatch(self, task: Task, event: Json) -> None:
        match event["type"]:
            case event_types.MESSAGE | event_types.STICKER:
                await self._message(task, event)
            case event_types.REACTION:
                await self._reactions.add(task, event["content"])
                await self._end(task.row)
            case event_types.REDACTION:
                target = event.get("redacts") or event["content"].get("redacts")
                await self._retractions.retract(task, EventID(str(target)))
                await self._end(task.row)
            case event_types.POLL_START | event_types.POLL_START_UNSTABLE:
                await self._messages.send(task, ParsedMessage(parse_poll_start(event["content"])))
            case event_types.POLL_RESPONSE | event_types.POLL_RESPONSE_UNSTABLE:
                vote = parse_poll_vote(event["content"])
                await self._polls.vote(task.room, task.event, task.sender, vote, task.login)
                await self._end(task.row)
            case event_types.POLL_END | event_types.POLL_END_UNSTABLE:
                poll = parse_poll_end(event["content"])
                await self._polls.end(task.room, task.event, task.sender, poll, task.login)
                await self._end(task.row)
            case other:
                raise UnreadableMessage(f"{other} cannot be carried")

    async def _message(self, task: Task, event: Json) -> None:
        content = event["content"]
        parsed = parse_message(event["type"], content, await self._references.of(content))
        if parsed.replaces is None:
            await self._messages.send(task, parsed)
        else:
            await self._messages.edit(task, parsed, parsed.replaces)

    async def _end(self, row: Row) -> None:
        async with self._db.transaction() as connection:
            await self._queue.finish(connection, row)


def _written(event: Json) -> datetime:
    try:
        return datetime.fromtimestamp(event["origin_server_ts"] / 1000, UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
        raise UnreadableMessage(f"impossible time: {error!r}") from error


def _explained(error: BridgeError | UnreadableMessage | CannotDecrypt) -> BridgeError:
    if isinstance(error, BridgeError):
        return error
    if isinstance(error, CannotDecrypt):
        return Unsupported(
            "ENCRYPTED",
            user_text(
                "This bridge cannot read encrypted messages yet; use a room without encryption."
            ),
        )
    return Unsupported("UNREADABLE", user_text("This kind of message cannot be carried."))
