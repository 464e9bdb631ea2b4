# SPDX-License-Identifier: AGPL-3.0-or-later
"""What bridges say that logins prove, as proofs."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from mautrix.types import UserID

from bridges.contacts.directory.handles import of_account, of_phone
from bridges.contacts.directory.model import Handle, Proof
from bridges.contacts.live.client import BridgeRefuses, BridgeSilent
from bridges.contacts.live.model import Identity
from bridges.contacts.sources.model import IdKind, NetworkID
from bridges.core.network import SessionState

_KINDS = frozenset(IdKind)


class Bridge(Protocol):
    """A bridge that can be asked: ``bridges.contacts.live.client.BridgeClient``."""

    @property
    def network(self) -> str:
        """Whose bridge it is."""
        ...

    async def identities(self, user: UserID) -> Sequence[Identity]:
        """What a person's logins prove now. Raises ``BridgeSilent`` and ``BridgeRefuses``."""
        ...


class BridgeEvidence:
    """Asks all bridges. See ``bridges.contacts.directory.model.ProvesIdentities``."""

    def __init__(self, bridges: Sequence[Bridge]) -> None:
        self._bridges = bridges

    async def proofs(self, user: UserID, before: frozenset[Proof]) -> frozenset[Proof]:
        """Give what is proved now; what cannot be told now stays as it was ``before``."""
        found: frozenset[Proof] = frozenset()
        for bridge in self._bridges:
            known = frozenset(one for one in before if one.network == bridge.network)
            try:
                found |= told(await bridge.identities(user), known)
            except (BridgeSilent, BridgeRefuses):
                found |= known
        return found


def told(identities: Iterable[Identity], before: frozenset[Proof]) -> frozenset[Proof]:
    """Give the proofs of one network.

    A login that is only disconnected proves what it did before. One that the network has ended proves
    nothing, as one that is not there any more.
    """
    proofs: set[Proof] = set()
    for one in identities:
        if one.proven:
            proofs |= {Proof(one.network, one.login, handle) for handle in _handles(one)}
        elif one.state is not SessionState.BAD_CREDENTIALS:
            proofs |= {proof for proof in before if proof.login == one.login}
    return frozenset(proofs)


def _handles(identity: Identity) -> frozenset[Handle]:
    ids = [NetworkID(IdKind(kind), value) for kind, value in identity.ids.items() if kind in _KINDS]
    accounts = frozenset(handle for one in ids for handle in of_account(one))
    return accounts | (of_phone(identity.phone) if identity.phone else frozenset())
