# SPDX-License-Identifier: AGPL-3.0-or-later
"""A homeserver, a bridge and a network, and people who have accounts on both sides."""

import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from attrs import frozen
from mautrix.types import UserID

from bridges.core.commands.login_dialogue import qr_png
from tests.conformance.driver import Chat, Driver, Phone, Seen
from tests.support.appservice import Registration
from tests.support.bridge_under_test import BridgeOptions, BridgeSlot, BridgeUnderTest
from tests.support.matrix_user import MatrixUser
from tests.support.people import People
from tests.support.recording_appservice import AppserviceClient
from tests.support.synapse import SynapseFactory, SynapseServer, SynapseSettings
from tests.support.sync_record import Event
from tests.support.waiting import eventually

LOGGED_IN = "to open a chat now"
"""What the bot says at the end of a login."""

STATUS = "com.beeper.message_send_status"


def unique(words: str) -> str:
    """A text that no other test says."""
    return f"{words} {secrets.token_hex(4)}"


class Resident:
    """Somebody with an account on the homeserver and one on the network.

    Attributes:
        user: on the homeserver.
        phone: on the network.
        bot: id of the bridge bot.
        room: where they talk with the bot.
    """

    def __init__(self, user: MatrixUser, phone: Phone, bot: str, room: str) -> None:
        self.user = user
        self.phone = phone
        self.bot = bot
        self.room = room

    @property
    def mxid(self) -> str:
        """Matrix id."""
        return self.user.mxid

    async def ask(self, text: str) -> str:
        """Say something to the bot and return what it says next."""
        answer = await self.answer_to(await self.user.say(self.room, text))
        return str(answer["content"]["body"])

    async def answer_to(self, event_id: str) -> Any:
        """The first thing the bot said after an event."""
        return await self.user.wait_for(
            lambda event: event["type"] == "m.room.message" and event["sender"] == self.bot,
            self.room,
            after=event_id,
            describe="an answer of the bot",
        )

    async def hears_from_bot(self, text: str, after: str | None = None) -> Event:
        """What the bot says that contains a text."""
        return await self.user.wait_message(text, self.room, sender=self.bot, after=after)

    def last_event(self) -> str | None:
        """The latest event in the room with the bot."""
        events = self.user.events(self.room)
        return events[-1]["event_id"] if events else None


@frozen
class Conversation:
    """A chat of the network and its room, as a resident sees both."""

    chat: Chat
    room: str
    resident: Resident

    async def in_matrix(
        self, text: str, sender: str | None = None, after: str | None = None
    ) -> Event:
        """The message with exactly this body in the room."""
        return await self.event(
            lambda event: (
                event["type"] == "m.room.message"
                and event["content"].get("body") == text
                and sender in (None, event["sender"])
            ),
            f"the message {text[:60]!r}",
            after,
        )

    async def event(
        self, wanted: Callable[[Event], object], describe: str, after: str | None = None
    ) -> Event:
        """The first event in the room that fits."""
        return await self.resident.user.wait_for(wanted, self.room, after=after, describe=describe)

    def count(self, text: str) -> int:
        """How many messages in the room have this body."""
        return self.resident.user.bodies(self.room).count(text)

    async def status_of(self, event_id: str, status: str) -> Event:
        """The message status event that says this of an event."""
        return await self.event(
            lambda event: (
                event["type"] == STATUS
                and event["content"]["m.relates_to"]["event_id"] == event_id
                and event["content"]["status"] == status
            ),
            f"status {status} of {event_id}",
        )

    async def notice_about(self, event_id: str) -> str:
        """What the bot says in answer to an event."""
        return str((await self.answer_to(event_id))["content"]["body"])

    async def answer_to(self, event_id: str) -> Event:
        """The bot's answer to an event."""
        return await self.event(
            lambda event: (
                event["sender"] == self.resident.bot
                and event["content"].get("m.relates_to", {}).get("m.in_reply_to")
                == {"event_id": event_id}
            ),
            f"a notice about {event_id}",
        )

    async def on_phone(self, phone: Phone, text: str) -> Seen:
        """The message with this text on a phone."""
        return await seen_on(phone, self.chat, lambda one: one.text == text, repr(text[:60]))

    async def say(self, text: str, html: str | None = None) -> str:
        """Write in the room as the resident; returns the event id."""
        return await self.resident.user.say(self.room, text, html)

    def last_event(self) -> str | None:
        """The latest event in the room."""
        events = self.resident.user.events(self.room)
        return events[-1]["event_id"] if events else None

    def state(self, event_type: str, key: str = "") -> dict[str, Any]:
        """Content of a state event, empty if there is none."""
        return self.resident.user.record.state_content(self.room, event_type, key) or {}


async def seen_on(
    phone: Phone, chat: Chat, wanted: Callable[[Seen], object], describe: str
) -> Seen:
    """Wait for a message on a phone."""
    shown: list[Seen] = []

    async def look() -> Seen | None:
        shown[:] = await phone.messages(chat)
        return next((one for one in shown if wanted(one)), None)

    found = await eventually(look, describe=lambda: f"{describe} on the phone, which has {shown}")
    assert found is not None
    return found


