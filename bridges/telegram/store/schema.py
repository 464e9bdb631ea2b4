# SPDX-License-Identifier: AGPL-3.0-or-later
"""The Telegram bridge's own tables, as numbered upgrades.

A new version appends a step; released steps are never changed.
"""

from mautrix.util.async_db import Connection, Scheme, UpgradeTable

telegram_tables = UpgradeTable(version_table_name="telegram_version", database_name="telegram")

_V1 = """
CREATE TABLE telegram_session (
    login    TEXT PRIMARY KEY,
    dc       INTEGER NOT NULL,
    address  TEXT NOT NULL,
    port     INTEGER NOT NULL,
    auth_key BYTEA NOT NULL
);
CREATE TABLE telegram_entity (
    login        TEXT NOT NULL,
    id           BIGINT NOT NULL,
    access_hash  BIGINT,
    username     TEXT,
    contact      BOOLEAN,
    seen_in      BIGINT,
    seen_message BIGINT,
    shown        TEXT,
    PRIMARY KEY (login, id)
);
CREATE INDEX telegram_entity_username ON telegram_entity (login, username);
CREATE TABLE telegram_cursor (
    login       TEXT PRIMARY KEY,
    pts         BIGINT NOT NULL,
    qts         BIGINT NOT NULL,
    date        BIGINT NOT NULL,
    seq         BIGINT NOT NULL,
    top_message BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE telegram_channel_cursor (
    login       TEXT NOT NULL,
    channel     BIGINT NOT NULL,
    pts         BIGINT NOT NULL,
    top_message BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (login, channel)
)
"""


async def upgrade_v1(connection: Connection, _scheme: Scheme) -> None:
    """Create everything."""
    for statement in _V1.split(";"):
        await connection.execute(statement)


telegram_tables.register(upgrade_v1, description="First version")


async def upgrade_v2(connection: Connection) -> None:
    """Remember files that were sent, so that they need not be uploaded again."""
    await connection.execute(
        "CREATE TABLE telegram_upload (login TEXT NOT NULL, fingerprint TEXT NOT NULL,"
        " kind TEXT NOT NULL, id BIGINT NOT NULL, access_hash BIGINT NOT NULL,"
        " file_reference BYTEA NOT NULL, sent_at BIGINT NOT NULL,"
        " PRIMARY KEY (login, fingerprint))"
    )


telegram_tables.register(upgrade_v2, description="Files that were sent")


async def upgrade_v3(connection: Connection) -> None:
    """Remember which supergroups are forums."""
    await connection.execute("ALTER TABLE telegram_entity ADD COLUMN forum BOOLEAN")


telegram_tables.register(upgrade_v3, description="Forums")
