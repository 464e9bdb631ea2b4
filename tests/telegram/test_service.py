# SPDX-License-Identifier: AGPL-3.0-or-later
"""Service messages are states of the chat or short lines, and none of them is unreadable."""

import inspect
import re
from typing import Any

import pytest
from telethon.tl import types as tl

from bridges.core.chat import NO_AVATAR, ChatInfo, Membership
from bridges.core.content import Text, TextKind
from bridges.core.events import ChatChanged, ChatGone, ChatMoved, RemoteMessage
from bridges.core.ids import ChatID, ChatKey
from bridges.core.text import UserText
from bridges.telegram.from_telegram.messages import message_events
from tests.telegram.tl_samples import (
    BORIS,
    LOGIN,
    ME,
    NOW,
    only,
    service,
    surroundings,
    text_of,
)

BASIC = ChatKey(ChatID("chat:30"), LOGIN)
STATES = {
    tl.MessageActionEmpty,
    tl.MessageActionChatCreate,
    tl.MessageActionChatEditTitle,
    tl.MessageActionChatMigrateTo,
    tl.MessageActionChatEditPhoto,
    tl.MessageActionChatDeletePhoto,
    tl.MessageActionChatAddUser,
    tl.MessageActionChatDeleteUser,
    tl.MessageActionChatJoinedByLink,
    tl.MessageActionChatJoinedByRequest,
    tl.MessageActionChatJoinedViaCommunity,
    tl.MessageActionChannelCreate,
}
"""Shown by the room itself."""

KINDS = [
    kind
    for name in sorted(dir(tl))
    if name.startswith("MessageAction") and isinstance(kind := getattr(tl, name), type)
]


def told(action: Any, **more: Any) -> str:
    """The line of a service message."""
    event = only(message_events(service(action, **more), surroundings()))
    assert isinstance(event, RemoteMessage)
    (part,) = event.parts
    assert isinstance(part, Text)
    assert part.kind is TextKind.NOTICE
    return text_of(part)


@pytest.mark.parametrize(
    ("action", "info"),
    [
        (tl.MessageActionChatEditTitle("New\0 title"), ChatInfo(name="New title")),
        (tl.MessageActionChatDeletePhoto(), ChatInfo(avatar=NO_AVATAR)),
        (tl.MessageActionChannelCreate("News"), ChatInfo(name="News")),
    ],
)
def test_changes_of_a_chat_are_states(action: Any, info: ChatInfo) -> None:
    event = only(message_events(service(action), surroundings()))
    assert event == ChatChanged(BASIC, info)


def test_who_comes_and_goes() -> None:
    around = surroundings()
    added = only(message_events(service(tl.MessageActionChatAddUser([ME, 3])), around))
    assert [(one.user.user, one.user.is_me) for one in added.info.members] == [
        ("1", True),
        ("3", False),
    ]
    gone = only(message_events(service(tl.MessageActionChatDeleteUser(3)), around))
    assert gone.info.members[0].membership is Membership.LEAVE
    kicked = only(message_events(service(tl.MessageActionChatDeleteUser(ME)), around))
    assert kicked == ChatGone(BASIC)
    for joined in (
        tl.MessageActionChatJoinedByLink(3),
        tl.MessageActionChatJoinedByRequest(),
        tl.MessageActionChatJoinedViaCommunity(5),
    ):
        event = only(message_events(service(joined), around))
        assert [one.user.user for one in event.info.members] == ["2"]


@pytest.mark.parametrize(
    ("action", "shown"),
    [
        (tl.MessageActionPhoneCall(1, duration=65), "call, 65 s"),
        (tl.MessageActionPhoneCall(1, duration=7200, video=True), "video call, 2 h"),
        (tl.MessageActionPhoneCall(1, reason=tl.PhoneCallDiscardReasonMissed()), "missed call"),
        (
            tl.MessageActionPhoneCall(1, video=True, reason=tl.PhoneCallDiscardReasonMissed()),
            "missed video call",
        ),
        (tl.MessageActionPhoneCall(1, reason=tl.PhoneCallDiscardReasonBusy()), "call declined"),
        (tl.MessageActionPhoneCall(1), "call, not answered"),
        (tl.MessageActionConferenceCall(1, missed=True), "missed group call"),
        (
            tl.MessageActionGroupCall(tl.InputGroupCall(1, 2), duration=600),
            "ended the call in the group after 10 min",
        ),
        (tl.MessageActionScreenshotTaken(), "took a screenshot"),
        (tl.MessageActionSetMessagesTTL(86400 * 7), "Messages are deleted after 7 days now."),
        (tl.MessageActionSetMessagesTTL(0), "turned off automatic deletion of messages"),
        (tl.MessageActionTopicCreate("Plans", 0), "created the topic Plans"),
        (tl.MessageActionTopicEdit(closed=True), "closed the topic"),
        (tl.MessageActionTopicEdit(closed=False), "opened the topic again"),
        (tl.MessageActionTopicEdit(title="Old plans"), "renamed the topic: Old plans"),
        (tl.MessageActionBoostApply(3), "boosted the group 3 times"),
        (tl.MessageActionCustomAction("<b>x</b>"), "<b>x</b>"),
        (
            tl.MessageActionGiftPremium("USD", 1, 90, message=tl.TextWithEntities("for you", [])),
            "gave Telegram Premium for 90 days\n> for you",
        ),
        (
            tl.MessageActionGeoProximityReached(tl.PeerUser(BORIS), tl.PeerUser(77), 50),
            "Boris Made-Up is only 50 m away from somebody",
        ),
        (tl.MessageActionTodoCompletions([1, 2], []), "ticked 2 of the list"),
        (tl.MessageActionPaymentSent("TJS", 1000), "paid TJS10.00"),
        (tl.MessageActionPaidMessagesRefunded(1, 2), "gave back 2 stars for 1 messages"),
    ],
)
def test_what_is_no_state_is_told(action: Any, shown: str) -> None:
    assert told(action).replace("\xa0", "") == shown


