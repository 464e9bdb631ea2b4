# SPDX-License-Identifier: AGPL-3.0-or-later
"""People's own accounts as linked devices; the library that speaks to WhatsApp is in ``worker``."""
