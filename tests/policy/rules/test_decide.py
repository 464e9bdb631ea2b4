# SPDX-License-Identifier: AGPL-3.0-or-later
"""The decision: default deny, exact names, wildcards, ports, and hostile input."""

from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from policy_module.rules.decide import DEFAULT_DENY, NOT_A_SERVER_NAME, OWN_SERVER, decide
from policy_module.rules.document import Direction, PolicyDocument, Purpose, RoomClass
from policy_module.rules.names import parse_server_name
from policy_module.rules.policy import Policy
from policy_module.rules.requests import (
    Allow,
    Decision,
    Deny,
    EgressRequest,
    FederationRequest,
    InviteRequest,
    JoinRequest,
    Reason,
    RoomClassRequest,
    sentence,
)

OWN = "home.example:8448"
LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True)
DOMAIN = st.lists(LABEL, min_size=2, max_size=4).map(lambda labels: ".".join([*labels, "example"]))
PORT = st.none() | st.integers(1, 65535)
NAME = st.builds(lambda host, port: host if port is None else f"{host}:{port}", DOMAIN, PORT)
ENTRY = NAME | NAME.map(lambda name: f"*.{name}")
ANYTHING = st.none() | st.text(max_size=300) | NAME | ENTRY


NOW = 1_800_000_000.0


def policy(*allow: object, **sections: object) -> Policy:
    content = {"federation": {"allow": list(allow), **sections}}
    return Policy.of(OWN, PolicyDocument.model_validate(content))


def ask(server: str | None, *allow: str) -> Decision:
    return decide(policy(*allow), FederationRequest(server), NOW)


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
    assert (decision.rule, decision.subject) == (DEFAULT_DENY, server)
    assert server in sentence(decision)


@pytest.mark.parametrize(
    "server", [None, "", ".example.org", "*.example.org", "x/.example.org", "x\n.example.org"]
)
def test_what_is_no_name_matches_no_wildcard(server: str | None) -> None:
    decision = ask(server, "*.example.org")
    assert isinstance(decision, Deny)
    assert decision.rule == NOT_A_SERVER_NAME


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
    rules = policy(*allow)
    invitee = "@tooba" if server is None else f"@tooba:{server}"
    invited = decide(rules, InviteRequest(f"@anahita:{OWN}", invitee), NOW)
    assert invited == decide(rules, FederationRequest(server, Direction.OUT), NOW)


DAY = 86_400.0
PATTERN = (
    ENTRY
    | NAME.map(lambda name: f".{name}")
    | st.sampled_from(["a*.b.example", "?.example", "x-*.*.example:8448", "*b.a.example"])
)
LISTED = st.fixed_dictionaries(
    {"server": PATTERN},
    optional={
        "direction": st.sampled_from(["both", "in", "out"]),
        "until": st.sampled_from([NOW - DAY, NOW, NOW + DAY]).map(
            lambda at: datetime.fromtimestamp(at, UTC)
        ),
    },
)
SHORT = st.lists(st.sampled_from("abx"), min_size=1, max_size=3).map(".".join)
CLOSE = st.builds(lambda host, port: f"{host}.example{port}", SHORT, st.sampled_from(["", ":8448"]))


def means(pattern: str, server: str) -> bool:
    """Match one pattern the slow way."""
    host, port = parse_server_name(server).host, parse_server_name(server).port
    wanted, _, wanted_port = pattern.partition(":")
    if (wanted_port or None) != port:
        return False
    if wanted.startswith(".") and "*" not in wanted and "?" not in wanted:
        return host == wanted[1:] or host.endswith(wanted)
    if wanted.startswith("*.") and "*" not in wanted[1:] and "?" not in wanted[1:]:
        return host.endswith(wanted[1:])
    theirs, ours = host.split("."), wanted.split(".")
    return len(theirs) == len(ours) and all(map(fnmatchcase, theirs, ours))


def reference(
    allow: list[dict[str, Any]],
    deny: list[dict[str, Any]],
    server: str,
    direction: Direction | None,
) -> bool:
    """Say what the example policy file says, entry by entry."""

    def counts(entry: dict[str, Any]) -> bool:
        until = entry.get("until")
        return means(entry["server"], server) and not (until and until.timestamp() < NOW)

    def both(entry: dict[str, Any]) -> bool:
        return bool(entry.get("direction", "both") == "both")

    refused = any(
        counts(entry) and (both(entry) or direction is None or entry["direction"] == direction)
        for entry in deny
    )
    return not refused and any(
        counts(entry) and (both(entry) or entry["direction"] == direction) for entry in allow
    )


