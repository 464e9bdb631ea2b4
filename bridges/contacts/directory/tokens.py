# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tokens: what is stored in place of handles, and tells nothing without the key.

A pair's token is the same for both who are in it, and nobody else ever has it. So of those who are not here
no token comes twice: whose contacts they are cannot be found by comparing rows.
"""

import asyncio
from collections.abc import Sequence

from attrs import frozen

from bridges.contacts.directory.model import Handle
from bridges.contacts.directory.oprf import Key

TOKEN_BYTES = 16
"""Of the function's 64. A token that two pairs share would not be believed: the handles are compared too."""

_AT_ONCE = 1_000
"""Tokens: about 0.1 s in a thread, which lets others run meanwhile."""


@frozen(order=True)
class Pair:
    """Somebody's own handle, and one they have."""

    own: Handle
    other: Handle

    @property
    def side(self) -> int:
        """On which side of the pair its owner is: 0 or 1. The one who is had is on the other."""
        return int(self.own > self.other)


class Tokens:
    """Makes tokens with one key."""

    def __init__(self, key: Key) -> None:
        self._key = key

    async def of_pairs(self, pairs: Sequence[Pair]) -> list[bytes]:
        """A token for each pair, the same whoever's own the one and whoever's the other is."""
        return await self._evaluated(
            [_named("pair", *sorted((one.own, one.other))) for one in pairs]
        )

    async def of_handles(self, handles: Sequence[Handle]) -> list[bytes]:
        """A token for each handle, by which those are found who want to be found by everybody."""
        return await self._evaluated([_named("handle", one) for one in handles])

    async def of_accounts(self, accounts: Sequence[str]) -> list[bytes]:
        """A token for each who is charged for comparing: a handle, or a Matrix id."""
        return await self._evaluated([_named("charge", one) for one in accounts])

    async def _evaluated(self, inputs: Sequence[bytes]) -> list[bytes]:
        values: list[bytes] = []
        for start in range(0, len(inputs), _AT_ONCE):
            part = inputs[start : start + _AT_ONCE]
            values += await asyncio.to_thread(self._evaluate, part)
        return values

    def _evaluate(self, inputs: Sequence[bytes]) -> list[bytes]:
        return [self._key.evaluate(one)[:TOKEN_BYTES] for one in inputs]


def _named(purpose: str, *handles: str) -> bytes:
    """Handles and Matrix ids have no zero byte in them."""
    return "\0".join((purpose, *handles)).encode()
