# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who speaks for whom: by ids and numbers, never by names."""

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from mautrix.types import UserID

from bridges.migration.archives.model import ArchivedPerson, Source
from bridges.migration.plan.matching import Ghosts, matched
from bridges.migration.plan.model import NOBODY

OWNER = UserID("@madina:home.test")
GHOSTS = Ghosts(
    "home.test",
    "_karvon_archive",
    {Source.TELEGRAM: "telegram_{userid}", Source.WHATSAPP: "whatsapp_{userid}"},
)
BEHI = ArchivedPerson("user102", "Behi")

names = st.text(max_size=12)
persons = st.builds(
    ArchivedPerson,
    st.one_of(st.integers(1, 10**12).map(lambda number: f"user{number}"), names),
    names,
    st.one_of(st.just(""), st.integers(10**6, 10**12).map(lambda number: f"+{number}")),
    st.booleans(),
)


def speaker(person: ArchivedPerson, source: Source = Source.TELEGRAM, me: str = "") -> str:
    registered = {"@telegram_102:home.test", "@whatsapp_998901112233:home.test"}
    return matched(person, source, OWNER, me, GHOSTS, registered).mxid


def test_somebody_known_at_telegram_by_their_id() -> None:
    assert speaker(BEHI) == "@telegram_102:home.test"


def test_somebody_known_at_whatsapp_by_their_number() -> None:
    person = ArchivedPerson("Behi", "Behi", "+998901112233")
    assert speaker(person, Source.WHATSAPP) == "@whatsapp_998901112233:home.test"


def test_somebody_whose_number_the_bridge_knows_by_a_lid() -> None:
    person = ArchivedPerson("+998 90 111 22 33", "", "+998901112233")
    told = evolve(GHOSTS, users={Source.WHATSAPP: {"+998901112233": "lid-77"}})
    lid, number = "@whatsapp_lid-77:home.test", "@whatsapp_998901112233:home.test"

    def speaks_as(registered: set[str]) -> str:
        return matched(person, Source.WHATSAPP, OWNER, "", told, registered).mxid

    assert speaks_as({lid, number}) == lid
    assert speaks_as({number}) == number
    assert speaks_as(set()).startswith("@_karvon_archive_")


def test_a_ghost_that_is_not_there_speaks_for_nobody() -> None:
    assert speaker(ArchivedPerson("user103", "Behi")).startswith("@_karvon_archive_")


def test_the_archive_knows_its_owner_and_the_owner_knows_better() -> None:
    anor = ArchivedPerson("user101", "Anor", is_owner=True)
    assert speaker(anor) == OWNER
    assert speaker(anor, me="Behi") != OWNER
    assert speaker(BEHI, me="Behi") == OWNER
    assert speaker(anor, me=NOBODY) != OWNER


@given(persons, st.sampled_from(Source))
def test_nobody_but_the_owner_speaks_as_a_person(person: ArchivedPerson, source: Source) -> None:
    found = matched(person, source, OWNER, "", GHOSTS, None)
    assert (found.mxid == OWNER) == person.is_owner
    assert person.is_owner or found.mxid.startswith("@_karvon_archive_")


@given(persons, persons)
def test_ghosts_are_their_owners_alone_and_one_for_each_person(
    one: ArchivedPerson, other: ArchivedPerson
) -> None:
    ours = GHOSTS.own(OWNER, Source.TELEGRAM, one.id)
    assert ours != GHOSTS.own("@somebody:home.test", Source.TELEGRAM, one.id)
    assert (ours == GHOSTS.own(OWNER, Source.TELEGRAM, other.id)) == (one.id == other.id)
