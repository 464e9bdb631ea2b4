# SPDX-License-Identifier: AGPL-3.0-or-later
"""Leaving by way of the guide: everything handed to the person in the chat, and deleted on their word."""
