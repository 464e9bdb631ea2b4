# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a request goes, in the words of the policy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_module.egress.hosts import is_loopback
from policy_module.egress.target import Target, target_of, target_of_text


@pytest.mark.parametrize(
    ("uri", "scheme", "host"),
    [
        (b"https://push.example.org/x", "https", "push.example.org"),
        (b"https://push.example.org:443/", "https", "push.example.org"),
        (b"http://push.example.org:443/", "http", "push.example.org:443"),
        (b"http://PUSH.Example.org:5000?x", "http", "push.example.org:5000"),
        (b"http://[2001:db8::1]/", "http", "[2001:db8::1]"),
        (b"http://[::1]:9000/", "http", "[::1]:9000"),
        (b"matrix-federation://example.org/_matrix", "matrix-federation", "example.org"),
        (b"matrix-federation://Example.org:8448/x", "matrix-federation", "example.org:8448"),
        (b"matrix-federation://[2001:db8::1]/", "matrix-federation", "[2001:db8::1]"),
        (b"matrix-federation://a.example@b.example/", "matrix-federation", "a.example@b.example"),
    ],
)
def test_a_host_has_its_port_unless_that_is_the_usual_one(
    uri: bytes, scheme: str, host: str
) -> None:
    assert target_of(uri) == Target(scheme, host)


@pytest.mark.parametrize(
    "uri",
    [
        b"https://push.example.org@elsewhere.example/",
        b"https://elsewhere.example\\@push.example.org/",
        b"https://push.example.org:x@elsewhere.example/",
        b"https://push.example.org:/",
        b"//",
        b"nonsense",
    ],
)
def test_what_could_be_read_in_two_ways_is_no_host_of_the_policy(uri: bytes) -> None:
    assert target_of(uri).host not in {"push.example.org", "elsewhere.example"}


@given(st.binary())
def test_any_bytes_give_some_target(uri: bytes) -> None:
    assert isinstance(target_of(uri).host, str)


@given(st.one_of(st.text(), st.none(), st.integers(), st.dictionaries(st.text(), st.text())))
def test_anything_a_client_sends_as_a_url_gives_some_target(url: object) -> None:
    assert isinstance(target_of_text(url).host, str)


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:9", "127.0.0.1:9", "127.3.4.5", "[::1]:9"]
)
def test_this_machine_is_known_by_its_words(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "127.1", "localhost.example", "127.0.0.1.example:9", "10.0.0.1", "[::2]", "[", "a]"],
)
def test_nothing_else_is(host: str) -> None:
    assert not is_loopback(host)
