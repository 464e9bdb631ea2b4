# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is inside, outside, accepted or unknown, and that one address abroad is enough."""

import json
import socket
import threading
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_module.residency.accepted import AcceptedByPolicy, line_to_add
from policy_module.residency.at_rest import DataAtRest
from policy_module.residency.audit import Auditor
from policy_module.residency.check import Finding, Verdict, check
from policy_module.residency.endpoints import Endpoint, Local, Purpose, Remote, Target, Unknown
from policy_module.residency.listed import MOST_SERVERS, listed_endpoints
from policy_module.residency.report import Report, counted, document_of, of_concern
from policy_module.residency.resolve import Answer, resolve_all, system_resolver
from policy_module.residency.storage import Disks
from policy_module.rules.load import load
from policy_module.rules.policy import Policy
from policy_module.territory.addresses import Address
from policy_module.territory.territory import Territory

HOME = Territory.build("home", [ip_network("192.0.2.0/24"), ip_network("2001:db8::/32")])
NOW = 1_800_000_000.0
POLICY = """\
territories: {home: {networks: [192.0.2.0/24]}}
residency: {territory: home}
federation: {allow: [near.test]}
egress:
  email: [{host: mail.abroad.test, abroad: true}, {host: old.abroad.test, abroad: true, until: 2020-01-01}]
  sso: [login.abroad.test]
  bridges: [{host: "*.telegram.test", abroad: true}, {host: "198.51.100.7", abroad: true}]
  other: [{host: "[2001:db8:9::1]", abroad: true}]
"""
AT_HOME = "territories: {home: {networks: [192.0.2.0/24]}}, residency: {territory: home, federation: true}"


def nobody(endpoint: Endpoint) -> None:
    return None


def found(target: Target, *addresses: str, purpose: Purpose = Purpose.MAIL) -> Finding:
    answer = Answer(tuple(map(ip_address, addresses)))
    return check(Endpoint(purpose, "key", target), answer, HOME, nobody)


@pytest.mark.parametrize(
    ("target", "addresses", "verdict", "reason"),
    [
        (Local("/run/x.sock"), (), Verdict.HERE, "a path of this machine"),
        (Unknown("who knows"), (), Verdict.UNCHECKABLE, "who knows"),
        (Remote("a"), ("127.0.0.1", "::1"), Verdict.HERE, "loopback"),
        (Remote("a"), ("192.0.2.1",), Verdict.INSIDE, "network 192.0.2.0/24"),
        (
            Remote("a"),
            ("192.0.2.1", "2001:db8::1"),
            Verdict.INSIDE,
            "network 192.0.2.0/24; network 2001:db8::/32",
        ),
        (Remote("a"), ("198.51.100.1",), Verdict.OUTSIDE, "not in territory home: 198.51.100.1"),
        (
            Remote("a"),
            ("192.0.2.1", "2001:db9::1", "198.51.100.1"),
            Verdict.OUTSIDE,
            "not in territory home: 2001:db9::1, 198.51.100.1",
        ),
        (
            Remote("a"),
            ("127.0.0.1", "10.0.0.1"),
            Verdict.OUTSIDE,
            "not in territory home: 10.0.0.1",
        ),
        (Remote("a"), ("::ffff:192.0.2.1",), Verdict.INSIDE, "network 192.0.2.0/24"),
        (Remote("a"), (), Verdict.UNRESOLVED, "has no address"),
    ],
)
def test_verdicts(
    target: Target, addresses: tuple[str, ...], verdict: Verdict, reason: str
) -> None:
    finding = found(target, *addresses)
    assert (finding.verdict, finding.reason) == (verdict, reason)


@given(st.lists(st.ip_addresses(), min_size=1, max_size=4))
def test_inside_means_that_every_address_is(addresses: list[Address]) -> None:
    finding = found(Remote("a"), *map(str, addresses))
    good = [HOME.contains(one) is not None or one.is_loopback for one in addresses]
    assert (finding.verdict in {Verdict.INSIDE, Verdict.HERE}) == all(good)
    assert (finding.verdict is Verdict.OUTSIDE) == (not all(good))


def accepted_by() -> AcceptedByPolicy:
    return AcceptedByPolicy(load(POLICY, "home.test", str), NOW)


