# SPDX-License-Identifier: AGPL-3.0-or-later
"""The WhatsApp bridge's own tables, as numbered upgrades.

A new version appends a step; released steps are never changed. Times are seconds since the epoch.
"""

from mautrix.util.async_db import Connection, Scheme, UpgradeTable

from bridges.whatsapp.store.cloud_schema import create_cloud_tables

whatsapp_tables = UpgradeTable(version_table_name="whatsapp_version", database_name="whatsapp")

_V1 = """
CREATE TABLE whatsapp_account (
    login       TEXT PRIMARY KEY,
    device      TEXT NOT NULL UNIQUE,
    number      TEXT NOT NULL,
    received    BIGINT NOT NULL DEFAULT 0,
    linked_at   BIGINT NOT NULL,
    phone_seen  BIGINT NOT NULL,
    warned_days INTEGER NOT NULL DEFAULT 0,
    has_history BOOLEAN NOT NULL DEFAULT false
);
CREATE TABLE whatsapp_address (
    login  TEXT NOT NULL,
    lid    TEXT NOT NULL,
    number TEXT NOT NULL,
    PRIMARY KEY (login, lid)
);
CREATE INDEX whatsapp_address_number ON whatsapp_address (login, number);
CREATE TABLE whatsapp_name (
    login  TEXT NOT NULL,
    person TEXT NOT NULL,
    pushed TEXT NOT NULL DEFAULT '',
    saved  TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (login, person)
);
CREATE TABLE whatsapp_chat (
    login       TEXT NOT NULL,
    chat        TEXT NOT NULL,
    name        TEXT NOT NULL DEFAULT '',
    active_at   BIGINT NOT NULL DEFAULT 0,
    muted_until BIGINT NOT NULL DEFAULT 0,
    archived    BOOLEAN NOT NULL DEFAULT false,
    pinned      BOOLEAN NOT NULL DEFAULT false,
    timer       INTEGER NOT NULL DEFAULT 0,
    timer_set   BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (login, chat)
);
CREATE TABLE whatsapp_message (
    login   TEXT NOT NULL,
    chat    TEXT NOT NULL,
    id      TEXT NOT NULL,
    sender  TEXT NOT NULL,
    sent_at BIGINT NOT NULL,
    unread  BOOLEAN NOT NULL,
    placeholder BOOLEAN NOT NULL DEFAULT false,
    PRIMARY KEY (login, chat, id)
);
CREATE INDEX whatsapp_message_time ON whatsapp_message (login, chat, sent_at);
CREATE TABLE whatsapp_poll (
    login   TEXT NOT NULL,
    id      TEXT NOT NULL,
    answers TEXT NOT NULL,
    PRIMARY KEY (login, id)
);
CREATE TABLE whatsapp_sent (
    login   TEXT NOT NULL,
    id      TEXT NOT NULL,
    sent_at BIGINT NOT NULL,
    sealed  BYTEA NOT NULL,
    PRIMARY KEY (login, id)
);
CREATE TABLE whatsapp_past (
    login   TEXT NOT NULL,
    chat    TEXT NOT NULL,
    id      TEXT NOT NULL,
    sent_at BIGINT NOT NULL,
    place   BIGINT NOT NULL,
    sealed  BYTEA NOT NULL,
    PRIMARY KEY (login, chat, id)
);
CREATE INDEX whatsapp_past_time ON whatsapp_past (login, chat, sent_at, place)
"""


async def upgrade_v1(connection: Connection, _scheme: Scheme) -> None:
    """Create everything for linked accounts."""
    for statement in _V1.split(";"):
        await connection.execute(statement)


async def add_contacts(connection: Connection, _scheme: Scheme) -> None:
    """Remember whether the phone has handed over its contacts."""
    await connection.execute(
        "ALTER TABLE whatsapp_account ADD COLUMN has_contacts BOOLEAN NOT NULL DEFAULT false"
    )


async def add_numbers(connection: Connection, _scheme: Scheme) -> None:
    """Keep the numbers of posts in channels."""
    await connection.execute(
        "ALTER TABLE whatsapp_message ADD COLUMN number BIGINT NOT NULL DEFAULT 0"
    )


whatsapp_tables.register(upgrade_v1, description="Linked accounts")
whatsapp_tables.register(create_cloud_tables, description="Numbers of the Cloud API")
whatsapp_tables.register(add_contacts, description="Whether contacts have come")
whatsapp_tables.register(add_numbers, description="Numbers of posts in channels")
