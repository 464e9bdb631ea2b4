# SPDX-License-Identifier: AGPL-3.0-or-later
"""``karvon demo``: a scripted conversation between Telegram and Matrix that checks itself."""
