# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people say to the guide about who is here, and how news are put."""

from collections.abc import Sequence
from typing import cast

import pytest
from mautrix.types import RoomID, UserID

from bridges.contacts.directory.holdings import Holdings
from bridges.contacts.directory.model import Handle, Here, News
from bridges.contacts.people.model import Person
from bridges.core.text import UserText
from bridges.guide.commands.directory import DirectoryVoice, told
from bridges.guide.conversation.voice import Voice
from bridges.guide.matrix.client import MatrixClient
from bridges.guide.matrix.errors import GuideUnavailable
from tests.contacts.directory.making import person
from tests.guide.conftest import Village

HERE = [Here(person(f"friend{number}"), frozenset({Handle("tel:+1")})) for number in range(5)]
NAMES = {one.user: f"Friend {number}" for number, one in enumerate(HERE)}


def test_a_few_are_told_by_name_and_many_by_number() -> None:
    assert [str(one) for one in told(News(tuple(HERE[:2])), NAMES)] == [
        "Friend 0 is here now: @friend0:people.example",
        "Friend 1 is here now: @friend1:people.example",
    ]
    (many,) = told(News(tuple(HERE)), NAMES)
    assert "5 more" in str(many)
    (first,) = told(News(tuple(HERE[:1]), first=True), NAMES)
    assert "1 are here already" in str(first)


class Chats:
    """The rooms of the guide and what it says there; once, or never if the homeserver is away."""

    def __init__(self, rooms: dict[UserID, RoomID], *, is_away: bool = False) -> None:
        self.rooms = rooms
        self.is_away = is_away
        self.said: list[tuple[RoomID, UserID, list[str]]] = []

    def room_with(self, person: UserID) -> RoomID | None:
        return self.rooms.get(person)

    async def say(
        self, room: RoomID, lines: Sequence[UserText], *, person: UserID, identity: object
    ) -> None:
        if self.is_away:
            raise GuideUnavailable("away")
        self.said.append((room, person, [str(one) for one in lines]))


class NoContacts:
    """Nobody has a name."""

    async def people(self, _user: UserID) -> Sequence[Person]:
        return ()


def voice_of(chats: Chats) -> DirectoryVoice:
    holdings = cast("Holdings", NoContacts())
    return DirectoryVoice(cast("MatrixClient", chats), cast("Voice", chats), holdings)


async def test_news_are_said_where_somebody_is_alone_with_the_guide() -> None:
    madina, ali = person("madina"), person("ali")
    chats = Chats({madina: RoomID("!room")})
    voice = voice_of(chats)
    assert await voice.reaches(madina)
    assert not await voice.reaches(ali)
    for user in (madina, ali):
        await voice.tell(user, News((HERE[0],)))
    name = HERE[0].user
    assert chats.said == [(RoomID("!room"), madina, [f"{name} is here now: {name}"])]
    away = voice_of(Chats({madina: RoomID("!room")}, is_away=True))
    await away.tell(madina, News((HERE[0],)))  # it is not said, and keeps nothing from going on


@pytest.mark.synapse
async def test_who_may_know_is_chosen_in_the_chat(village: Village) -> None:
    async with village.guided(), village.person(device="for-the-directory") as madina:
        room = await madina.chat_with(village.guide)
        await madina.say(room, "visible")
        await madina.hears(lambda text: text.startswith("Those who have you"))
        await madina.say(room, "who-is-here")
        await madina.hears(lambda text: text.startswith("Log in to"))
        await madina.say(room, "visible nobody")
        await madina.hears(lambda text: text.startswith("Nobody is told"))
        await madina.say(room, "who-is-here")
        await madina.hears(lambda text: "visible nobody" in text)
        await madina.say(room, "visible somehow")
        await madina.hears(lambda text: text.startswith("Say `visible nobody`"))
        await madina.say(room, "visible mutual")
        await madina.hears(lambda text: text.startswith("Those who have you"))
