# SPDX-License-Identifier: AGPL-3.0-or-later
"""One person behind several cards: what speaks for it, what against, and what the owner has decided."""
