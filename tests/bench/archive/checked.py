# SPDX-License-Identifier: AGPL-3.0-or-later
"""A room read again through the client API, and compared with the export it was made of."""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any
from urllib.parse import quote

from attrs import frozen

from tests.bench.archive.made import OWNER, MadeArchive, Said, name_of
from tests.policy.history.bringing import Client

_PAGE = 1000
_MOST_FAULTS = 20

Event = Mapping[str, Any]


class RoomWrong(Exception):
    """The room is not what the export says; the text says in what it differs."""


@frozen
class Comparison:
    """Compares a room as ``reader`` finds it.

    Attributes:
        owner: who says what the export's owner has said; others are known by their names in the room.
        live: ids of what was said while the export came over.
    """

    reader: Client
    owner: str
    live: Sequence[str]

    async def check(self, room: str, made: MadeArchive) -> set[str]:
        """Compare everything; gives the ids of what came from the export. Raises ``RoomWrong``."""
        names = await self._names(room)
        events = list(reversed(await self.reader.messages(room, page=_PAGE)))
        events = [one for one in events if "state_key" not in one]
        said_now = {*self.live}
        past = [one for one in events if one["event_id"] not in said_now]
        messages = [one for one in past if one["type"] == "m.room.message"]
        reactions = [one for one in past if one["type"] == "m.reaction"]
        wanted = list(made.said())
        faults = [
            *_order(events, {one["event_id"] for one in past}, self.live),
            *_numbers(len(messages), len(wanted), "messages"),
            *_messages(messages, wanted, names),
            *_reactions(reactions, messages, wanted, names),
        ]
        if not faults:
            faults += [fault async for fault in self._pictures(messages, wanted)]
        if faults:
            raise RoomWrong("\n".join(faults[:_MOST_FAULTS]))
        return {one["event_id"] for one in past}

    async def _names(self, room: str) -> Mapping[str, str]:
        """How people are called there, the owner as in the export."""
        path = f"/_matrix/client/v3/rooms/{quote(room)}/joined_members"
        joined = (await self.reader.call("GET", path))["joined"]
        names = {mxid: str(one["display_name"]) for mxid, one in joined.items()}
        return names | {self.owner: name_of(OWNER)}

    async def _pictures(self, messages: Sequence[Event], wanted: Sequence[Said]) -> Any:
        for event, said in zip(messages, wanted, strict=True):
            url = event["content"].get("url")
            if (url is None) != (said.picture is None):
                yield f"message {said.number}: with a file where there is none, or without"
            elif url is not None and await self._file(url) != said.picture:
                yield f"message {said.number}: another picture"

    async def _file(self, url: str) -> bytes:
        path = f"/_matrix/client/v1/media/download/{url.removeprefix('mxc://')}"
        headers = {"Authorization": f"Bearer {self.reader.token}"}
        async with self.reader.session.get(self.reader.url + path, headers=headers) as response:
            return await response.read()


def _order(events: Sequence[Event], past: Set[str], live: Sequence[str]) -> Iterator[str]:
    """All that came from the export stands before what was said meanwhile, which is in order."""
    names = [one["event_id"] for one in events]
    if len(names) != len(set(names)):
        yield f"{len(names) - len(set(names))} events are there twice"
    if names[len(past) :] != list(live):
        yield "what was said meanwhile does not follow on the export in its order"


def _numbers(found: int, wanted: int, what: str) -> Iterator[str]:
    if found != wanted:
        yield f"{found} {what} are there, and {wanted} are in the export"


def _messages(
    events: Sequence[Event], wanted: Sequence[Said], names: Mapping[str, str]
) -> Iterator[str]:
    by_number = {one.number: event["event_id"] for one, event in zip(wanted, events, strict=False)}
    for event, said in zip(events, wanted, strict=False):
        content = event["content"]
        relation = content.get("m.relates_to", {}).get("m.in_reply_to", {}).get("event_id")
        looks = (
            names.get(event["sender"]),
            event["origin_server_ts"],
            content["body"],
            relation,
        )
        answered = None if said.answers is None else by_number.get(said.answers)
        if looks != (name_of(said.sender), said.at, said.text, answered):
            yield f"message {said.number} is {looks}, and was {said}"


def _reactions(
    events: Sequence[Event],
    messages: Sequence[Event],
    wanted: Sequence[Said],
    names: Mapping[str, str],
) -> Iterator[str]:
    found = sorted(
        (
            event["content"]["m.relates_to"]["event_id"],
            str(names.get(event["sender"])),
            event["content"]["m.relates_to"]["key"].rstrip("\ufe0f"),
        )
        for event in events
    )
    expected = sorted(
        (event["event_id"], name_of(who), emoji)
        for event, said in zip(messages, wanted, strict=False)
        for who, emoji in said.reactions
    )
    yield from _numbers(len(found), len(expected), "reactions")
    if found != expected:
        yield "some reactions are others, or to something else"
