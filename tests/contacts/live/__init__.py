# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cards out of what bridges tell, over real sockets."""
