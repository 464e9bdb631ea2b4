# SPDX-License-Identifier: AGPL-3.0-or-later
"""Classes of rooms: how far a room reaches is decided when it is made, and held afterwards."""
