# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people change in a portal's room itself, on its way to the network."""
