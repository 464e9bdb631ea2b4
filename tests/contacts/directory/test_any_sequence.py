# SPDX-License-Identifier: AGPL-3.0-or-later
"""Any sequence of logins, contacts, wishes and farewells, against the rules said in a few lines."""

import asyncio
from collections.abc import Mapping

from attrs import define, field
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from mautrix.types import UserID

from bridges.contacts.directory.directory import Directory
from bridges.contacts.directory.model import Consent, Handle
from bridges.core.ids import LoginID
from tests.contacts.directory.making import new_directory, opened, person, proof, tel

USERS = [person(name) for name in ("alice", "bob", "carol")]
HANDLES = [tel(number) for number in range(5)]
TABLES = ("directory_person", "directory_charge", "directory_key")

users = st.sampled_from(USERS)
logins = st.sampled_from(["one", "two"])
some_handles = st.lists(st.sampled_from(HANDLES), unique=True, max_size=2)
by_person = st.tuples(*[some_handles] * len(USERS))


@define
class Known:
    """What a person has said and shown."""

    consent: Consent = Consent.MUTUAL
    proofs: set[tuple[str, Handle]] = field(factory=set)
    listed: set[Handle] = field(factory=set)
    told: set[UserID] = field(factory=set)

    @property
    def own(self) -> set[Handle]:
        return {handle for _, handle in self.proofs}

    def has(self, other: "Known") -> bool:
        return bool((self.listed - self.own) & other.own)


World = Mapping[UserID, Known]


def may_know(world: World, viewer: UserID, subject: UserID) -> bool:
    one, other = world[viewer], world[subject]
    return (
        viewer != subject
        and Consent.NOBODY not in (one.consent, other.consent)
        and one.has(other)
        and (other.has(one) if other.consent is Consent.MUTUAL else bool(one.own))
    )


class AnySequence(RuleBasedStateMachine):
    """Does everything with the directory and with the rules."""

    def __init__(self, runner: asyncio.Runner, directory: Directory) -> None:
        super().__init__()
        self.runner = runner
        self.directory = directory
        self.world = {user: Known() for user in USERS}

    @initialize(own=by_person, listed=by_person)
    def begin(self, own: tuple[list[Handle], ...], listed: tuple[list[Handle], ...]) -> None:
        """Most of what can go wrong needs several people who have something to do with each other."""
        for user, handles, contacts in zip(USERS, own, listed, strict=True):
            self.log_in(user, "one", handles)
            self.list_contacts(user, contacts)

    @rule(user=users, login=logins, handles=some_handles)
    def log_in(self, user: UserID, login: str, handles: list[Handle]) -> None:
        known = self.world[user]
        proofs = {one for one in known.proofs if one[0] != login} | {
            (login, handle) for handle in handles
        }
        told = [proof(handle, of_login) for of_login, handle in proofs]
        self.runner.run(self.directory.prove(user, told))
        if known.consent is not Consent.NOBODY:
            known.proofs = proofs

    @rule(user=users, login=logins)
    def log_out(self, user: UserID, login: str) -> None:
        self.runner.run(self.directory.end_login(user, LoginID(login)))
        known = self.world[user]
        known.proofs = {one for one in known.proofs if one[0] != login}

    @rule(user=users, handles=some_handles)
    def list_contacts(self, user: UserID, handles: list[Handle]) -> None:
        self.runner.run(self.directory.compare(user, handles))
        known = self.world[user]
        if known.consent is not Consent.NOBODY:
            known.listed = set(handles) if known.own else known.listed & set(handles)

    @rule(user=users, consent=st.sampled_from(Consent))
    def decide(self, user: UserID, consent: Consent) -> None:
        known = self.world[user]
        before = self.viewers(user)
        self.runner.run(self.directory.set_consent(user, consent))
        levels = list(Consent)
        if known.consent is not Consent.NOBODY and consent is not Consent.NOBODY:
            after = self.viewers(user)
            grows = levels.index(consent) >= levels.index(known.consent)
            assert before <= after if grows else after <= before
        known.consent = consent
        if consent is Consent.NOBODY:
            assert not self.viewers(user)
            known.proofs, known.listed = set(), set()

    @rule(user=users)
    def forget(self, user: UserID) -> None:
        self.runner.run(self.directory.forget(user))
        self.world[user] = Known()
        for known in self.world.values():
            known.told.discard(user)

    @rule()
    def replace_the_key(self) -> None:
        self.runner.run(self.directory.renew_key())

    @rule(user=users)
    def tell(self, user: UserID) -> None:
        told = {one.user for one in self.runner.run(self.directory.news(user)).people}
        known = self.world[user]
        assert told == {one for one in USERS if may_know(self.world, user, one)} - known.told
        known.told |= told

    @invariant()
    def those_are_told_who_may_know(self) -> None:
        everybody = self.here()
        for viewer, people in everybody.items():
            assert set(people) == {one for one in USERS if may_know(self.world, viewer, one)}
            known = self.world[viewer]
            for user, handles in people.items():
                assert handles == self.world[user].own & known.listed - known.own
                if self.world[user].consent is Consent.MUTUAL:
                    assert known.has(self.world[user])
                    assert self.world[user].has(known)
                    assert viewer in everybody[user]

    def viewers(self, subject: UserID) -> set[UserID]:
        return {viewer for viewer, people in self.here().items() if subject in people}

    def here(self) -> dict[UserID, dict[UserID, frozenset[Handle]]]:
        found = {}
        for viewer in USERS:
            here = self.runner.run(self.directory.who_is_here(viewer))
            found[viewer] = {one.user: one.handles for one in here}
        return found


def test_any_sequence(database_url: str) -> None:
    with asyncio.Runner() as runner:
        opening = opened(database_url)
        database = runner.run(opening.__aenter__())

        class OnThisDatabase(AnySequence):
            def __init__(self) -> None:
                for table in TABLES:
                    runner.run(database.execute(f"DELETE FROM {table}"))
                super().__init__(runner, new_directory(database))

        try:
            run_state_machine_as_test(
                OnThisDatabase,
                settings=settings(
                    max_examples=12,
                    stateful_step_count=10,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(opening.__aexit__(None, None, None))
