# SPDX-License-Identifier: AGPL-3.0-or-later
"""Allowlists that others sign: checked before they are believed, kept while they hold."""
