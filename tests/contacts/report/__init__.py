# SPDX-License-Identifier: AGPL-3.0-or-later
"""The continuity report: its states, its totals, its forms."""
