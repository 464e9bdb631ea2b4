# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages only the service can make: every service message, what bots send, what is unknown."""

import inspect
import types as python_types
import typing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from telethon.tl import types

from sandbox.telegram import Person, TelegramSandbox
from sandbox.telegram.accounts import UnknownAccountError
from sandbox.telegram.operator import OperatorError
from tests.sandbox.conftest import Shared, populate
from tests.support.waiting import eventually

ACTIONS = sorted(name for name in vars(types) if name.startswith("MessageAction"))
_SIMPLE: dict[Any, Any] = {int: 7, str: "text", bytes: b"data", bool: True, float: 1.5}
_MOMENT = datetime(2026, 5, 1, tzinfo=UTC)


def _sample(cls: Any) -> Any:
    """Build a TL object with a value for everything that has to be there."""
    hints = typing.get_type_hints(cls.__init__, vars(types))
    return cls(**{name: _value(hints[name]) for name in _required(cls)})


def _required(cls: Any) -> list[str]:
    parameters = inspect.signature(cls).parameters.values()
    return [
        one.name
        for one in parameters
        if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD
    ]


def _value(hint: Any) -> Any:
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is list:
        return [_value(inner[0])]
    if datetime in inner or hint is datetime:
        return _MOMENT
    if origin in {typing.Union, python_types.UnionType}:
        return _sample(min(inner, key=lambda cls: len(_required(cls))))
    return _sample(hint)


async def _latest(person: Person, chat: str | int) -> Any:
    return (await person.history(chat, limit=1))[-1]


@pytest.mark.parametrize("name", ACTIONS)
async def test_every_service_message_arrives(shared: Shared, name: str) -> None:
    action = _sample(getattr(types, name))
    shared.net.operator.service_message("boris_test", action, by="alisa_test")
    message = await _latest(shared.boris, "alisa_test")
    assert bytes(message.action) == bytes(action)
    assert message.sender_id == shared.alisa.account.id
    await eventually(lambda: any(one.ids == (message.id,) for one in shared.boris.received))


async def test_service_messages_in_rooms_name_their_people(shared: Shared) -> None:
    room = await shared.net.add_room("supergroup", "Calls", "alisa_test", ("boris_test",))
    zarina = await shared.net.add_account("+99955500209", "Zarina")
    call = types.InputGroupCall(1, 2)
    invited = types.MessageActionInviteToGroupCall(call, [zarina.id])
    shared.net.operator.service_message("Calls", invited)
    message = await _latest(shared.boris, room.id)
    assert (await shared.boris.client.get_entity(zarina.id)).first_name == "Zarina"
    assert message.action.users == [zarina.id]
    assert message.sender_id == shared.alisa.account.id


def test_a_chat_nobody_knows() -> None:
    net = TelegramSandbox()
    with pytest.raises(OperatorError, match="no room is called 'Nowhere'"):
        net.operator.service_message("Nowhere", types.MessageActionChatDeletePhoto())
    with pytest.raises(UnknownAccountError):
        net.operator.service_message("nobody", types.MessageActionChatDeletePhoto(), by="nobody")


async def test_buttons_and_the_bot_behind_a_message(shared: Shared) -> None:
    shared.net.operator.make_bot("grisha_test")
    button = types.KeyboardInlineButton("Open", types.InlineButtonTypeUrl("https://bot.example/"))
    markup = types.ReplyInlineMarkup([types.KeyboardInlineButtonRow([button])])
    shared.net.operator.post(
        "boris_test", "found it", by="alisa_test", via_bot="grisha_test", markup=markup
    )
    message = await _latest(shared.boris, "alisa_test")
    assert (message.message, message.via_bot.username) == ("found it", "grisha_test")
    shown = message.reply_markup.rows[0].buttons[0]
    assert (shown.text, shown.type.url) == ("Open", "https://bot.example/")


@pytest.mark.parametrize(
    "media",
    [
        types.MessageMediaUnsupported(),
        types.MessageMediaGiveaway(
            channels=[1], quantity=3, until_date=_MOMENT, prize_description="Tea", months=3
        ),
        types.MessageMediaGiveawayResults(
            channel_id=1,
            launch_msg_id=2,
            winners_count=1,
            unclaimed_count=0,
            winners=[5],
            until_date=_MOMENT,
        ),
        types.MessageMediaInvoice("Tea", "A pot", "UZS", 1000, "start", test=True),
    ],
    ids=lambda media: type(media).__name__,
)
async def test_media_no_client_can_send(shared: Shared, media: Any) -> None:
    shared.net.operator.post("boris_test", "caption", by="alisa_test", media=media)
    message = await _latest(shared.boris, "alisa_test")
    assert (bytes(message.media), message.message) == (bytes(media), "caption")


async def test_a_picture_without_a_file_can_be_told_of(shared: Shared) -> None:
    photo = types.Photo(1, 2, b"", _MOMENT, [types.PhotoSize("x", 3, 4, 5)], 2)
    action = types.MessageActionSuggestProfilePhoto(photo)
    shared.net.operator.service_message("boris_test", action, by="alisa_test")
    assert (await _latest(shared.boris, "alisa_test")).action.photo.sizes[0].w == 3


async def test_signed_and_silent(shared: Shared) -> None:
    room = await shared.net.add_room("channel", "Signed", "alisa_test", ("boris_test",))
    shared.net.operator.post("Signed", "quiet news", author="The editors", silent=True)
    message = await _latest(shared.boris, room.id)
    assert (message.post_author, message.silent, message.post) == ("The editors", True, True)


async def test_injected_messages_survive_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    async with TelegramSandbox(state) as net:
        await populate(net)
        net.operator.service_message(
            "boris_test", types.MessageActionSetMessagesTTL(86400), by="alisa_test"
        )
        net.operator.post("boris_test", "via", by="alisa_test", via_bot="vera_test")
    async with TelegramSandbox(state) as net:
        boris = await net.person("boris_test")
        notice, message = await boris.history("alisa_test")
        assert notice.action.period == 86400
        assert message.via_bot_id == net.accounts.find("vera_test").id
