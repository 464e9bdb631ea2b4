# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whom and what to believe: threshold, expiry, roll-back, clocks."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_module.lists.verify import (
    CLOCK_SKEW,
    Cause,
    LastAccepted,
    ListTrust,
    Refusal,
    SignedList,
    TrustError,
    verify,
)
from tests.policy.lists.making import DAY, NOW, Signer, content, moment, signed, trust

ANNA = Signer.new("anna", "EdDSA")
BORIS = Signer.new("boris", "ES256")
CARLA = Signer.new("carla", "EdDSA")


def test_a_good_list_is_believed() -> None:
    found = accepted(verify(signed(content(3), ANNA), trust(ANNA), None, NOW))

    assert found.signers == {"anna"}
    assert found.accepted == LastAccepted(3, found.digest)
    assert [each.pattern.text for each in found.content.servers] == [
        "matrix.clinic.example",
        "*.praxis.example",
    ]


@given(
    st.sets(st.sampled_from([ANNA, BORIS, CARLA]), min_size=1),
    st.sets(st.sampled_from([ANNA, BORIS, CARLA]), min_size=1),
    st.integers(1, 3),
)
def test_as_many_trusted_signers_as_the_threshold_are_needed(
    signers: set[Signer], believed: set[Signer], threshold: int
) -> None:
    if threshold > len(believed):
        return
    found = verify(signed(content(), *signers), trust(*believed, threshold=threshold), None, NOW)

    assert isinstance(found, SignedList) == (len(signers & believed) >= threshold)
    if isinstance(found, Refusal):
        assert found.cause is Cause.TOO_FEW_SIGNERS


def test_one_signer_with_two_ids_cannot_be_trusted_twice() -> None:
    twice = {"anna": ANNA.key.public, "anna-2": ANNA.key.public}

    with pytest.raises(TrustError, match="two ids"):
        ListTrust("clinics", twice, 2)


@pytest.mark.parametrize("threshold", [-1, 0, 2])
def test_a_threshold_is_from_one_to_the_number_of_keys(threshold: int) -> None:
    with pytest.raises(TrustError, match="from 1"):
        trust(ANNA, threshold=threshold)


def test_nobody_is_trusted_without_a_key() -> None:
    with pytest.raises(TrustError):
        ListTrust("clinics", {}, 1)


def test_content_is_not_looked_at_before_the_signatures() -> None:
    found = refused(verify(signed(b"no list", CARLA), trust(ANNA), None, NOW))

    assert found.cause is Cause.TOO_FEW_SIGNERS
    assert found.detail == "signed by nobody known, and 1 of anna are needed"


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"", Cause.MALFORMED),
        (signed(b"no list", ANNA), Cause.WRONG_CONTENT),
        (signed(content(), Signer.new("anna")), Cause.BAD_SIGNATURE),
        (signed(content(name="schools"), ANNA), Cause.OTHER_LIST),
        (signed(content(servers=[{"server": "*"}]), ANNA), Cause.WRONG_CONTENT),
    ],
    ids=["empty", "no list", "another key", "another list", "every server"],
)
def test_each_refusal_has_its_cause(data: bytes, cause: Cause) -> None:
    assert refused(verify(data, trust(ANNA), None, NOW)).cause is cause


@given(st.integers(1, 5), st.integers(1, 5), st.booleans())
def test_versions_only_grow(before: int, after: int, same: bool) -> None:
    def servers(note: str) -> list[dict[str, str]]:
        return [{"server": "matrix.clinic.example", "note": note}]

    first = content(before, servers=servers("old"))
    last = accepted(verify(signed(first, ANNA), trust(ANNA), None, NOW)).accepted
    second = content(after, servers=servers("old" if same else "new"))

    found = verify(signed(second, ANNA), trust(ANNA), last, NOW)

    if after > before or (after == before and same):
        assert isinstance(found, SignedList)
    else:
        assert refused(found).cause is Cause.ROLLED_BACK


def test_more_signatures_under_the_same_version_are_no_change() -> None:
    first = accepted(verify(signed(content(), ANNA), trust(ANNA, BORIS), None, NOW))
    more = signed(content(), ANNA, BORIS)

    again = accepted(verify(more, trust(ANNA, BORIS), first.accepted, NOW))

    assert again.digest == first.digest
    assert again.signers == {"anna", "boris"}


@pytest.mark.parametrize(
    ("now", "cause"),
    [
        (NOW - DAY - CLOCK_SKEW, None),
        (NOW - DAY - CLOCK_SKEW - 1, Cause.ISSUED_IN_FUTURE),
        (NOW + 30 * DAY - 1, None),
        (NOW + 30 * DAY, Cause.EXPIRED),
        (0.0, Cause.ISSUED_IN_FUTURE),
        (4e9, Cause.EXPIRED),
    ],
)
def test_a_list_holds_from_its_issue_to_its_expiry(now: float, cause: Cause | None) -> None:
    found = verify(signed(content(), ANNA), trust(ANNA), None, now)

    if cause is None:
        assert isinstance(found, SignedList)
    else:
        assert refused(found).cause is cause


def test_a_list_that_was_believed_ends_at_its_expiry() -> None:
    found = accepted(verify(signed(content(expires=moment(NOW + 5)), ANNA), trust(ANNA), None, NOW))

    assert found.in_force(NOW + 4.9)
    assert not found.in_force(NOW + 5)


def accepted(found: Any) -> SignedList:
    """Insist on a good list."""
    assert isinstance(found, SignedList), found
    return found


def refused(found: Any) -> Refusal:
    """Insist on a refusal."""
    assert isinstance(found, Refusal), found
    return found
