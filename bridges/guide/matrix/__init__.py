# SPDX-License-Identifier: AGPL-3.0-or-later
"""The guide as a Matrix user: its account, its keys, what it hears and says."""
