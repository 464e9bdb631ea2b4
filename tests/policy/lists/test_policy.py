# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signed lists in the policy: their servers count while the list does, whatever happens to files."""

from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

from policy_module.audit.record import AuditRecord
from policy_module.lists.follower import KeptLists, ListFollower
from policy_module.lists.news import ListNews
from policy_module.lists.store import ListStore
from policy_module.live.source import LastGood, PolicyFiles
from policy_module.live.start import begin
from policy_module.rules.decide import decide
from policy_module.rules.document import Direction
from policy_module.rules.load import PolicyRefusedError
from policy_module.rules.policy import Policy
from policy_module.rules.requests import Allow, Deny, FederationRequest, Reason
from tests.policy.lists.making import DAY, NOW, Signer, content, moment, signed, trust
from tests.policy.policy_file import PolicyFile

OWN = "home.example"
ANNA, BORIS = Signer.new("anna"), Signer.new("boris", "ES256")
URL = "https://lists.example/clinics.jws"


@define
class Home:
    """A homeserver's policy file, its state folder, and what its audit log was told."""

    folder: Path
    now: float = NOW
    records: list[AuditRecord] = field(factory=list)
    healthy: bool = True
    files: PolicyFiles = field(init=False)

    def __attrs_post_init__(self) -> None:
        for signer in (ANNA, BORIS):
            (self.folder / f"{signer.key_id}.pem").write_bytes(signer.key.public.pem())
        self.restart()

    def record(self, record: AuditRecord) -> None:
        self.records.append(record)

    def restart(self) -> None:
        """Forget what is in memory."""
        follower = ListFollower(self.store, lambda: self.now, ListNews(self))
        self.files = PolicyFiles(PolicyFile(self.folder).path, OWN, follower)

    @property
    def store(self) -> ListStore:
        return ListStore(self.folder / "state" / "lists")

    def write(self, source: str = "clinics.jws", **changes: Any) -> None:
        """Write the policy."""
        one = {
            "name": "clinics",
            "source": source,
            "keys": [{"id": "anna", "file": "anna.pem"}, {"id": "boris", "file": "boris.pem"}],
            "threshold": 2,
            **changes,
        }
        PolicyFile(self.folder).write(federation={"lists": [one]})

    def publish(self, version: int = 1, **changes: Any) -> None:
        """Lay a good list beside the policy."""
        document = signed(content(version, **changes), ANNA, BORIS)
        (self.folder / "clinics.jws").write_bytes(document)

    def policy(self) -> Policy:
        outcome = self.files.read().outcome
        assert isinstance(outcome, Policy), outcome
        return outcome

    def asked(self, server: str, direction: Direction | None = None) -> Allow | Deny:
        return decide(self.policy(), FederationRequest(server, direction), self.now)

    def allows(self, server: str) -> bool:
        return isinstance(self.asked(server), Allow)

    def kinds(self) -> list[str]:
        return [record.kind for record in self.records]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    made.write()
    made.publish()
    return made


def test_servers_of_a_list_are_allowed_by_its_name(home: Home) -> None:
    assert home.asked("matrix.clinic.example") == Allow("list clinics")
    assert home.asked("a.praxis.example") == Allow("list clinics")
    assert not home.allows("elsewhere.example")


def test_a_list_may_refuse_and_may_name_a_direction_and_an_end(home: Home) -> None:
    home.publish(
        servers=[
            {"server": "*.praxis.example", "direction": "in"},
            {"server": "guest.example", "until": moment(NOW + 5)},
        ],
        deny=[{"server": "old.praxis.example"}],
    )

    assert isinstance(home.asked("a.praxis.example", Direction.IN), Allow)
    assert isinstance(home.asked("a.praxis.example", Direction.OUT), Deny)
    assert isinstance(home.asked("old.praxis.example", Direction.IN), Deny)
    assert home.allows("guest.example")
    home.now += 6
    assert not home.allows("guest.example")


def test_the_servers_end_with_the_list_without_a_reload(home: Home) -> None:
    policy = home.policy()
    request = FederationRequest("matrix.clinic.example")

    assert policy.next_end(NOW) == NOW + 30 * DAY
    assert isinstance(decide(policy, request, NOW + 30 * DAY), Allow)
    late = decide(policy, request, NOW + 30 * DAY + 1)
    assert isinstance(late, Deny)
    assert late.reason is Reason.EXPIRED


def test_an_expired_list_allows_nobody_after_a_restart_either(home: Home) -> None:
    assert home.allows("matrix.clinic.example")
    home.now += 31 * DAY
    home.restart()

    assert not home.allows("matrix.clinic.example")
    assert home.records[-1].details["cause"] == "expired"


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize(
    "how", ["gone", "broken", "rolled back", "one signer", "tampered", "binary"]
)
def test_a_bad_document_leaves_the_last_good_list(home: Home, how: str, restart: bool) -> None:
    home.publish(2)
    assert home.allows("matrix.clinic.example")
    path = home.folder / "clinics.jws"
    match how:
        case "gone":
            path.unlink()
        case "broken":
            path.write_bytes(path.read_bytes()[:-40])
        case "rolled back":
            home.publish(1, servers=[{"server": "old.example"}])
        case "one signer":
            path.write_bytes(signed(content(3, servers=[{"server": "old.example"}]), ANNA))
        case "tampered":
            path.write_bytes(path.read_bytes().replace(b'"payload":"ey', b'"payload":"eX'))
        case "binary":
            path.write_bytes(b"\xff\x00")
    if restart:
        home.restart()

    assert home.allows("matrix.clinic.example")
    assert not home.allows("old.example")
    assert "list_refused" in home.kinds()


