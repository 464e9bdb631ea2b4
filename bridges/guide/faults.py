# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which faults are the database's, and where one happened that nobody has thought of."""

import sqlite3
import traceback
from pathlib import Path

import asyncpg
from mautrix.util.async_db import DatabaseException

STORAGE = (
    DatabaseException,
    sqlite3.OperationalError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
)
"""What databases raise while they cannot be used; trying again may help."""


def place_of(error: BaseException) -> str:
    """Give the module and line in which it was raised: its text may hold what somebody has said."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).stem}:{frames[-1].lineno}" if frames else ""
