# SPDX-License-Identifier: AGPL-3.0-or-later
"""The bridge's database: one schema for every network, on SQLite and PostgreSQL."""