def test_a_damaged_store_does_not_take_back_what_is_in_memory(home: Home) -> None:
    assert home.allows("matrix.clinic.example")
    (home.folder / "state" / "lists" / "clinics.state").write_bytes(b"{")

    assert home.allows("matrix.clinic.example")
    home.restart()
    assert not home.allows("matrix.clinic.example")


def test_a_key_that_is_no_longer_trusted_ends_the_list_at_once(home: Home) -> None:
    assert home.allows("matrix.clinic.example")
    (home.folder / "anna.pem").write_bytes(Signer.new("anna").key.public.pem())

    assert not home.allows("matrix.clinic.example")


def test_a_new_version_counts_and_is_news_once(home: Home) -> None:
    home.policy()
    home.publish(2, servers=[{"server": "new.example"}])
    for _ in range(3):
        assert home.allows("new.example")

    assert not home.allows("matrix.clinic.example")
    assert [(each.kind, each.details["version"]) for each in home.records] == [
        ("list_in_force", 1),
        ("list_in_force", 2),
    ]


def test_a_refusal_is_news_once(home: Home) -> None:
    home.policy()
    home.publish(1, servers=[])
    for _ in range(3):
        home.policy()

    assert home.kinds() == ["list_in_force", "list_refused"]


def test_a_fetched_list_counts_when_any_process_has_kept_it(home: Home) -> None:
    home.write(source=URL)
    reading = home.files.read()
    assert not home.allows("matrix.clinic.example")

    home.store.accept(signed(content(), ANNA, BORIS), trust(ANNA, BORIS, threshold=2), NOW)

    assert home.files.look(reading.seen) != reading.seen
    assert home.allows("matrix.clinic.example")


def test_a_change_of_the_document_or_a_key_is_seen_without_reading(home: Home) -> None:
    seen = home.files.read().seen
    assert home.files.look(seen) == seen
    home.publish(2)
    with_list = home.files.look(seen)
    (home.folder / "anna.pem").write_bytes(b"")

    assert seen != with_list != home.files.look(seen)


def test_a_broken_policy_file_goes_on_with_the_lists_of_the_last_good_one(home: Home) -> None:
    last_good = LastGood.in_folder(home.folder / "state", OWN)
    last_good.keep(home.files.read().texts, NOW)
    (home.folder / "policy.yaml").write_text("federation: [")
    home.restart()

    beginning = begin(home.files, last_good)

    assert beginning.refusal is not None
    request = FederationRequest("matrix.clinic.example")
    assert isinstance(decide(beginning.policy, request, NOW), Allow)


@pytest.mark.parametrize("source", ["clinics.jws", URL])
def test_who_only_looks_sees_the_same_and_writes_nothing(home: Home, source: str) -> None:
    home.write(source=source)
    home.store.accept(signed(content(), ANNA, BORIS), trust(ANNA, BORIS, threshold=2), NOW)
    kept = {path: path.stat().st_mtime_ns for path in home.folder.rglob("*")}
    home.files = PolicyFiles(home.files.path, OWN, KeptLists(home.store, lambda: home.now))

    assert home.asked("matrix.clinic.example") == Allow("list clinics")
    home.now += 31 * DAY
    assert not home.allows("matrix.clinic.example")
    assert {path: path.stat().st_mtime_ns for path in home.folder.rglob("*")} == kept


def test_who_only_looks_sees_what_was_kept_if_the_file_is_bad(home: Home) -> None:
    home.policy()
    home.publish(1, servers=[{"server": "old.example"}])
    home.files = PolicyFiles(home.files.path, OWN, KeptLists(home.store, lambda: home.now))

    assert home.allows("matrix.clinic.example")
    assert not home.allows("old.example")


def test_who_only_looks_is_told_of_a_damaged_store(home: Home) -> None:
    home.policy()
    (home.folder / "state" / "lists" / "clinics.state").write_bytes(b"{")
    home.files = PolicyFiles(home.files.path, OWN, KeptLists(home.store, lambda: home.now))

    assert "cannot be read" in str(home.files.read().outcome)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"keys": []}, "threshold"),
        ({"threshold": 3}, "threshold"),
        ({"threshold": 0}, "threshold"),
        ({"source": "http://lists.example/"}, "https"),
        ({"refresh": 5}, "refresh"),
        ({"name": "../x"}, "name"),
        ({"keys": [{"id": "anna", "file": "absent.pem"}], "threshold": 1}, "absent.pem cannot be"),
        ({"keys": [{"id": "anna", "file": "clinics.jws"}], "threshold": 1}, "PEM"),
        ({"keys": [{"id": "a", "file": "anna.pem"}] * 2}, "two keys"),
        (
            {"keys": [{"id": "a", "file": "anna.pem"}, {"id": "b", "file": "anna.pem"}]},
            "under two ids",
        ),
    ],
    ids=str,
)
def test_a_policy_that_is_wrong_about_a_list_is_refused(
    home: Home, changes: dict[str, Any], said: str
) -> None:
    home.write(**changes)

    outcome = home.files.read().outcome

    assert isinstance(outcome, PolicyRefusedError)
    assert said in str(outcome)
    assert "federation.lists[0]" in str(outcome)


def test_two_lists_with_one_name_are_refused(home: Home) -> None:
    one = {"name": "clinics", "source": "clinics.jws", "keys": [{"id": "a", "file": "anna.pem"}]}
    PolicyFile(home.folder).write(federation={"lists": [one, one]})

    outcome = home.files.read().outcome

    assert isinstance(outcome, PolicyRefusedError)
    assert "'clinics' names two lists" in str(outcome)
