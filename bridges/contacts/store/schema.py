# SPDX-License-Identifier: AGPL-3.0-or-later
"""The tables of contacts, as numbered upgrades.

They are not among the core's, of which each network has its own: people are found by laying the address
books of all networks side by side. A new version appends a step; released steps are never changed. What is
sealed is written by ``bridges.core.secretbox``.
"""

from mautrix.util.async_db import Connection, Scheme, UpgradeTable

contact_tables = UpgradeTable(version_table_name="contacts_version", database_name="contacts")

OF_OWNERS = (
    "address_book",
    "contact_decision",
    "contact_total",
    "directory_person",
    "contact_owner",
)
"""Tables with rows of a person (column ``owner``), in the order in which to empty them."""

_V1 = """
CREATE TABLE contact_owner (
    owner  TEXT PRIMARY KEY,
    region TEXT
);
CREATE TABLE address_book (
    id      TEXT PRIMARY KEY,
    owner   TEXT NOT NULL REFERENCES contact_owner (owner),
    login   TEXT,
    details BYTEA NOT NULL
);
CREATE INDEX address_book_owner ON address_book (owner);
CREATE INDEX address_book_login ON address_book (login);
CREATE TABLE address_book_page (
    book  TEXT NOT NULL REFERENCES address_book (id) ON DELETE CASCADE,
    page  INTEGER NOT NULL,
    cards BYTEA NOT NULL,
    PRIMARY KEY (book, page)
);
CREATE TABLE contact_decision (
    owner    TEXT NOT NULL REFERENCES contact_owner (owner),
    position INTEGER NOT NULL,
    decision BYTEA NOT NULL,
    PRIMARY KEY (owner, position)
)
"""


async def upgrade_v1(connection: Connection, _scheme: Scheme) -> None:
    """Create everything."""
    for statement in _V1.split(";"):
        await connection.execute(statement)


contact_tables.register(upgrade_v1, description="First version")


_V2 = """
ALTER TABLE address_book ADD COLUMN network TEXT;
CREATE TABLE contact_total (
    owner      TEXT NOT NULL,
    state      TEXT NOT NULL,
    number     BIGINT NOT NULL,
    counted_at BIGINT NOT NULL,
    PRIMARY KEY (owner, state)
)
"""


async def upgrade_v2(connection: Connection, _scheme: Scheme) -> None:
    """Add the network of logins, and how many contacts of a person are in which state."""
    for statement in _V2.split(";"):
        await connection.execute(statement)


contact_tables.register(upgrade_v2, description="Networks of logins, totals")

_V3 = """
CREATE TABLE directory_key (
    generation INTEGER PRIMARY KEY,
    seed       BYTEA NOT NULL
);
CREATE TABLE directory_person (
    number     {counted},
    owner      TEXT NOT NULL UNIQUE,
    consent    TEXT NOT NULL,
    generation INTEGER NOT NULL,
    listed     BYTEA,
    greeted    BOOLEAN NOT NULL
);
CREATE TABLE directory_proof (
    person  INTEGER NOT NULL REFERENCES directory_person (number) ON DELETE CASCADE,
    token   BYTEA NOT NULL,
    details BYTEA NOT NULL
);
CREATE INDEX directory_proof_person ON directory_proof (person);
CREATE INDEX directory_proof_token ON directory_proof (token);
CREATE TABLE directory_pair (
    token  BYTEA NOT NULL,
    person INTEGER NOT NULL REFERENCES directory_person (number) ON DELETE CASCADE,
    side   INTEGER NOT NULL,
    PRIMARY KEY (token, person)
);
CREATE INDEX directory_pair_person ON directory_pair (person);
CREATE TABLE directory_told (
    person  INTEGER NOT NULL REFERENCES directory_person (number) ON DELETE CASCADE,
    subject INTEGER NOT NULL REFERENCES directory_person (number) ON DELETE CASCADE,
    PRIMARY KEY (person, subject)
);
CREATE INDEX directory_told_subject ON directory_told (subject);
CREATE TABLE directory_charge (
    account BYTEA NOT NULL,
    at      BIGINT NOT NULL,
    amount  INTEGER NOT NULL,
    whole   BOOLEAN NOT NULL
);
CREATE INDEX directory_charge_account ON directory_charge (account)
"""


async def upgrade_v3(connection: Connection, scheme: Scheme) -> None:
    """Who is here, and who may know."""
    counted = "SERIAL PRIMARY KEY" if scheme is Scheme.POSTGRES else "INTEGER PRIMARY KEY"
    for statement in _V3.format(counted=counted).split(";"):
        await connection.execute(statement)


contact_tables.register(upgrade_v3, description="Directory")
