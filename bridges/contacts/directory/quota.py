# SPDX-License-Identifier: AGPL-3.0-or-later
"""How many contacts somebody may have compared, so that nobody can try all numbers there are.

After Hagen et al., "All the Numbers are US" (NDSS 2021): whole address books rarely, additions every day.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from attrs import frozen


@frozen
class Limits:
    """How many handles can be compared, and within which time.

    ``whole`` is about address books that are compared as a whole: most of what they have is new.
    """

    whole: int = 20_000
    whole_within: timedelta = timedelta(days=10)
    added: int = 20_000
    added_within: timedelta = timedelta(days=1)

    def is_whole(self, new: int, kept: int) -> bool:
        """Whether this is an address book as a whole, and not what was added to one."""
        return min(new, self.added) > kept


@frozen(order=True)
class Charge:
    """Handles that were compared at a time, as a whole book or in addition to one."""

    at: datetime
    amount: int
    whole: bool


@frozen
class Allowance:
    """How many of those asked for may be compared, and when the next ones; None if they all may."""

    amount: int
    more_at: datetime | None = None


def allowance(
    accounts: Iterable[Sequence[Charge]], new: int, kept: int, now: datetime, limits: Limits
) -> Allowance:
    """Decide how many handles may be compared now.

    Args:
        accounts: what was charged before to each account that has to pay; all of them do.
        new: how many are wanted that are not being compared yet.
        kept: how many are, and stay.
    """
    charged = [list(charges) for charges in accounts]
    whole = limits.is_whole(new, kept)
    amount = max(0, min([new, *(_left(charges, now, limits, whole) for charges in charged)]))
    if amount == new:
        return Allowance(amount)
    next_whole = limits.is_whole(new - amount, kept + amount)
    after = [[*charges, Charge(now, amount, whole)] for charges in charged]
    return Allowance(amount, max(_free_at(charges, now, limits, next_whole) for charges in after))


def _left(charges: Sequence[Charge], now: datetime, limits: Limits, whole: bool) -> int:
    left = limits.added - _sum(charges, now - limits.added_within)
    if not whole:
        return left
    wholes = [one for one in charges if one.whole]
    return min(left, limits.whole - _sum(wholes, now - limits.whole_within))


def _sum(charges: Iterable[Charge], since: datetime) -> int:
    """What was charged after a moment; what was charged at that very moment is over."""
    return sum(one.amount for one in charges if one.at > since)


def _free_at(charges: Sequence[Charge], now: datetime, limits: Limits, whole: bool) -> datetime:
    """When one more handle may be compared: now, or when some charge is over."""
    ends = {
        one.at + within for one in charges for within in (limits.added_within, limits.whole_within)
    }
    later = sorted(moment for moment in ends if moment > now)
    return next(one for one in (now, *later) if _left(charges, one, limits, whole) > 0)
