# SPDX-License-Identifier: AGPL-3.0-or-later
"""The bridge bot: its voice, its rooms with people, and what it tells them unasked."""
