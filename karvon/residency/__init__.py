# SPDX-License-Identifier: AGPL-3.0-or-later
"""Residency of the whole suite: the homeserver and the bridges, for ``karvon audit residency``."""
