# SPDX-License-Identifier: AGPL-3.0-or-later
"""vCard 2.1 (versit 1996), 3.0 (RFC 2426) and 4.0 (RFC 6350), also as phones really write them."""
