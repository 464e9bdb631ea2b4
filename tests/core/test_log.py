# SPDX-License-Identifier: AGPL-3.0-or-later
"""No secret and no phone number can be read in what is logged."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridges.core.config import LogSettings
from bridges.core.log import REDACTED, Redactor, set_up_logging

TOKEN = "as-token-1n7h3d4rk"
PASSWORD = "p4ss w0rd"
PHONE = "+99 955 501-234"

Logged = Callable[[], str]


@pytest.fixture(params=["json", "console"])
def logged(request: pytest.FixtureRequest) -> Iterator[Logged]:
    """What was logged so far; logging is as before afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    set_up_logging(LogSettings("DEBUG", request.param), [TOKEN], stream)
    yield stream.getvalue
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def _log() -> Any:
    return structlog.get_logger("karvon.test")


@pytest.mark.parametrize(
    "text",
    [
        f"using {TOKEN}.",
        "Authorization: Bearer abc.def-ghi",
        "GET /sync?access_token=abc.def-ghi&x=1",
        "syt_YWxp_abc.def-ghi_0aB1cD",
        "tg://login?token=abc.def-ghi",
        "cannot connect to postgresql://karvon:abc.def-ghi@localhost/karvon",
        f"the number {PHONE} is banned",
    ],
)
def test_a_secret_is_known_by_its_shape(logged: Logged, text: str) -> None:
    _log().info(text, error=text, nested={"list": [text, (text,)]})
    logging.getLogger("telethon").error("%s", text)
    for secret in (TOKEN, "abc.def-ghi", PHONE):
        assert secret not in logged()
    assert REDACTED in logged()


@pytest.mark.parametrize(
    "key",
    ["password", "access_token", "hs_token", "phone", "code", "auth_key", "api_hash", "body"],
)
def test_a_secret_is_known_by_its_name_however_deep(logged: Logged, key: str) -> None:
    _log().info("login", **{key: PASSWORD})
    _log().info("login", nested={"deeper": [{key: PASSWORD}]})
    assert PASSWORD not in logged()


def test_names_that_only_look_secret_stay_readable(logged: Logged) -> None:
    _log().info("refused", error_code="M_FORBIDDEN", lane="chat 17", tries=3)
    assert "M_FORBIDDEN" in logged()
    assert "chat 17" in logged()


def test_secrets_in_tracebacks_are_redacted(logged: Logged) -> None:
    try:
        raise ValueError(f"{PHONE} with {TOKEN}")
    except ValueError:
        _log().exception("failed")
        logging.getLogger("mautrix").exception("failed too")
    assert "Traceback" in logged()
    assert PHONE not in logged()
    assert TOKEN not in logged()


def test_objects_and_octets_are_redacted_as_they_are_shown(logged: Logged) -> None:
    class Thing:
        def __repr__(self) -> str:
            return f"<Thing {TOKEN}>"

    _log().info("thing", thing=Thing(), octets=TOKEN.encode(), error=ValueError(PHONE))
    assert TOKEN not in logged()
    assert PHONE not in logged()


def test_a_secret_as_a_key_is_redacted(logged: Logged) -> None:
    _log().info("sessions", states={PHONE: "CONNECTED", TOKEN: "CONNECTED"})
    assert TOKEN not in logged()
    assert PHONE not in logged()


def test_every_entry_is_one_line_of_json() -> None:
    stream = io.StringIO()
    handlers = list(logging.getLogger().handlers)
    try:
        set_up_logging(LogSettings("INFO", "json"), [], stream)
        _log().info("a\nb", value={"x": ["y", None, 1.5, True]})
    finally:
        logging.getLogger().handlers[:] = handlers
        structlog.reset_defaults()
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["event"] == "a\nb"


_names = st.sampled_from(("error", "lane", "reason", "x"))


def _structures(secret: str) -> st.SearchStrategy[Any]:
    """Anything that somewhere holds the secret."""
    leaves = st.builds(lambda before, after: before + secret + after, st.text(), st.text())
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, min_size=1, max_size=2)
            | st.tuples(inner)
            | st.dictionaries(_names, inner, min_size=1, max_size=2)
            | leaves.map(lambda text: {text: 1})
            | leaves.map(ValueError)
        ),
        max_leaves=5,
    )


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.text(st.characters(codec="utf-8"), min_size=6, max_size=20))
def test_a_known_secret_never_appears(data: st.DataObject, secret: str) -> None:
    redactor = Redactor([secret, secret[1:-1] * 2, secret + "x"])
    entry = {"event": "e", "value": data.draw(_structures(secret))}
    shown = _shown(redactor(None, "info", entry))
    assert secret not in shown.replace(REDACTED, "")


def _shown(value: object) -> str:
    """All texts inside a value."""
    if isinstance(value, dict):
        return "\0".join(_shown(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return "\0".join(map(_shown, value))
    return str(value)


@given(st.from_regex(r"\+[1-9][0-9]{7,14}", fullmatch=True))
def test_a_phone_number_never_appears(phone: str) -> None:
    assert phone not in Redactor().text(f"PHONE_NUMBER_BANNED for {phone} (auth.sendCode)")
