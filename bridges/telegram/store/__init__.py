# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the Telegram bridge keeps in the database: credentials, access hashes and cursors."""
