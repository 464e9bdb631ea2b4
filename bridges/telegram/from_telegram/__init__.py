# SPDX-License-Identifier: AGPL-3.0-or-later
"""From Telegram's updates to what the core receives.

Pure functions: what they need to know beside the update is in ``Surroundings``.
"""
