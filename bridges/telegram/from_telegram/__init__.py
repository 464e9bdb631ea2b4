# SPDX-License-Identifier: AGPL-3.0-or-later
"""From Telegram's updates to what the core receives. No I/O but through ``Surroundings``."""
