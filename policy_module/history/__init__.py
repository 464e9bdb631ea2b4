# SPDX-License-Identifier: AGPL-3.0-or-later
"""Puts what was said long ago behind what is in a room, without telling anybody."""
