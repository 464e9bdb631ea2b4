# SPDX-License-Identifier: AGPL-3.0-or-later
"""Exports of Telegram Desktop (``result.json``), of one chat or of an account, old and new.

``reader`` takes JSON of any size piece by piece, ``export`` finds the chats in it, and ``messages`` with
its neighbours makes of each element what an archive says; all but ``reader`` and ``archive`` are pure.
"""

from bridges.migration.archives.telegram.archive import TelegramArchive, open_telegram

__all__ = ["TelegramArchive", "open_telegram"]
