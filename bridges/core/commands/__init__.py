# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people say to the bridge bot, and what it answers."""
