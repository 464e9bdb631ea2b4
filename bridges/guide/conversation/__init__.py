# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people say to the guide and what it answers: each event once."""
