# SPDX-License-Identifier: AGPL-3.0-or-later
"""The tables of the Cloud API: an upgrade of ``store.schema``. Times are milliseconds since the epoch."""

from mautrix.util.async_db import Connection, Scheme

_TABLES = """
CREATE TABLE cloud_account (
    number   TEXT PRIMARY KEY,
    business TEXT NOT NULL,
    phone    TEXT NOT NULL,
    name     TEXT NOT NULL,
    sealed   BYTEA NOT NULL
);
CREATE TABLE cloud_agent (
    login  TEXT PRIMARY KEY,
    number TEXT NOT NULL
);
CREATE TABLE cloud_customer (
    number       TEXT NOT NULL,
    id           TEXT NOT NULL,
    phone        TEXT NOT NULL DEFAULT '',
    bsuid        TEXT NOT NULL DEFAULT '',
    name         TEXT NOT NULL DEFAULT '',
    saved        TEXT NOT NULL DEFAULT '',
    open_until   BIGINT NOT NULL DEFAULT 0,
    active_at    BIGINT NOT NULL DEFAULT 0,
    last_message TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (number, id)
);
CREATE INDEX cloud_customer_phone ON cloud_customer (number, phone);
CREATE INDEX cloud_customer_bsuid ON cloud_customer (number, bsuid);
CREATE TABLE cloud_seen (
    number  TEXT NOT NULL,
    what    TEXT NOT NULL,
    stamp   BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (number, what)
);
CREATE INDEX cloud_seen_time ON cloud_seen (seen_at);
CREATE TABLE cloud_held (
    number  TEXT NOT NULL,
    id      TEXT NOT NULL,
    target  TEXT NOT NULL,
    held_at BIGINT NOT NULL,
    sealed  BYTEA NOT NULL,
    PRIMARY KEY (number, id)
);
CREATE INDEX cloud_held_target ON cloud_held (number, target);
CREATE TABLE cloud_past (
    number  TEXT NOT NULL,
    id      TEXT NOT NULL,
    chat    TEXT NOT NULL,
    sent_at BIGINT NOT NULL,
    sealed  BYTEA NOT NULL,
    PRIMARY KEY (number, id)
);
CREATE INDEX cloud_past_chat ON cloud_past (number, chat, sent_at);
CREATE TABLE cloud_sending (
    id       TEXT PRIMARY KEY,
    number   TEXT NOT NULL,
    begun_at BIGINT NOT NULL,
    message  TEXT NOT NULL DEFAULT ''
);
CREATE INDEX cloud_sending_message ON cloud_sending (number, message)
"""


async def create_cloud_tables(connection: Connection, _scheme: Scheme) -> None:
    """Create everything for numbers of the Cloud API."""
    for statement in _TABLES.split(";"):
        await connection.execute(statement)
