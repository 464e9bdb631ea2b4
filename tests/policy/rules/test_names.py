# SPDX-License-Identifier: AGPL-3.0-or-later
"""Server names and patterns: what is accepted, and that Synapse accepts it too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from synapse.util.stringutils import parse_and_validate_server_name

from policy_module.rules.names import (
    InvalidNameError,
    Reach,
    parse_pattern,
    parse_server_name,
    server_of,
)

TEXT = st.text(alphabet="aZ09.-:[]* \n/_é", max_size=20) | st.text(max_size=300)


@pytest.mark.parametrize(
    ("text", "host", "port", "is_address"),
    [
        ("matrix.example.org", "matrix.example.org", None, False),
        ("matrix.example.org:8448", "matrix.example.org", "8448", False),
        ("localhost", "localhost", None, False),
        ("xn--80ak6aa92e.example", "xn--80ak6aa92e.example", None, False),
        ("192.0.2.7", "192.0.2.7", None, True),
        ("192.0.2.7:8448", "192.0.2.7", "8448", True),
        ("[2001:db8::7]", "[2001:db8::7]", None, True),
        ("[2001:db8::7]:8448", "[2001:db8::7]", "8448", True),
    ],
)
def test_valid_names(text: str, host: str, port: str | None, is_address: bool) -> None:
    name = parse_server_name(text)
    assert (name.host, name.port, name.is_address) == (host, port, is_address)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        ".example.org",
        "example.org.",
        "a..b",
        "-a.example",
        "a-.example",
        "https://example.org",
        "example.org/path",
        "@ana:example.org",
        "example.org:",
        "example.org:0",
        "example.org:65536",
        "example.org:٨",
        "example.org\n",
        "exa mple.org",
        "пример.example",
        "[::1",
        "[::1%lo]",
        "[example.org]",
        "2001:db8::7",
        "a" * 256,
    ],
)
def test_invalid_names(text: str) -> None:
    with pytest.raises(InvalidNameError):
        parse_server_name(text)


@given(TEXT)
def test_every_name_we_accept_is_one_for_synapse(text: str) -> None:
    try:
        ours = parse_server_name(text)
    except InvalidNameError:
        return
    host, port = parse_and_validate_server_name(text)
    assert ours.host == host
    assert (None if ours.port is None else int(ours.port)) == port


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("*", "every server"),
        ("*.", "every server"),
        ("**", "every server"),
        ("?.*", "every server"),
        ("", "not a server name"),
        (".", "not a server name"),
        ("example.org:84*8", "at its end"),
        ("example.*", "at its end"),
        ("example.*:8448", "at its end"),
        ("*.example.or?", "at its end"),
        ("a*.192.0.2.7", "IP address"),
        ("-*.example.org", "not a server name"),
        ("*.192.0.2.7", "IP address"),
        ("*.0.2.7", "IP address"),
        ("*.[::1]", "IP address"),
        ("*.https://example.org", "not a server name"),
    ],
)
def test_wildcards_in_wrong_places(text: str, message: str) -> None:
    with pytest.raises(InvalidNameError, match=message):
        parse_pattern(text)


@given(TEXT)
def test_a_pattern_is_read_or_refused_never_more(text: str) -> None:
    try:
        pattern = parse_pattern(text)
    except InvalidNameError:
        return
    wild = "*" in text or "?" in text
    assert (pattern.reach is not Reach.EXACT) == (wild or text.startswith("."))


@pytest.mark.parametrize(
    ("identifier", "server"),
    [
        ("@ana:example.org", "example.org"),
        ("@ana:example.org:8448", "example.org:8448"),
        ("#room:[::1]:8448", "[::1]:8448"),
        ("@ana:", ""),
        ("nonsense", None),
        ("", None),
    ],
)
def test_server_of_an_identifier(identifier: str, server: str | None) -> None:
    assert server_of(identifier) == server
