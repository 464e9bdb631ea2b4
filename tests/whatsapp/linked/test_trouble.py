# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the worker tells of a connection, in words, and when a phone that is away is warned of."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.core.network import SessionState
from bridges.whatsapp.linked.phone_watch import due_warning, warning
from bridges.whatsapp.linked.trouble import PROXY_AWAY, RECONNECTING, verdict

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "data", "state", "words"),
    [
        ("connected", {}, SessionState.CONNECTED, ""),
        ("keepalive_restored", {}, SessionState.CONNECTED, ""),
        ("keepalive_timeout", {}, SessionState.TRANSIENT_DISCONNECT, "does not answer"),
        ("stream_replaced", {}, SessionState.UNKNOWN_ERROR, "a second copy"),
        ("client_outdated", {}, SessionState.UNKNOWN_ERROR, "has to update it"),
        ("stream_error", {"code": "516"}, SessionState.TRANSIENT_DISCONNECT, "(516)"),
        ("connect_failure", {"reason": "499"}, SessionState.UNKNOWN_ERROR, "(499)"),
        ("logged_out", {"reason": "LOGGED_OUT"}, SessionState.BAD_CREDENTIALS, "The link was"),
        (
            "logged_out",
            {"on_connect": True, "reason": "MAIN_DEVICE_GONE"},
            SessionState.BAD_CREDENTIALS,
            "not on its phone any more",
        ),
        ("logged_out", {}, SessionState.BAD_CREDENTIALS, "has not said why"),
    ],
)
def test_each_failure_says_what_to_do(
    kind: str, data: dict[str, object], state: SessionState, words: str
) -> None:
    found = verdict(kind, data, NOW)
    assert found is not None
    assert found.state is state
    assert words in str(found.reason or "")
    assert found.is_lost is (state is SessionState.BAD_CREDENTIALS)


def test_a_ban_says_until_when_and_is_waited_for() -> None:
    found = verdict("temporary_ban", {"code": "SEND_TO_TOO_MANY_PEOPLE", "expire": 3600}, NOW)
    assert found is not None
    assert "until 2026-11-22 10:00 UTC" in str(found.reason)
    assert "too many people who do not have it" in str(found.reason)
    assert found.retry_in == 3600


def test_a_proxy_may_be_to_blame() -> None:
    direct = verdict("disconnected", {}, NOW)
    behind = verdict("disconnected", {}, NOW, by_proxy=True)
    assert direct is not None
    assert behind is not None
    assert (direct.reason, behind.reason) == (RECONNECTING, PROXY_AWAY)


def test_what_is_not_about_the_connection_is_passed_over() -> None:
    assert verdict("message", {}, NOW) is None


@pytest.mark.parametrize(
    ("away", "warned", "due"),
    [(9, 0, None), (10, 0, 10), (11, 10, None), (12, 10, 12), (13, 12, None), (30, 0, 12)],
)
def test_warnings_come_at_ten_and_twelve_days(away: int, warned: int, due: int | None) -> None:
    assert due_warning(NOW - timedelta(days=away, hours=1), warned, NOW) == due


@given(st.integers(0, 1000), st.integers(0, 20))
def test_nobody_is_warned_twice_of_the_same(away: int, warned: int) -> None:
    due = due_warning(NOW - timedelta(days=away), warned, NOW)
    assert due is None or warned < due <= away


def test_a_warning_names_both_numbers() -> None:
    assert "10 days" in str(warning(10))
    assert "after 14 days" in str(warning(10))
