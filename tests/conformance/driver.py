# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a network brings to the conformance suite: people with phones, and faults on request.

A phone is the network's own client, not the bridge. What a person sees is asked for again and again
until it is there (`tests.support.waiting.eventually`); nothing here waits for the bridge.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, Self

from attrs import field, frozen

from bridges.core.config import ListenConfig, NetworkConfig
from bridges.core.network import NetworkPlugin
from tests.conformance.driver_topology import TopologyPhone

if TYPE_CHECKING:
    from tests.conformance.hosting import Host
    from tests.conformance.kinds import Kinds


@frozen
class Chat:
    """A chat, the same value for everybody in it: of two people, or a room of the network's."""

    people: frozenset[str] = frozenset()
    room: str = ""


@frozen
class Seen:
    """A message as one phone shows it now.

    Attributes:
        id: its id on this phone.
        sender: the id of the person.
        html: Matrix HTML of a formatted text, None of a plain one.
        reply_to: id of the message it answers.
        reactions: by person.
        reacted: whether anybody reacts, also where nobody is named.
        file: name of the attached file, None if there is none; a photo may have an empty one.
        sent_at: seconds since the epoch.
    """

    chat: Chat
    id: str
    sender: str
    text: str
    html: str | None = None
    reply_to: str | None = None
    reactions: Mapping[str, Sequence[str]] = field(factory=dict)
    reacted: bool = False
    file: str | None = None
    sent_at: int = 0


@frozen
class SeenPoll:
    """A poll as one phone shows it now; people and answers by what they are called on the phone."""

    question: str
    answers: tuple[str, ...]
    votes: Mapping[str, frozenset[str]] = field(factory=dict)
    ended: bool = False


ALL_STYLES = frozenset({"b", "i", "u", "del", "code", "a"})
"""What `Driver.styles` may have."""


class Phone(TopologyPhone, Protocol):
    """One person's own client."""

    @property
    def user(self) -> str:
        """The person's id, as the network's adapter makes it."""
        ...

    @property
    def number(self) -> str:
        """What the person enters to log in by phone number."""
        ...

    @property
    def handle(self) -> str:
        """What others enter to open a chat with the person."""
        ...

    @property
    def host(self) -> "Host":
        """The person's client, where it is about chats and not about messages."""
        ...

    @property
    def kinds(self) -> "Kinds":
        """The person's client, where it sends what is more than a text or a plain file."""
        ...

    def chat_with(self, other: "Phone") -> Chat:
        """The direct chat with somebody."""
        ...

    async def create_group(self, title: str, *others: "Phone") -> Chat:
        """Make a group in which everybody may write."""
        ...

    async def create_channel(self, title: str, *others: "Phone") -> Chat:
        """Make a channel in which only its creator may write."""
        ...

    async def save_contact(self, other: "Phone", name: str) -> None:
        """Put somebody into the own address book."""
        ...

    async def rename(self, chat: Chat, title: str) -> None:
        """Give a group another title."""
        ...

    async def set_picture(self, chat: Chat, picture: bytes) -> None:
        """Give a group a picture."""
        ...

    async def remove(self, chat: Chat, other: "Phone") -> None:
        """Take somebody out of a group."""
        ...

    async def send(
        self, chat: Chat, text: str, html: str | None = None, *, reply_to: Seen | None = None
    ) -> Seen:
        """Write a text."""
        ...

    async def send_file(self, chat: Chat, data: bytes, name: str, caption: str = "") -> Seen:
        """Send a file as it is."""
        ...

    async def send_photo(self, chat: Chat, data: bytes, caption: str = "") -> Seen:
        """Send a picture to be shown in the chat."""
        ...

    async def let_messages_disappear(self, chat: Chat, seconds: int) -> None:
        """Have new messages of a chat disappear some seconds after they were sent."""
        ...

    async def send_poll(
        self,
        chat: Chat,
        question: str,
        *answers: str,
        max_selections: int = 1,
        anonymous: bool = False,
    ) -> Seen:
        """Begin a poll; its text is the question. Unless anonymous, everybody sees how others vote."""
        ...

    async def vote(self, message: Seen, *answers: str) -> None:
        """Choose answers of a poll by their text; none takes the vote back."""
        ...

    async def end_poll(self, message: Seen) -> None:
        """End an own poll."""
        ...

    async def poll(self, message: Seen) -> SeenPoll:
        """How a poll stands."""
        ...

    async def edit(self, message: Seen, text: str, html: str | None = None) -> None:
        """Change an own text."""
        ...

    async def delete(self, message: Seen) -> None:
        """Delete for everybody."""
        ...

    async def react(self, message: Seen, emoji: str | None) -> None:
        """Have this as the only reaction, or none."""
        ...

    async def read(self, message: Seen) -> None:
        """Read the chat up to a message."""
        ...

    async def type(self, chat: Chat) -> None:
        """Begin to type."""
        ...

    async def messages(self, chat: Chat) -> list[Seen]:
        """All messages of a chat, oldest first, as they are now."""
        ...

    async def download(self, message: Seen) -> bytes:
        """The attached file."""
        ...

    async def is_read(self, message: Seen) -> bool:
        """Whether an own message in a direct chat is shown as read."""
        ...

    async def typists(self, chat: Chat) -> set[str]:
        """Who was shown as typing in a chat so far."""
        ...

    async def times_typed(self, chat: Chat) -> int:
        """How often somebody was said to type in a chat so far."""
        ...

    async def has_stopped_typing(self, chat: Chat) -> bool:
        """Whether the last that was said is that somebody types no more."""
        ...

    async def set_name(self, name: str) -> None:
        """Change the own name."""
        ...

    async def set_own_picture(self, picture: bytes) -> None:
        """Change the own picture."""
        ...

    async def delete_account(self) -> None:
        """Leave the network for ever."""
        ...


