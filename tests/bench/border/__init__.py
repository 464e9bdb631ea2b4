# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the policy module costs: decisions, reloads, and messages with it on and off."""