def test_a_pinned_message_is_answered() -> None:
    header = tl.MessageReplyHeader(reply_to_msg_id=3)
    pinned = service(tl.MessageActionPinMessage(), reply_to=header)
    assert only(message_events(pinned, surroundings())).reply_to == "3"


@pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])
def test_every_service_message_of_the_layer_is_known(kind: type) -> None:
    asked: list[UserText] = []

    def say(text: UserText) -> str:
        asked.append(text)
        return str(text)

    events = message_events(service(sample(kind)), surroundings(say=say))
    assert not [
        one for one in asked if "does not know" in one.template or "could not read" in one.template
    ]
    if kind in STATES:
        assert all(isinstance(one, ChatChanged | ChatGone | ChatMoved) for one in events)
        return
    said = next(one for one in events if isinstance(one, RemoteMessage))
    line = text_of(said.parts[0])
    assert line.strip()
    assert not re.search(r"MessageAction|unsupported|\{|<telethon", line)


def test_a_kind_of_a_later_layer_is_told_too() -> None:
    class MessageActionOfTomorrow(tl.MessageActionEmpty):  # type: ignore[misc]
        """Telethon does not know it yet."""

    action = MessageActionOfTomorrow()
    action.__class__ = type("MessageActionOfTomorrow", (), {})
    assert "See it in Telegram" in told(action)


def test_what_is_malformed_is_told_too() -> None:
    broken = tl.MessageActionPaymentSent(None, "much")
    assert "See it in Telegram" in told(broken)


def sample(kind: type) -> Any:
    """An object of a TL class with something in every field that must be there."""
    signature = inspect.signature(kind)
    values = {
        name: _value(str(one.annotation))
        for name, one in signature.parameters.items()
        if one.default is inspect.Parameter.empty and one.kind is one.POSITIONAL_OR_KEYWORD
    }
    return kind(**values)


def _value(annotation: str) -> Any:
    """Something for a parameter, by what Telethon writes about its type."""
    for pattern, value in _SAMPLES:
        if re.search(pattern, annotation):
            return value
    raise AssertionError(f"no sample of {annotation}")


_STICKER = tl.Document(9, 8, b"", NOW, "image/webp", 1, 2, [])
_SAMPLES: list[tuple[str, Any]] = [
    (r"List.*int", [BORIS]),
    (r"List.*Peer", [tl.PeerUser(BORIS)]),
    (r"List.*TodoItem", [tl.TodoItem(1, tl.TextWithEntities("tea", []))]),
    (r"List", []),
    (r"\bint\b", 5),
    (r"\bstr\b", "USD"),
    (r"\bbool\b", True),
    (r"\bbytes\b", b"x"),
    (r"datetime", NOW),
    (r"TypePhoto\b", tl.PhotoEmpty(1)),
    (r"TypePeer\b", tl.PeerUser(BORIS)),
    (r"TypeInputGroupCall", tl.InputGroupCall(1, 2)),
    (r"TypeChatTheme", tl.ChatTheme("🐫")),
    (r"TypeWallPaper", tl.WallPaperNoFile(1)),
    (r"TypePaymentCharge", tl.PaymentCharge("1", "2")),
    (r"TypeSecureCredentials", tl.SecureCredentialsEncrypted(b"", b"", b"")),
    (r"TypeStarGift\b", tl.StarGift(1, _STICKER, 15, 10)),
    (r"TypeStarsAmount", tl.StarsAmount(5, 0)),
    (r"TypeBirthday", tl.Birthday(1, 2)),
    (r"TypePollAnswer", tl.PollAnswer(tl.TextWithEntities("plov", []), b"0")),
]
