# SPDX-License-Identifier: AGPL-3.0-or-later
"""The directory: who is here, told to those who may know.

Somebody is here for another person if both take part (each has a login that proves something, and does not
hide), the other has one of their proved handles, and they have one of the other's or want to be found by
everybody. Everything else about them looks the same as if they did not exist.
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime

from attrs import evolve
from mautrix.types import UserID

from bridges.contacts.directory.keys import Generation, Keys
from bridges.contacts.directory.model import Compared, Consent, Handle, Here, News, Proof
from bridges.contacts.directory.quota import Allowance, Charge, Limits, allowance
from bridges.contacts.directory.records import Record, with_consent, with_proofs
from bridges.contacts.directory.store import DirectoryStore, TokenChanges
from bridges.core.clock import Clock
from bridges.core.ids import LoginID
from bridges.core.keyed_locks import KeyedLocks


class Directory:
    """Each method is about one person. One process has it, and only once."""

    def __init__(
        self, store: DirectoryStore, keys: Keys, clock: Clock, limits: Limits | None = None
    ) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock
        self._limits = limits or Limits()
        self._locks: KeyedLocks[UserID] = KeyedLocks()
        self._charging = asyncio.Lock()

    async def consent(self, owner: UserID) -> Consent:
        """Who may know that a person is here."""
        return (await self._record(owner)).consent

    async def proofs(self, owner: UserID) -> frozenset[Proof]:
        """What somebody's logins have proved."""
        return (await self._record(owner)).proofs

    async def compared(self, owner: UserID) -> frozenset[Handle]:
        """Those of somebody's contacts that are compared."""
        return frozenset((await self._record(owner)).listed or ())

    async def set_consent(self, owner: UserID, consent: Consent) -> None:
        """Decide it; ``NOBODY`` holds at once. After it proofs and contacts have to be given again."""
        async with self._locks.hold(owner):
            before = await self._record(owner)
            await self._store_change(owner, before, with_consent(before, consent))

    async def prove(self, owner: UserID, proofs: Iterable[Proof]) -> None:
        """Take what somebody's logins prove now, in place of what they proved before."""
        async with self._locks.hold(owner):
            before = await self._record(owner)
            await self._store_change(owner, before, with_proofs(before, proofs))

    async def end_login(self, owner: UserID, login: LoginID) -> None:
        """Drop what a login proved that has ended."""
        async with self._locks.hold(owner):
            before = await self._record(owner)
            left = [proof for proof in before.proofs if proof.login != login]
            await self._store_change(owner, before, with_proofs(before, left))

    async def compare(self, owner: UserID, handles: Iterable[Handle]) -> Compared:
        """Take whom somebody has, in place of whom they had before.

        New handles are compared as far as the limits allow, in the order given, and if a login proves
        something; to give the rest later is for the caller. They are charged before they are compared: what
        is interrupted in between counts.
        """
        wanted = list(dict.fromkeys(handles))
        async with self._locks.hold(owner):
            before = await self._record(owner)
            if before.consent is Consent.NOBODY:
                return Compared(0, len(wanted))
            known = before.listed or {}
            new = [one for one in wanted if one not in known]
            kept = len(wanted) - len(new)
            allowed = await self._charge(owner, before.own, len(new), kept)
            taken = new[: allowed.amount]
            tokens = (await self._keys.current()).tokens
            listed = {one: known[one] for one in wanted if one in known}
            listed |= dict(zip(taken, await tokens.of_handles(taken), strict=True))
            await self._store_change(owner, before, evolve(before, listed=listed))
            return Compared(len(listed), len(new) - len(taken), allowed.more_at)

    async def who_is_here(self, owner: UserID) -> tuple[Here, ...]:
        """Those of whom a person may know that they are here, by Matrix id."""
        record = await self._record(owner)
        if record.consent is Consent.NOBODY or not record.own:
            return ()
        users = set(await self._store.matches(owner))
        if record.generation == (await self._keys.current()).number and record.listed:
            tokens = [record.listed[one] for one in record.has]
            users |= await self._store.found_by_everybody(tokens) - {owner}
        proved = await self._store.proved(sorted(users))
        here = (Here(user, own & record.has) for user, own in sorted(proved.items()))
        return tuple(one for one in here if one.handles)

    async def who_sees(self, owner: UserID) -> tuple[UserID, ...]:
        """Those who may know of a person because each has the other, by Matrix id."""
        return tuple(sorted(await self._store.matches(owner)))

    async def news(self, owner: UserID) -> News:
        """Who is here and was not told to this person before; from now on they were.

        It is noted first and told afterwards, so a crash in between leaves it untold. That does no harm:
        ``who_is_here`` has everybody.
        """
        record = await self._record(owner)
        if record.listed is None or not record.own:
            return News(())
        here = await self.who_is_here(owner)
        new, first = await self._store.tell_once(owner, [one.user for one in here])
        return News(tuple(one for one in here if one.user in new), first)

    async def forget(self, owner: UserID) -> None:
        """Delete everything about a person, who disappears for all others."""
        async with self._locks.hold(owner):
            await self._store.forget(owner)

    async def renew_key(self) -> None:
        """Replace the key of all tokens.

        Until everybody's are made anew, pairs are not found of which only one is done. What is interrupted is
        finished by ``reseal``.
        """
        await self._keys.renew()
        await self._renew_tokens()

    async def reseal(self) -> None:
        """Have nothing depend on keys of the logins that were replaced, and finish what was interrupted."""
        if await self._keys.sealed_with_replaced_key():
            await self._keys.renew()
        await self._renew_tokens()

    async def _renew_tokens(self) -> None:
        generation = await self._keys.current()
        for owner in await self._store.owners_before(generation.number):
            async with self._locks.hold(owner):
                record = await self._store.record(owner)
                if record is not None:
                    await self._store_change(owner, record, record)

    async def _record(self, owner: UserID) -> Record:
        return await self._store.record(owner) or Record()

    async def _charge(
        self, owner: UserID, own: frozenset[Handle], new: int, kept: int
    ) -> Allowance:
        """Charge the person and each account they have proved: logins that are shared share the limits."""
        if not own:
            return Allowance(0)
        tokens = (await self._keys.current()).tokens
        accounts = await tokens.of_accounts([owner, *sorted(own)])
        async with self._charging:
            now = self._clock.now()
            charged = [await self._store.charges(account) for account in accounts]
            allowed = allowance(charged, new, kept, now, self._limits)
            if allowed.amount:
                charge = Charge(now, allowed.amount, self._limits.is_whole(new, kept))
                await self._store.charge(accounts, charge, self._keep_since(now))
        return allowed

    def _keep_since(self, now: datetime) -> datetime:
        return now - max(self._limits.whole_within, self._limits.added_within)

    async def _store_change(self, owner: UserID, before: Record, after: Record) -> None:
        generation = await self._keys.current()
        anew = before.generation != generation.number
        if after == before and not anew:
            return
        if anew and after.listed is not None:
            after = evolve(after, listed=await _tokens_of(generation, list(after.listed)))
        changes = await _changes(generation, before, after, anew=anew)
        after = evolve(after, generation=generation.number)
        proved = await _tokens_of(generation, sorted(after.own))
        await self._store.replace(owner, after, proved, changes)


async def _tokens_of(generation: Generation, handles: Sequence[Handle]) -> dict[Handle, bytes]:
    return dict(zip(handles, await generation.tokens.of_handles(handles), strict=True))


async def _changes(
    generation: Generation, before: Record, after: Record, *, anew: bool
) -> TokenChanges:
    """Which tokens of pairs to remove and to add. Those that stay are not computed."""
    anew = anew or before.pairs.isdisjoint(after.pairs)
    earlier = frozenset() if anew else before.pairs
    removed = sorted(earlier - after.pairs)
    added = sorted(after.pairs - earlier)
    tokens = await generation.tokens.of_pairs([*removed, *added])
    sides = [one.side for one in added]
    return TokenChanges(
        tokens[: len(removed)],
        list(zip(tokens[len(removed) :], sides, strict=True)),
        all_anew=anew,
    )
