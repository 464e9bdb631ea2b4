# SPDX-License-Identifier: AGPL-3.0-or-later
"""From Matrix to Telegram: sending, changing and finding messages."""