class Stage:
    """Everything is running."""

    def __init__(
        self,
        server: SynapseServer,
        driver: Driver,
        bridge: BridgeUnderTest,
        registration: Registration,
        people: People,
    ) -> None:
        self.server = server
        self.driver = driver
        self.bridge = bridge
        self.registration = registration
        self._people = people

    def ghost(self, phone: Phone) -> str:
        """Matrix id of somebody's ghost."""
        return self.bridge.ghost(phone.user)

    async def matrix_user(self, name: str) -> MatrixUser:
        """Somebody on the homeserver only."""
        localpart = f"{name.lower()}_{secrets.token_hex(4)}"
        return await self._people.join(self.server, localpart)

    async def invite(self, room: str, user: MatrixUser) -> None:
        """Have the bot, which alone has the right to, invite somebody; returns when they are in."""
        api = AppserviceClient(self.server.url, self.registration)
        path = f"/_matrix/client/v3/rooms/{quote(room)}/invite"
        await api.expect("POST", path, {"user_id": user.mxid}, user_id=self.bridge.bot)
        await user.join(room)

    async def set_state(
        self, room: str, event_type: str, content: Mapping[str, Any], key: str = ""
    ) -> None:
        """Have the bot set a state event."""
        api = AppserviceClient(self.server.url, self.registration)
        path = f"/_matrix/client/v3/rooms/{quote(room)}/state/{event_type}/{quote(key)}"
        await api.expect("PUT", path, dict(content), user_id=self.bridge.bot)

    async def newcomer(self, name: str, *, password: str | None = None) -> Resident:
        """Somebody who has just said hello to the bot."""
        user = await self.matrix_user(name)
        room = await user.create_dm(self.bridge.bot)
        await user.wait_message("login", room, sender=self.bridge.bot)
        phone = await self.driver.person(name, password=password)
        return Resident(user, phone, self.bridge.bot, room)

    async def log_in(self, resident: Resident, *, password: str | None = None) -> str:
        """Go through the login with a phone number; returns the bot's last words."""
        after = await self.answer_login(resident, password=password)
        # Somebody who comes back may be told first that their account is connected again.
        event = await resident.hears_from_bot(LOGGED_IN, after=after)
        return str(event["content"]["body"])

    async def answer_login(self, resident: Resident, *, password: str | None = None) -> str | None:
        """Answer all that a login asks for; returns the event after which its outcome comes."""
        await resident.ask("login phone")
        code = self.driver.login_code
        if not code:
            await resident.ask(resident.phone.number)
            after = resident.last_event()
            await self.driver.type_code(resident.phone)
            return after
        answers = [resident.phone.number, code]
        if password is not None:
            answers.append(password)
        for answer in answers[:-1]:
            await resident.ask(answer)
        return await resident.user.say(resident.room, answers[-1])

    async def resident(self, name: str) -> Resident:
        """Somebody who is logged in."""
        newcomer = await self.newcomer(name)
        await self.log_in(newcomer)
        return newcomer

    async def scan_qr(self, resident: Resident) -> Event:
        """Scan the QR code that the bot shows in a resident's room; returns its event."""
        image: list[Event] = []

        async def scanned() -> bool:
            """Codes are renewed: try until the one in the room is the one that is open."""
            shown = [
                event
                for event in resident.user.messages(resident.room)
                if event["content"].get("msgtype") == "m.image"
            ]
            data = self.driver.qr_data
            if not shown or not data:
                return False
            if await resident.user.download(shown[-1]["content"]["url"]) != qr_png(data):
                return False
            await self.driver.scan(resident.phone, data)
            image.append(shown[-1])
            return True

        await eventually(scanned, describe="a QR code in the room")
        return image[0]

    async def conversation(self, resident: Resident, chat: Chat, text: str) -> Conversation:
        """The conversation in whose room a text arrives."""
        event = await resident.user.wait_message(text)
        return Conversation(chat, event["room_id"], resident)

    async def look_at_settings(self, resident: Resident) -> None:
        """Have the bridge look at once for what somebody has set for their rooms."""
        await self.bridge.bridge._parts.settings_watch.look(UserID(resident.mxid))

    async def meet(self, resident: Resident, other: Phone) -> Conversation:
        """A direct chat that has a room, because `other` has said something."""
        hello = unique("hello")
        chat = other.chat_with(resident.phone)
        await other.send(chat, hello)
        return await self.conversation(resident, chat, hello)

    async def gather(
        self, resident: Resident, title: str, creator: Phone, *others: Phone
    ) -> Conversation:
        """A group that has a room, because its creator has said something."""
        chat = await creator.create_group(title, resident.phone, *others)
        hello = unique("hello")
        await creator.send(chat, hello)
        return await self.conversation(resident, chat, hello)


@asynccontextmanager
async def running_stage(
    factory: SynapseFactory,
    driver: Driver,
    database: str,
    data: Path,
    room_version: str,
    options: BridgeOptions,
    modules: Sequence[Mapping[str, Any]] = (),
) -> AsyncIterator[Stage]:
    """A stage on a homeserver of its own, with a driver that is running already.

    `database` is the URL of an empty database for the bridge, `data` an empty folder, `modules` are the
    homeserver's.
    """
    slot = BridgeSlot(driver.plugin.info.id)
    settings = SynapseSettings(
        registrations=slot.registrations, room_version=room_version, modules=modules
    )
    config = driver.config(slot.listen)
    try:
        async with factory.running(settings) as server, People() as people:
            bridge = BridgeUnderTest(slot, server, driver.plugin, config, database, data, options)
            async with bridge:
                yield Stage(server, driver, bridge, slot.registration, people)
    finally:
        slot.release()
