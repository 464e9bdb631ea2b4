# SPDX-License-Identifier: AGPL-3.0-or-later
"""The guide's tables, as numbered upgrades; they lie in the database of the address books.

A new version appends a step; released steps are never changed. What is sealed is written by
``bridges.core.secretbox``.
"""

from mautrix.util.async_db import Connection, Scheme, UpgradeTable

guide_tables = UpgradeTable(version_table_name="guide_version", database_name="guide")

_V1 = """
CREATE TABLE guide_value (
    name  TEXT PRIMARY KEY,
    value BYTEA NOT NULL
);
CREATE TABLE guide_done (
    event TEXT PRIMARY KEY
);
CREATE TABLE guide_room (
    room TEXT PRIMARY KEY
);
CREATE TABLE guide_unread (
    event  TEXT PRIMARY KEY,
    room   TEXT NOT NULL,
    sender TEXT NOT NULL,
    since  BIGINT NOT NULL,
    source TEXT NOT NULL
);
CREATE TABLE guide_person (
    mxid     TEXT PRIMARY KEY,
    language TEXT,
    asked    TEXT
);
CREATE TABLE guide_archive (
    id       TEXT PRIMARY KEY,
    owner    TEXT NOT NULL,
    state    TEXT NOT NULL,
    received BIGINT NOT NULL,
    details  BYTEA NOT NULL
)
"""


async def upgrade_v1(connection: Connection, _scheme: Scheme) -> None:
    """Create everything."""
    for statement in _V1.split(";"):
        await connection.execute(statement)


guide_tables.register(upgrade_v1, description="First version")

_V2 = """
CREATE TABLE guide_errand (
    event  TEXT PRIMARY KEY,
    place  BIGINT NOT NULL,
    room   TEXT NOT NULL,
    person TEXT NOT NULL,
    text   BYTEA NOT NULL
);
CREATE TABLE guide_wish (
    owner   TEXT NOT NULL,
    kind    TEXT NOT NULL,
    stage   TEXT NOT NULL,
    details BYTEA NOT NULL,
    PRIMARY KEY (owner, kind)
)
"""


async def upgrade_v2(connection: Connection, _scheme: Scheme) -> None:
    """Create what is asked for and takes long, and what people wish who leave."""
    for statement in _V2.split(";"):
        await connection.execute(statement)


guide_tables.register(upgrade_v2, description="Errands and wishes")
