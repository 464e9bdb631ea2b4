# SPDX-License-Identifier: AGPL-3.0-or-later
"""Address books as tables of comma-separated values (RFC 4180), as Google and Outlook write them."""