@pytest.mark.parametrize(
    ("purpose", "target", "rule"),
    [
        (Purpose.MAIL, Remote("mail.abroad.test", 25), "egress.email: mail.abroad.test, abroad"),
        (Purpose.MAIL, Remote("MAIL.abroad.test.", 25), "egress.email: mail.abroad.test, abroad"),
        (Purpose.MAIL, Remote("old.abroad.test", 25), None),
        (Purpose.SIGN_ON, Remote("login.abroad.test", 443), None),
        (Purpose.SIGN_ON, Remote("mail.abroad.test", 443), None),
        (Purpose.NETWORK, Remote("dc2.telegram.test"), "egress.bridges: *.telegram.test, abroad"),
        (Purpose.NETWORK, Remote("198.51.100.7", 443), "egress.bridges: 198.51.100.7, abroad"),
        (Purpose.DATABASE, Remote("2001:db8:9::1", 5432), "egress.other: [2001:db8:9::1], abroad"),
        (
            Purpose.KEY_SERVER,
            Remote("near.test", 8448),
            "allowed server near.test; residency.federation is off",
        ),
        (Purpose.KEY_SERVER, Remote("far.test", 8448), None),
        (Purpose.DATABASE, Local("/x"), None),
        (Purpose.MAIL, Remote("not a name"), None),
    ],
)
def test_what_a_policy_lets_be_abroad(purpose: Purpose, target: Target, rule: str | None) -> None:
    assert accepted_by()(Endpoint(purpose, "key", target)) == rule


@pytest.mark.parametrize(
    ("purpose", "host"),
    [
        (Purpose.MAIL, "new.abroad.test"),
        (Purpose.NETWORK, "203.0.113.5"),
        (Purpose.DATABASE, "2001:db8:7::1"),
    ],
)
def test_the_line_to_add_is_enough(purpose: Purpose, host: str) -> None:
    endpoint = Endpoint(purpose, "key", Remote(host, 99))
    line = line_to_add(endpoint)
    assert line is not None
    assert AcceptedByPolicy(load(line, "home.test", str), NOW)(endpoint) is not None


def test_no_line_helps_a_key_server() -> None:
    assert line_to_add(Endpoint(Purpose.KEY_SERVER, "key", Remote("far.test"))) is None
    assert line_to_add(Endpoint(Purpose.DATABASE, "key", Local("/x"))) is None


def test_key_servers_must_be_at_home_if_servers_must() -> None:
    strict = POLICY.replace("territory: home}", "territory: home, federation: true}")
    accepted = AcceptedByPolicy(load(strict, "home.test", str), NOW)
    assert accepted(Endpoint(Purpose.KEY_SERVER, "key", Remote("near.test", 8448))) is None


def test_what_is_accepted_says_both() -> None:
    endpoint = Endpoint(Purpose.MAIL, "key", Remote("mail.abroad.test"))
    finding = check(endpoint, Answer((ip_address("198.51.100.1"),)), HOME, accepted_by())
    assert finding.verdict is Verdict.ACCEPTED
    assert finding.reason == (
        "egress.email: mail.abroad.test, abroad (not in territory home: 198.51.100.1)"
    )


def test_the_system_resolver() -> None:
    localhost = system_resolver("localhost")
    assert ip_address("127.0.0.1") in localhost.addresses
    nowhere = system_resolver("nowhere.invalid")
    assert nowhere.addresses == ()
    assert nowhere.problem
    assert system_resolver("a" * 70 + ".test").problem
    assert system_resolver("").addresses or system_resolver("").problem


def test_addresses_are_not_resolved_and_names_once() -> None:
    asked: list[str] = []

    def resolve(host: str) -> Answer:
        asked.append(host)
        return Answer(problem=f"no {host}")

    answers = resolve_all(["b", "a", "b", "192.0.2.1", "2001:db8::1"], resolve)
    assert sorted(asked) == ["a", "b"]
    assert answers["a"] == Answer(problem="no a")
    assert answers["192.0.2.1"] == Answer((ip_address("192.0.2.1"),))
    assert answers["2001:db8::1"] == Answer((ip_address("2001:db8::1"),))


def test_names_are_resolved_side_by_side() -> None:
    waiting = socket.socketpair()

    def resolve(host: str) -> Answer:
        if host == "first":
            waiting[0].recv(1)  # waits for the other name, which is behind it
        else:
            waiting[1].send(b"x")
        return Answer()

    assert set(resolve_all(["first", "second"], resolve)) == {"first", "second"}
    for one in waiting:
        one.close()


def test_a_resolver_that_does_not_answer_is_given_up() -> None:
    over = threading.Event()

    def resolve(host: str) -> Answer:
        if host == "slow":
            over.wait()
        return Answer((ip_address("192.0.2.1"),))

    try:
        answers = resolve_all(["quick", "slow"], resolve, patience=0.2)
    finally:
        over.set()
    assert answers["quick"].addresses
    assert answers["slow"] == Answer(problem="no answer within 0.2 s")


