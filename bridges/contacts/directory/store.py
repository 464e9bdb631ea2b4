# SPDX-License-Identifier: AGPL-3.0-or-later
"""The directory's tables. Handles are sealed, or are tokens; who of those here was told of whom is not.

The tables are made by ``bridges.contacts.store.schema``.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from attrs import frozen
from mautrix.types import UserID
from mautrix.util.async_db import Connection

from bridges.contacts.directory.model import Consent, Handle, Proof
from bridges.contacts.directory.quota import Charge
from bridges.contacts.directory.records import Record
from bridges.core.ids import LoginID
from bridges.core.secretbox import SecretBox
from bridges.core.storage.database import Database

_AT_ONCE = 500
"""Parameters of one query; SQLite takes 32,766."""

_MATCHES = """
SELECT DISTINCT other.owner
FROM directory_person one
JOIN directory_pair mine ON mine.person = one.number
JOIN directory_pair theirs ON theirs.token = mine.token AND theirs.side <> mine.side
JOIN directory_person other ON other.number = theirs.person
WHERE one.owner = $1 AND other.owner <> $1
"""


@frozen
class TokenChanges:
    """What is to become of the tokens of a person's pairs; tokens to add come with their side."""

    removed: Collection[bytes]
    added: Collection[tuple[bytes, int]]
    all_anew: bool = False


