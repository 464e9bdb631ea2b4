# SPDX-License-Identifier: AGPL-3.0-or-later
"""Portals: a room for every chat, and the way of everything through it in both directions."""