@given(
    st.lists(LISTED, max_size=6),
    st.lists(LISTED, max_size=3),
    CLOSE | NAME,
    st.sampled_from([None, *Direction]),
)
def test_it_agrees_with_a_slow_reference(
    allow: list[dict[str, Any]],
    deny: list[dict[str, Any]],
    server: str,
    direction: Direction | None,
) -> None:
    answer = decide(policy(*allow, deny=deny), FederationRequest(server, direction), NOW)
    assert isinstance(answer, Allow) == reference(allow, deny, server, direction)


def test_an_entry_counts_until_the_end_of_its_last_day() -> None:
    rules = policy({"server": "near.example", "until": "2027-01-15"})
    last = datetime(2027, 1, 15, 23, 59, 59, tzinfo=UTC).timestamp()
    assert isinstance(decide(rules, FederationRequest("near.example"), last), Allow)
    over = decide(rules, FederationRequest("near.example"), last + 1)
    assert over == Deny(Reason.EXPIRED, "near.example", "near.example")


def test_the_denylist_wins() -> None:
    rules = policy("*.example.org", deny=["bad.example.org"])
    answer = decide(rules, FederationRequest("bad.example.org"), NOW)
    assert answer == Deny(Reason.DENYLISTED, "deny: bad.example.org", "bad.example.org")


def people(**sections: object) -> Policy:
    content = {
        "federation": {"allow": ["near.example"]},
        "everyone": ["federate"],
        "groups": [
            {"name": "guests", "members": [f"@guest-*:{OWN}"], "may": []},
            {"name": "staff", "members": [f"@*-staff:{OWN}"], "may": ["federate", "invite_abroad"]},
        ],
        **sections,
    }
    return Policy.of(OWN, PolicyDocument.model_validate(content))


@pytest.mark.parametrize(
    ("inviter", "invitee", "rule"),
    [
        (f"@a-staff:{OWN}", "@b:near.example", None),
        (f"@anybody:{OWN}", "@b:near.example", "everyone"),
        (f"@guest-a-staff:{OWN}", "@b:near.example", "group guests"),
        (f"@guest-a:{OWN}", f"@guest-b:{OWN}", None),
        ("@b:near.example", f"@guest-a:{OWN}", "group guests"),
        ("@b:near.example", f"@anybody:{OWN}", None),
        ("@b:far.example", f"@anybody:{OWN}", DEFAULT_DENY),
    ],
)
def test_who_may_invite_whom(inviter: str, invitee: str, rule: str | None) -> None:
    answer = decide(people(), InviteRequest(inviter, invitee), NOW)
    assert (answer.rule if isinstance(answer, Deny) else None) == rule


@pytest.mark.parametrize(
    ("user", "servers", "allowed"),
    [
        ("@a", (), True),
        ("@a", ("near.example",), True),
        ("@a", ("far.example", "near.example"), True),
        ("@a", ("far.example",), False),
        ("@guest-a", ("near.example",), False),
        ("@guest-a", (OWN,), True),
    ],
)
def test_who_may_join_through_whom(user: str, servers: tuple[str, ...], allowed: bool) -> None:
    answer = decide(people(), JoinRequest(f"{user}:{OWN}", servers), NOW)
    assert isinstance(answer, Allow) == allowed


@pytest.mark.parametrize(
    ("user", "wanted", "current", "allowed"),
    [
        ("@a", "domestic", None, True),
        ("@a", "allowlisted", None, False),
        ("@lead", "allowlisted", None, True),
        ("@lead", "open", None, False),
        ("@a", "domestic", "allowlisted", True),
        ("@lead", "allowlisted", "domestic", True),
    ],
)
def test_who_may_make_a_room_wider(
    user: str, wanted: str, current: str | None, allowed: bool
) -> None:
    group = {"name": "leads", "members": [f"@lead:{OWN}"], "may": ["widen_rooms"]}
    now = None if current is None else RoomClass(current)
    request = RoomClassRequest(f"{user}:{OWN}", RoomClass(wanted), now)
    assert isinstance(decide(people(groups=[group]), request, NOW), Allow) == allowed


def test_a_destination_is_allowed_for_its_purpose_only() -> None:
    rules = people(egress={"push": ["push.example"]})
    pushed = decide(rules, EgressRequest(Purpose.PUSH, "push.example"), NOW)
    assert pushed == Allow("push: push.example")
    previewed = decide(rules, EgressRequest(Purpose.PREVIEWS, "push.example"), NOW)
    assert isinstance(previewed, Deny)
    assert previewed.reason is Reason.DESTINATION_NOT_LISTED


@given(st.text(), st.text(), st.lists(st.text(), max_size=3))
def test_nothing_makes_it_raise(one: str, other: str, servers: list[str]) -> None:
    for request in (
        InviteRequest(one, other),
        JoinRequest(one, tuple(servers)),
        EgressRequest(Purpose.OTHER, one),
    ):
        answer = decide(people(), request, NOW)
        if isinstance(answer, Deny):
            assert sentence(answer)
