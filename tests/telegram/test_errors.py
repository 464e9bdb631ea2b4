# SPDX-License-Identifier: AGPL-3.0-or-later
"""Telegram's errors become the core's, each with a sentence for the person."""

from pathlib import Path
from typing import Any

import pytest
from telethon import errors as tg

import bridges.telegram
from bridges.core.errors import (
    BridgeError,
    NotConnected,
    RateLimited,
    Rejected,
    SessionLost,
    TemporaryError,
)
from bridges.core.i18n import CORE_LOCALE, Translator, load_catalogs
from bridges.telegram.errors import error_name, to_bridge_error

LOCALE = Path(bridges.telegram.__file__).parent / "locale"


def rpc(name: str) -> BaseException:
    error: BaseException = tg.rpc_errors_dict[name](request=None)
    return error


@pytest.mark.parametrize(
    ("error", "kind", "code", "certain"),
    [
        (rpc("CHAT_WRITE_FORBIDDEN"), Rejected, "CHAT_WRITE_FORBIDDEN", True),
        (rpc("PEER_FLOOD"), Rejected, "PEER_FLOOD", True),
        (rpc("FROZEN_METHOD_INVALID"), Rejected, "FROZEN_METHOD_INVALID", True),
        (rpc("AUTH_KEY_UNREGISTERED"), SessionLost, "AUTH_KEY_UNREGISTERED", True),
        (rpc("AUTH_KEY_DUPLICATED"), SessionLost, "AUTH_KEY_DUPLICATED", True),
        (rpc("SESSION_REVOKED"), SessionLost, "SESSION_REVOKED", True),
        (rpc("USER_DEACTIVATED_BAN"), SessionLost, "USER_DEACTIVATED_BAN", True),
        (tg.AuthKeyNotFound(), SessionLost, "AUTH_KEY_NOT_FOUND", True),
        (tg.UnauthorizedError(None, "SOMETHING_NEW", 401), SessionLost, "SOMETHING_NEW", True),
        (tg.RPCError(None, "SOMETHING_NEW_5", 400), Rejected, "SOMETHING_NEW", True),
        (tg.FilePartMissingError(None, capture=3), TemporaryError, "FILE_PART_MISSING", True),
        (tg.ServerError(None, "INTERNAL", 500), TemporaryError, "INTERNAL", False),
        (tg.TimedOutError(None, "Timeout", -503), TemporaryError, "TIMED_OUT", False),
        (ConnectionResetError(), NotConnected, "NOT_CONNECTED", False),
        (EOFError(), NotConnected, "NOT_CONNECTED", False),
        (TimeoutError(), NotConnected, "NOT_CONNECTED", False),
        (ValueError("?"), Rejected, "BRIDGE_ERROR", False),
    ],
)
def test_kinds(error: BaseException, kind: type[BridgeError], code: str, certain: bool) -> None:
    found = to_bridge_error(error)
    assert type(found) is kind
    assert (found.code, found.certain) == (f"TELEGRAM.{code}", certain)
    assert str(found.text).endswith((".", ": login"))


@pytest.mark.parametrize(
    ("error", "seconds", "whole_login"),
    [
        (tg.FloodWaitError(None, capture=77), 77, True),
        (tg.FloodWaitError(None, capture=0), 1, True),
        (tg.FloodPremiumWaitError(None, capture=3), 3, True),
        (tg.TakeoutInitDelayError(None, capture=86400), 86400, False),
        (tg.SlowModeWaitError(None, capture=9), 9, False),
    ],
)
def test_waits(error: Any, seconds: int, whole_login: bool) -> None:
    found = to_bridge_error(error)
    assert isinstance(found, RateLimited)
    assert (found.retry_after, found.whole_login, found.certain) == (seconds, whole_login, True)


def test_names_are_telegrams_own() -> None:
    assert error_name(tg.FloodWaitError(None, capture=5)) == "FLOOD_WAIT"
    assert error_name(tg.SlowModeWaitError(None, capture=5)) == "SLOWMODE_WAIT"


def test_every_error_of_telethon_is_explained() -> None:
    for kind in tg.rpc_errors_dict.values():
        assert str(to_bridge_error(kind(request=None)).text)


def test_ours_stay_as_they_are() -> None:
    error = Rejected("X", to_bridge_error(ValueError()).text)
    assert to_bridge_error(error) is error


@pytest.mark.parametrize(
    ("kind", "what"),
    [("PLAIN", "text messages"), ("ROUNDVIDEOS", "video messages"), ("HOLOGRAMS", "this kind")],
)
def test_what_a_chat_does_not_allow_is_named(kind: str, what: str) -> None:
    found = to_bridge_error(tg.RPCError(None, f"CHAT_SEND_{kind}_FORBIDDEN", 403))
    assert type(found) is Rejected
    assert found.certain
    assert f"does not allow {what}" in str(found.text)
    assert "administrators" in str(found.text)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (30, "30 s"),
        (300, "5 min"),
        (301, "6 min"),
        (7200, "2 h"),
        (86400, "24 h"),
        (10**6, "12 days"),
    ],
)
def test_waits_are_told_in_units_people_count_in(seconds: int, words: str) -> None:
    text = to_bridge_error(tg.FloodWaitError(None, capture=seconds)).text
    assert f"for {words};" in str(text)
    catalogs = load_catalogs([CORE_LOCALE, LOCALE])
    for language in ("ru", "uz", "tg"):
        told = Translator(catalogs).translate(text, language)
        assert f"{words} " not in told
        assert words.split()[0] in told