class Driver(Protocol):
    """A network for tests; an async context manager that starts and stops it."""

    @property
    def plugin(self) -> NetworkPlugin:
        """What the bridge loads."""
        ...

    @property
    def styles(self) -> frozenset[str]:
        """The tags of the styles that texts of the network can have."""
        ...

    @property
    def chat_settings(self) -> frozenset[str]:
        """The fields of `Settings` that can be known of a chat, and set."""
        ...

    @property
    def login_code(self) -> str:
        """The code that is sent to phones when somebody logs in.

        Empty where it goes the other way: the bridge shows a code, and it is typed into the phone.
        """
        ...

    @property
    def qr_data(self) -> str:
        """What the QR code shown last says, empty if none is open."""
        ...

    def config(self, listen: ListenConfig) -> NetworkConfig:
        """The configuration of the bridge."""
        ...

    async def person(self, name: str, *, password: str | None = None) -> Phone:
        """A new person."""
        ...

    async def scan(self, phone: Phone, data: str) -> None:
        """Have somebody scan a QR code with their phone."""
        ...

    async def type_code(self, phone: Phone) -> None:
        """Have somebody type the code that the bridge shows into their phone."""
        ...

    def limit_rate(self, phone: Phone, seconds: int) -> None:
        """The next message of somebody's bridged account is refused for some seconds."""
        ...

    def limit_history(self, phone: Phone, seconds: int) -> None:
        """The next page of a history that somebody's bridged account reads is refused for some time."""
        ...

    def refuse(self, phone: Phone) -> None:
        """The next message of somebody's bridged account is refused for good."""
        ...

    def lose_answer(self, phone: Phone) -> None:
        """The next message of somebody's bridged account arrives, but its sender is not told."""
        ...

    def refuse_change(self, phone: Phone, change: str) -> None:
        """The next change somebody's bridged account makes to a group is refused for good.

        `change` is what they change: name, topic, picture, pins, power, add, remove or ban.
        """
        ...

    def limit_login(self, phone: Phone, seconds: int) -> None:
        """The next attempt to log in is refused for some seconds."""
        ...

    async def cut_off(self) -> None:
        """Nobody reaches the network."""
        ...

    async def let_back(self) -> None:
        """The network can be reached again."""
        ...

    async def end_session(self, phone: Phone) -> None:
        """Somebody logs the bridge out from their phone."""
        ...

    async def __aenter__(self) -> Self:
        """Start."""
        ...

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        ...
