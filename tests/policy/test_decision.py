# SPDX-License-Identifier: AGPL-3.0-or-later
"""The decision: default deny, exact names, wildcards, ports, and hostile input."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from policy_module.decision import (
    DEFAULT_DENY,
    NOT_A_SERVER_NAME,
    OWN_SERVER,
    Allow,
    Decision,
    Deny,
    FederationRequest,
    InviteRequest,
    Policy,
    decide,
)
from policy_module.names import InvalidNameError

OWN = "home.example:8448"
LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True)
DOMAIN = st.lists(LABEL, min_size=2, max_size=4).map(lambda labels: ".".join([*labels, "example"]))
PORT = st.none() | st.integers(1, 65535)
NAME = st.builds(lambda host, port: host if port is None else f"{host}:{port}", DOMAIN, PORT)
ENTRY = NAME | NAME.map(lambda name: f"*.{name}")
ANYTHING = st.none() | st.text(max_size=300) | NAME | ENTRY


def ask(server: str | None, *allow: str) -> Decision:
    return decide(Policy.build(OWN, allow), FederationRequest(server))


@pytest.mark.parametrize(
    ("server", "entry"),
    [
        ("matrix.example.net", "matrix.example.net"),
        ("matrix.example.net:8448", "matrix.example.net:8448"),
        ("a.example.org", "*.example.org"),
        ("a.b.example.org", "*.example.org"),
        ("a.example.org:8448", "*.example.org:8448"),
        ("ministry.example", "*.example"),
        ("192.0.2.7:8448", "192.0.2.7:8448"),
        ("[2001:db8::7]", "[2001:db8::7]"),
    ],
)
def test_what_an_entry_allows(server: str, entry: str) -> None:
    assert ask(server, "other.example", entry) == Allow(entry)


@pytest.mark.parametrize(
    ("server", "entry"),
    [
        ("example.org", "*.example.org"),
        ("aexample.org", "*.example.org"),
        ("a.example.org.evil.example", "*.example.org"),
        ("a.example.org:8448", "*.example.org"),
        ("a.example.org", "*.example.org:8448"),
        ("a.EXAMPLE.org", "*.example.org"),
        ("matrix.example.net:8448", "matrix.example.net"),
        ("Matrix.example.net", "matrix.example.net"),
        ("sub.matrix.example.net", "matrix.example.net"),
        ("home.example", "matrix.example.net"),
    ],
)
def test_what_an_entry_does_not_allow(server: str, entry: str) -> None:
    decision = ask(server, entry)
    assert isinstance(decision, Deny)
    assert (decision.rule, decision.server) == (DEFAULT_DENY, server)
    assert server in decision.reason


@pytest.mark.parametrize(
    "server", [None, "", ".example.org", "*.example.org", "x/.example.org", "x\n.example.org"]
)
def test_what_is_no_name_matches_no_wildcard(server: str | None) -> None:
    decision = ask(server, "*.example.org")
    assert isinstance(decision, Deny)
    assert decision.rule == NOT_A_SERVER_NAME


def test_building_from_a_bad_entry_fails() -> None:
    with pytest.raises(InvalidNameError):
        Policy.build(OWN, ["*"])


@given(st.lists(ENTRY, max_size=5))
def test_our_own_server_is_always_allowed(allow: list[str]) -> None:
    assert ask(OWN, *allow) == Allow(OWN_SERVER)


@given(ANYTHING)
def test_an_empty_list_denies_everybody_else(server: str | None) -> None:
    assume(server != OWN)
    assert isinstance(ask(server), Deny)


@given(ANYTHING, st.lists(ENTRY, max_size=5))
def test_only_an_entry_that_means_the_name_allows_it(server: str | None, allow: list[str]) -> None:
    assume(server != OWN)
    decision = ask(server, *allow)
    if isinstance(decision, Allow):
        assert server is not None
        assert decision.rule in allow
        below = decision.rule.removeprefix("*")
        assert server == decision.rule or (below != decision.rule and server.endswith(below))


@given(ANYTHING, st.lists(ENTRY, max_size=4), ENTRY)
def test_adding_an_entry_never_takes_away(
    server: str | None, allow: list[str], another: str
) -> None:
    if isinstance(ask(server, *allow), Allow):
        assert isinstance(ask(server, *allow, another), Allow)


@given(st.lists(LABEL, min_size=1, max_size=3), DOMAIN, PORT)
def test_a_wildcard_allows_every_name_below(
    labels: list[str], domain: str, port: int | None
) -> None:
    base = domain if port is None else f"{domain}:{port}"
    assert isinstance(ask(".".join([*labels, base]), f"*.{base}"), Allow)
    assert isinstance(ask(base, f"*.{base}"), Deny)


@given(ANYTHING, st.lists(ENTRY, max_size=3))
def test_an_invite_is_decided_by_the_invitees_server(server: str | None, allow: list[str]) -> None:
    policy = Policy.build(OWN, allow)
    invitee = "@tooba" if server is None else f"@tooba:{server}"
    assert decide(policy, InviteRequest(invitee)) == decide(policy, FederationRequest(server))


def test_entries_are_given_back_as_written() -> None:
    allow = ["matrix.example.net", "*.example.org"]
    assert list(Policy.build(OWN, allow).entries()) == allow
