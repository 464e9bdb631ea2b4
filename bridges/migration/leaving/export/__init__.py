# SPDX-License-Identifier: AGPL-3.0-or-later
"""Exports: rooms are read into a journal (``reading``), then written as Telegram does (``writing``).

What a message looks like in the export is decided by pure functions (``messages`` and its neighbours).
"""