def findings() -> tuple[Finding, ...]:
    return (
        found(Remote("a", 25), "198.51.100.1"),
        found(Local("/x")),
        found(Unknown("who knows")),
        found(Remote("b"), "192.0.2.1"),
        found(Remote("c")),
    )


def test_the_report_counts_and_sorts() -> None:
    counts = counted(findings())
    assert counts == {
        Verdict.OUTSIDE: 1,
        Verdict.HERE: 1,
        Verdict.UNCHECKABLE: 1,
        Verdict.INSIDE: 1,
        Verdict.UNRESOLVED: 1,
        Verdict.ACCEPTED: 0,
    }
    assert [finding.endpoint.shown for finding in of_concern(findings())] == ["a:25", "c", "?"]


def test_the_document_is_json_with_everything() -> None:
    report = Report(HOME, NOW, findings(), (DataAtRest("x", "y", "z", "w"),), ("a remark",))
    document = json.loads(json.dumps(document_of(report)))
    assert not report.is_home
    assert document["is_home"] is False
    assert document["checked_at"] == "2027-01-15T08:00:00+00:00"
    assert document["territory"] == {"name": "home", "digest": HOME.digest, "sources": []}
    assert document["counts"]["outside"] == 1
    assert document["endpoints"][0] == {
        "purpose": "mail",
        "where_configured": "key",
        "target": "a:25",
        "host": "a",
        "port": 25,
        "verdict": "outside",
        "reason": "not in territory home: 198.51.100.1",
        "remark": "",
        "line_to_add": "egress: {email: [{host: a, abroad: true, note: …}]}",
        "addresses": [{"address": "198.51.100.1", "rule": None}],
    }
    assert document["data_at_rest"] == [
        {"what": "x", "where": "y", "encryption": "z", "retention": "w"}
    ]
    assert {row["what"] for row in document["outside_this_process"]} >= {
        "backups",
        "log shipping",
        "people's devices",
    }
    assert all(row["rule"] for row in document["outside_this_process"])
    assert document["remarks"] == ["a remark"]
    assert Report(HOME, NOW, findings()[1:], ()).is_home


def policy(text: str = POLICY) -> Policy:
    return load(text, "home.test", str)


def test_a_whole_audit() -> None:
    endpoints = [
        Endpoint(Purpose.MAIL, "a", Remote("mail.abroad.test")),
        Endpoint(Purpose.MAIL, "b", Remote("home.test")),
        Endpoint(Purpose.DATABASE, "c", Local("/x")),
    ]
    names = {"mail.abroad.test": "198.51.100.1", "home.test": "192.0.2.5"}
    nowhere = Answer(problem="no such name")

    def resolve(host: str) -> Answer:
        return Answer((ip_address(names[host]),)) if host in names else nowhere

    auditor = Auditor(resolve, Disks, lambda: NOW)
    verdicts = [
        (str(finding.endpoint.purpose), finding.endpoint.shown, finding.verdict)
        for finding in auditor.audit(policy(), endpoints)
    ]
    assert verdicts == [
        ("mail", "mail.abroad.test", Verdict.ACCEPTED),
        ("mail", "home.test", Verdict.INSIDE),
        ("database", "/x", Verdict.HERE),
        ("mail", "mail.abroad.test", Verdict.ACCEPTED),
        ("mail", "old.abroad.test", Verdict.UNRESOLVED),
        ("sign_on", "login.abroad.test", Verdict.UNRESOLVED),
        ("network", "198.51.100.7", Verdict.ACCEPTED),
        ("other", "[2001:db8:9::1]", Verdict.ACCEPTED),
    ]
    assert auditor.audit(policy("{}"), endpoints) == ()


def test_allowed_servers_are_looked_at_if_they_must_be_at_home() -> None:
    strict = POLICY.replace("territory: home}", "territory: home, federation: true}")
    listed = listed_endpoints(policy(strict.replace("[near.test]", "[near.test, '*.wild.test']")))
    servers = [one for one in listed if one.purpose is Purpose.FEDERATION]
    assert [one.shown for one in servers] == ["near.test:8448"]
    accepted = AcceptedByPolicy(policy(strict), NOW)
    assert accepted(servers[0]) is None
    assert all(one.purpose is not Purpose.FEDERATION for one in listed_endpoints(policy()))


def test_a_long_list_of_servers_is_not_resolved_whole() -> None:
    names = ", ".join(f"s{number}.test" for number in range(MOST_SERVERS + 7))
    text = f"{{federation: {{allow: [{names}]}}, {AT_HOME}}}"
    listed = listed_endpoints(policy(text))
    assert len(listed) == MOST_SERVERS + 1
    assert listed[-1].target == Unknown("7 more allowed servers; each is judged when connected to")
