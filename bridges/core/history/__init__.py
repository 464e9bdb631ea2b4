# SPDX-License-Identifier: AGPL-3.0-or-later
"""What was said before a room was there: read from the network, kept until it is written, put in order."""
