# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is stored of one person in the directory, and what follows from it."""

from collections.abc import Iterable, Mapping

from attrs import evolve, field, frozen

from bridges.contacts.directory.model import Consent, Handle, Proof
from bridges.contacts.directory.tokens import Pair


@frozen
class Record:
    """A person.

    Attributes:
        generation: of all their tokens.
        listed: the handles they have, with the token of each; None before they were first compared.
        greeted: whether they were told who is here.
    """

    consent: Consent = Consent.MUTUAL
    generation: int = 0
    proofs: frozenset[Proof] = frozenset()
    listed: Mapping[Handle, bytes] | None = field(default=None)
    greeted: bool = False

    @property
    def own(self) -> frozenset[Handle]:
        """What they have proved."""
        return frozenset(proof.handle for proof in self.proofs)

    @property
    def has(self) -> frozenset[Handle]:
        """Whom they have; nobody has themselves."""
        return frozenset(self.listed or ()) - self.own

    @property
    def pairs(self) -> frozenset[Pair]:
        """All pairs they are in."""
        return frozenset(Pair(own, other) for own in self.own for other in self.has)


def with_consent(record: Record, consent: Consent) -> Record:
    """After they have said who may know. Who hides leaves nothing but that."""
    if consent is Consent.NOBODY:
        return evolve(record, consent=consent, proofs=frozenset(), listed=None)
    return evolve(record, consent=consent)


def with_proofs(record: Record, proofs: Iterable[Proof]) -> Record:
    """After their logins were looked at; of one who hides nothing is kept."""
    if record.consent is Consent.NOBODY:
        return record
    return evolve(record, proofs=frozenset(proofs))
