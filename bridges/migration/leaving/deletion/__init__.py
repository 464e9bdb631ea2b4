# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deletion: each kind of data is counted, deleted, and counted again (``deleting``)."""
