# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pure parts of sending, the client's options and what is declared."""

import importlib
import logging
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.core import abilities
from bridges.core.capabilities import Support
from bridges.core.content import FormattedText, LocalMedia, MediaInfo, MediaKind, Text
from bridges.core.ids import ChatID, ChatKey, LoginID
from bridges.core.network import MisconfiguredError
from bridges.telegram import network
from bridges.telegram.client import (
    client_options,
    login_client,
    prepare_library,
)
from bridges.telegram.config import TelegramConfig
from bridges.telegram.emoji import to_matrix, to_telegram
from bridges.telegram.features import features_of
from bridges.telegram.session import TelegramSession
from bridges.telegram.to_telegram.pieces import MAX_CAPTION, Writing, pieces_of, random_id


@given(st.text(), st.integers(0, 100))
def test_random_ids_are_stable_64_bit_numbers(key: str, index: int) -> None:
    number = random_id(key, index)
    assert number == random_id(key, index)
    assert number != random_id(key, index + 1)
    assert -(2**63) <= number < 2**63
    assert number != 0


@given(st.integers(1, 4 * MAX_CAPTION))
def test_captions_are_never_cut(length: int) -> None:
    file = LocalMedia(
        MediaKind.FILE, MediaInfo("x"), Path("x"), FormattedText("ab " * (length // 3 + 1))
    )
    pieces = pieces_of(file, Writing(premium=length % 2 == 0))
    assert [one.file for one in pieces] == [file, *[None] * (len(pieces) - 1)]
    assert "".join(" ".join(one.text.text for one in pieces).split()) == "ab" * (length // 3 + 1)


def test_nothing_becomes_nothing() -> None:
    assert pieces_of(Text(FormattedText(" ")), Writing()) == ()


@pytest.mark.parametrize("emoji", ["❤️", "👍", "❤️‍🔥", "🕊️", "🤷‍♂️", "☃️", "⚡", "✍️", "👨‍💻"])
def test_reaction_emoji_go_there_and_back(emoji: str) -> None:
    assert "\ufe0f" not in to_telegram(emoji)
    assert to_matrix(to_telegram(emoji)) == emoji


def config(**more: Any) -> TelegramConfig:
    return TelegramConfig.model_validate(more, strict=False)


APPLICATION = {"api_id": 5, "api_hash": "0" * 32}


def test_an_application_is_needed_for_the_real_telegram() -> None:
    with pytest.raises(MisconfiguredError, match=r"my\.telegram\.org"):
        client_options(config())
    options = client_options(config(**APPLICATION))
    assert (options.api_id, options.first_dc) == (5, None)
    assert "0" * 32 not in repr(options)
    key = "key.pem"
    server = {"ip": "127.0.0.1", "port": 1, "rsa_public_key_file": key}
    assert client_options(config(server=server)).first_dc == (2, "127.0.0.1", 1)


@pytest.mark.parametrize("kind", ["socks5", "http"])
async def test_proxies(kind: str) -> None:
    proxy = {"type": kind, "host": "proxy", "port": 1080, "username": "u", "password": "p"}
    options = client_options(config(**APPLICATION, proxy=proxy))
    assert (options.proxy["proxy_type"], options.proxy["password"]) == (kind, "p")
    assert "'p'" not in repr(options)
    login_client(options, logging.getLogger("test"))


@pytest.mark.parametrize(
    ("secret", "expected"),
    [
        ("ee" + "1" * 30, "ddee" + "1" * 30),
        ("dd" + "2" * 32, "dd" + "2" * 32),
        ("dd" + "3" * 30, "dddd" + "3" * 30),
        ("AQEBAQEBAQEBAQEBAQEBAQ", "dd" + "01" * 16),
    ],
)
async def test_mtproto_proxies(secret: str, expected: str) -> None:
    proxy = {"type": "mtproto", "host": "proxy", "port": 443, "secret": secret}
    options = client_options(config(**APPLICATION, proxy=proxy))
    assert options.proxy == ("proxy", 443, expected)
    normalize = options.connection.normalize_secret  # type: ignore[attr-defined]
    assert normalize(expected).hex() == expected[2:]
    login_client(options, logging.getLogger("test"))


def test_a_bad_key_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    with pytest.raises(MisconfiguredError, match=r"key\.pem"):
        prepare_library(path)
    path.write_text("not a key")
    with pytest.raises(MisconfiguredError, match=r"key\.pem"):
        prepare_library(path)


@pytest.mark.parametrize("chat", ["user:1", "chat:1", "channel:1", "?"])
def test_features(chat: str) -> None:
    features = features_of(ChatKey(ChatID(chat), LoginID("tg-1")))
    assert features.edit is Support.FULL
    assert features.max_text_length == 4096
    assert features.file[MediaKind.IMAGE].max_caption_length == MAX_CAPTION


def test_every_ability_is_there() -> None:
    session = object.__new__(TelegramSession)
    for name in (
        "HandlesEdits",
        "HandlesRedactions",
        "HandlesReactions",
        "HandlesReceipts",
        "HandlesTyping",
        "FetchesMedia",
        "ListsChats",
        "SearchesChats",
        "ResolvesIdentifiers",
    ):
        assert isinstance(session, getattr(abilities, name))


def test_the_entry_point() -> None:
    assert importlib.import_module("bridges.telegram").network is network
    assert (network.info.id, network.config_type) == ("telegram", TelegramConfig)
    assert network.schema is not None
    assert network.schema.version_table_name == "telegram_version"


def test_premium_accounts_can_do_more() -> None:
    chat = ChatKey(ChatID("user:1"), LoginID("tg-1"))
    usual, more = features_of(chat), features_of(chat, premium=True)
    assert (usual.reaction_count, more.reaction_count) == (1, 3)
    assert (usual.file[MediaKind.FILE].max_size or 0) * 2 == more.file[MediaKind.FILE].max_size
    assert usual.id != more.id
    assert usual.file[MediaKind.STICKER].caption is Support.REJECTED
