# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is who: address books, and one person behind several accounts."""
