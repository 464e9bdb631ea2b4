# SPDX-License-Identifier: AGPL-3.0-or-later
"""Kinds of entries that the log writes about itself."""

OPENED = "audit_opened"
"""A process took the stream over; ``clean`` says whether the one before had ended in order."""
CLOSED = "audit_closed"
"""The process ended in order."""
TORN = "audit_torn"
"""An interrupted write was moved to ``file``: ``bytes`` long, with the hash ``sha256``."""
RETIRED = "audit_retired"
"""Files with the entries before ``entries_before`` are deleted for their age."""
GAP = "audit_gap"
"""``dropped`` records could not be kept while the disk refused."""
