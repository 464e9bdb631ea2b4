# SPDX-License-Identifier: AGPL-3.0-or-later
"""WhatsApp's addresses (JIDs) as the bridge's ids, and back.

A person has two addresses: a LID, which everybody sees, and a phone number, which WhatsApp shows to
some. Whatever can be is called after the LID.

==================  ==============================  ========
chat                ``ChatKey.chat``                receiver
==================  ==============================  ========
direct              ``<LID>@lid``                   login
direct, LID unknown ``<number>@s.whatsapp.net``     login
status posts        ``status@broadcast``            login
group               ``<id>@g.us``                   shared
channel             ``<id>@newsletter``             shared
==================  ==============================  ========

People are ``lid-<digits>``, those whose LID is unknown ``<digits>`` of their number, those the Cloud
API names otherwise ``bsuid-<name>``. A channel that speaks is ``newsletter-<id>``.
"""

import re

from attrs import evolve, frozen

from bridges.core.ids import SHARED, ChatID, ChatKey, LoginID, MessageID, RemoteUserID

LID = "lid"
NUMBER = "s.whatsapp.net"
GROUP = "g.us"
NEWSLETTER = "newsletter"
BROADCAST = "broadcast"
BOT = "bot"

_SAME_AS = {"c.us": NUMBER, "hosted": NUMBER, "hosted.lid": LID}
_SERVERS = frozenset({LID, NUMBER, GROUP, NEWSLETTER, BROADCAST, BOT})
_USER = re.compile(r"(?P<user>[A-Za-z0-9.=-]+)(?:_[0-9]+)?(?::(?P<device>[0-9]+))?")
_LID_PREFIX = "lid-"
_BSUID_PREFIX = "bsuid-"
_NAMED = {NEWSLETTER: "newsletter-", GROUP: "group-", BOT: "bot-", BROADCAST: "broadcast-"}


class UnknownID(ValueError):
    """An id that this network has not made, or an address that is none."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is not an id of the WhatsApp bridge.")


@frozen
class Jid:
    """An address. ``device`` 0 is the phone, which stands for the person as well."""

    user: str
    server: str
    device: int = 0

    @property
    def bare(self) -> "Jid":
        """The person behind the device."""
        return evolve(self, device=0) if self.device else self

    @property
    def is_person(self) -> bool:
        """Whether this is somebody, by LID or number."""
        return self.server in {LID, NUMBER}

    def __str__(self) -> str:
        device = f":{self.device}" if self.device else ""
        return f"{self.user}{device}@{self.server}"


STATUS = Jid("status", BROADCAST)
"""Where people post what all who know them can see for a day."""


def parse_jid(text: str) -> Jid:
    """Read an address as WhatsApp gives it; raises ``UnknownID``.

    An agent (``1_2@…``) is dropped, as is a second server (``1@lid@s.whatsapp.net``), which the
    service has been seen to send.
    """
    user, _, rest = text.partition("@")
    server = rest.partition("@")[0].lower()
    server = _SAME_AS.get(server, server)
    found = _USER.fullmatch(user)
    if found is None or server not in _SERVERS:
        raise UnknownID(text)
    jid = Jid(found["user"], server, int(found["device"] or 0))
    if jid.is_person and not _is_number(jid.user):
        raise UnknownID(text)
    return jid


def maybe_jid(text: str | None) -> Jid | None:
    """The same, or None for what is missing or no address."""
    try:
        return parse_jid(text) if text else None
    except UnknownID:
        return None


def user_id(jid: Jid) -> RemoteUserID:
    """The id of whoever speaks: a person, or a chat as itself."""
    if jid.server == LID:
        return RemoteUserID(f"{_LID_PREFIX}{jid.user}")
    if jid.server == NUMBER:
        return RemoteUserID(jid.user)
    return RemoteUserID(f"{_NAMED[jid.server]}{jid.user}".lower())


def user_jid(user: RemoteUserID) -> Jid:
    """The address of somebody. Raises ``UnknownID``, also for whom only the Cloud API can reach."""
    if user.startswith(_LID_PREFIX):
        return parse_jid(f"{user.removeprefix(_LID_PREFIX)}@{LID}")
    for server, prefix in _NAMED.items():
        if user.startswith(prefix):
            return parse_jid(f"{user.removeprefix(prefix)}@{server}")
    return parse_jid(f"{user}@{NUMBER}")


def bsuid_user(name: str) -> RemoteUserID:
    """The id of somebody whom the Cloud API names by neither number nor LID."""
    return RemoteUserID(f"{_BSUID_PREFIX}{name.lower()}")


def chat_key(jid: Jid, login: LoginID) -> ChatKey:
    """The key of a chat as ``login`` sees it."""
    shared = jid.server in {GROUP, NEWSLETTER}
    return ChatKey(ChatID(str(jid.bare)), SHARED if shared else login)


def chat_jid(chat: ChatKey) -> Jid:
    """The address of a chat. Raises ``UnknownID``."""
    return parse_jid(chat.chat)


def login_id(lid: Jid) -> LoginID:
    """The login of a linked account; the same after every login."""
    return LoginID(lid.user)


def message_id(text: str) -> MessageID:
    """The id of a message: WhatsApp's own."""
    return MessageID(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
