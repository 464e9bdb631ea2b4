# SPDX-License-Identifier: AGPL-3.0-or-later
"""Address books at rest: each its owner's, and encrypted."""
