# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a bridge tells other parts of the suite."""
