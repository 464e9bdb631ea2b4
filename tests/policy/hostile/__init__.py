# SPDX-License-Identifier: AGPL-3.0-or-later
"""What other servers do, and what reaches them: seen on their side of the wire."""
