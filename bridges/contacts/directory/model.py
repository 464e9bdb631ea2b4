# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the directory knows and tells."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol

from attrs import frozen
from mautrix.types import UserID

from bridges.core.ids import LoginID

Handle = NewType("Handle", str)
"""Something by which people have each other, as ``bridges.contacts.directory.handles`` writes it."""


class Consent(StrEnum):
    """Who may know that a person is here."""

    NOBODY = "nobody"
    """Nobody; the person finds nobody either, and nothing is compared."""
    MUTUAL = "mutual"
    """Those whom they have, if these have them. It holds for whoever has said nothing."""
    EVERYONE = "everyone"
    """Everybody who has one of their numbers or accounts."""


@frozen(order=True)
class Proof:
    """A login that shows whose a handle is, for as long as it lasts."""

    network: str
    login: LoginID
    handle: Handle


@frozen
class Compared:
    """What came of comparing somebody's contacts. It does not depend on who is here.

    Attributes:
        listed: how many of the handles are compared from now on.
        waiting: how many are not.
        more_at: when some of these can be; None if it is not time that is missing but a login, or consent.
    """

    listed: int
    waiting: int = 0
    more_at: datetime | None = None


@frozen
class Here:
    """Somebody who is here, as one who may know it has them.

    Attributes:
        handles: those the one who asks has; never any other.
    """

    user: UserID
    handles: frozenset[Handle]


@frozen
class News:
    """Who is here and was not told before.

    Attributes:
        first: nothing was ever told to this person.
    """

    people: tuple[Here, ...]
    first: bool = False


class ProvesIdentities(Protocol):
    """Says what the logins of people prove."""

    async def proofs(self, user: UserID, before: frozenset[Proof]) -> frozenset[Proof]:
        """All proofs there are of a person now. What cannot be told now stays as it was ``before``."""
        ...


class HasContacts(Protocol):
    """Says whom people have."""

    async def handles(self, user: UserID) -> Sequence[Handle]:
        """The handles of all contacts of a person, each once, in an order that stays."""
        ...


class TellsNews(Protocol):
    """Writes to people."""

    async def reaches(self, user: UserID) -> bool:
        """Whether there is a place where somebody can be told something."""
        ...

    async def tell(self, user: UserID, news: News) -> None:
        """Tell somebody who is here. It is told at most once: what fails is not repeated."""
        ...
