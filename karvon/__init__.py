# SPDX-License-Identifier: AGPL-3.0-or-later
"""Karvon: the command that configures, starts and supervises the whole suite."""

__version__ = "0.1.0"
