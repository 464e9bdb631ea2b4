# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tests of the conversion between WhatsApp's markup and Matrix HTML."""