class DirectoryStore:
    """Reads and writes. Methods that read raise ``SecretUnreadable`` if a key is missing."""

    def __init__(self, database: Database, secrets: SecretBox) -> None:
        self._db = database
        self._secrets = secrets

    async def record(self, owner: UserID) -> Record | None:
        """What is stored of a person."""
        async with self._db.transaction() as connection:
            row = await connection.fetchrow(
                "SELECT number, consent, generation, listed, greeted"
                " FROM directory_person WHERE owner = $1",
                owner,
            )
            if row is None:
                return None
            rows = await connection.fetch(
                "SELECT details FROM directory_proof WHERE person = $1", row["number"]
            )
        return Record(
            Consent(row["consent"]),
            int(row["generation"]),
            frozenset(self._proof(owner, one["details"]) for one in rows),
            None if row["listed"] is None else self._listing(owner, row["listed"]),
            bool(row["greeted"]),
        )

    async def replace(
        self, owner: UserID, record: Record, proof_tokens: dict[Handle, bytes], pairs: TokenChanges
    ) -> None:
        """Store a person in place of what was stored before, all or nothing."""
        listed = None if record.listed is None else self._sealed_listing(owner, record.listed)
        async with self._db.transaction() as connection:
            row = await connection.fetchrow(
                "INSERT INTO directory_person (owner, consent, generation, listed, greeted)"
                " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (owner) DO UPDATE SET"
                " consent = excluded.consent, generation = excluded.generation,"
                " listed = excluded.listed RETURNING number",
                owner,
                record.consent.value,
                record.generation,
                listed,
                record.greeted,
            )
            assert row is not None
            number = int(row["number"])
            await connection.execute("DELETE FROM directory_proof WHERE person = $1", number)
            await connection.executemany(
                "INSERT INTO directory_proof (person, token, details) VALUES ($1, $2, $3)",
                [
                    (number, proof_tokens[one.handle], self._sealed_proof(owner, one))
                    for one in sorted(record.proofs)
                ],
            )
            await self._replace_pairs(connection, number, pairs)

    async def _replace_pairs(
        self, connection: Connection, number: int, pairs: TokenChanges
    ) -> None:
        if pairs.all_anew:
            await connection.execute("DELETE FROM directory_pair WHERE person = $1", number)
        await connection.executemany(
            "DELETE FROM directory_pair WHERE token = $1 AND person = $2",
            [(token, number) for token in sorted(pairs.removed)],
        )
        await connection.executemany(
            "INSERT INTO directory_pair (token, person, side) VALUES ($1, $2, $3)",
            [(token, number, side) for token, side in sorted(pairs.added)],
        )

    async def matches(self, owner: UserID) -> list[UserID]:
        """Those who have a person who has them."""
        return [UserID(row["owner"]) for row in await self._db.fetch(_MATCHES, owner)]

    async def found_by_everybody(self, tokens: Sequence[bytes]) -> set[UserID]:
        """Those who want to be found by everybody and have proved one of the handles of these tokens."""
        found = set()
        for start in range(0, len(tokens), _AT_ONCE):
            part = tokens[start : start + _AT_ONCE]
            rows = await self._db.fetch(
                "SELECT DISTINCT person.owner FROM directory_proof proof"
                " JOIN directory_person person ON person.number = proof.person"
                f" WHERE person.consent = $1 AND proof.token IN ({_marks(2, len(part))})",
                Consent.EVERYONE.value,
                *part,
            )
            found |= {UserID(row["owner"]) for row in rows}
        return found

    async def proved(self, users: Sequence[UserID]) -> dict[UserID, frozenset[Handle]]:
        """The handles that people have proved."""
        found: dict[UserID, frozenset[Handle]] = {}
        for start in range(0, len(users), _AT_ONCE):
            part = users[start : start + _AT_ONCE]
            rows = await self._db.fetch(
                "SELECT person.owner, proof.details FROM directory_person person"
                " JOIN directory_proof proof ON proof.person = person.number"
                f" WHERE person.owner IN ({_marks(1, len(part))})",
                *part,
            )
            for row in rows:
                owner = UserID(row["owner"])
                handle = self._proof(owner, row["details"]).handle
                found[owner] = found.get(owner, frozenset()) | {handle}
        return found

    async def tell_once(
        self, owner: UserID, subjects: Iterable[UserID]
    ) -> tuple[set[UserID], bool]:
        """Note that a person is told of others.

        Returns those of them they were not told of before, and whether it is the first time at all.
        """
        new = set()
        async with self._db.transaction() as connection:
            one = await connection.fetchrow(
                "SELECT number, greeted FROM directory_person WHERE owner = $1", owner
            )
            if one is None:
                return set(), False
            await connection.execute(
                "UPDATE directory_person SET greeted = TRUE WHERE number = $1", one["number"]
            )
            for subject in subjects:
                row = await connection.fetchrow(
                    "INSERT INTO directory_told (person, subject)"
                    " SELECT $1, number FROM directory_person WHERE owner = $2"
                    " ON CONFLICT DO NOTHING RETURNING subject",
                    one["number"],
                    subject,
                )
                if row is not None:
                    new.add(subject)
        return new, not one["greeted"]

    async def forget(self, owner: UserID) -> None:
        """Delete a person, also from what others were told. Charges have no name and end by themselves."""
        await self._db.execute("DELETE FROM directory_person WHERE owner = $1", owner)

    async def owners_before(self, generation: int) -> list[UserID]:
        """Those whose tokens are of an earlier generation."""
        rows = await self._db.fetch(
            "SELECT owner FROM directory_person WHERE generation < $1 ORDER BY number", generation
        )
        return [UserID(row["owner"]) for row in rows]

    async def charges(self, account: bytes) -> list[Charge]:
        """What an account was charged."""
        rows = await self._db.fetch(
            "SELECT at, amount, whole FROM directory_charge WHERE account = $1", account
        )
        return [Charge(_moment(row["at"]), int(row["amount"]), bool(row["whole"])) for row in rows]

    async def charge(self, accounts: Iterable[bytes], charge: Charge, keep_since: datetime) -> None:
        """Charge accounts, and forget charges of before ``keep_since``."""
        async with self._db.transaction() as connection:
            await connection.execute(
                "DELETE FROM directory_charge WHERE at <= $1", _milliseconds(keep_since)
            )
            await connection.executemany(
                "INSERT INTO directory_charge (account, at, amount, whole) VALUES ($1, $2, $3, $4)",
                [
                    (account, _milliseconds(charge.at), charge.amount, charge.whole)
                    for account in accounts
                ],
            )

    def _sealed_proof(self, owner: UserID, proof: Proof) -> bytes:
        details = json.dumps([proof.network, proof.login, proof.handle])
        return self._secrets.seal(details.encode(), f"proof of {owner}")

    def _proof(self, owner: UserID, sealed: Any) -> Proof:
        network, login, handle = json.loads(self._secrets.open(bytes(sealed), f"proof of {owner}"))
        return Proof(network, LoginID(login), Handle(handle))

    def _sealed_listing(self, owner: UserID, listed: Any) -> bytes:
        details = json.dumps({handle: token.hex() for handle, token in listed.items()})
        return self._secrets.seal(details.encode(), f"listing of {owner}")

    def _listing(self, owner: UserID, sealed: Any) -> dict[Handle, bytes]:
        details = json.loads(self._secrets.open(bytes(sealed), f"listing of {owner}"))
        return {Handle(handle): bytes.fromhex(token) for handle, token in details.items()}


def _marks(first: int, count: int) -> str:
    return ", ".join(f"${number}" for number in range(first, first + count))


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
