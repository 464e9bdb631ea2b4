# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything a bridge needs that is the same for every network. Imports no network."""
