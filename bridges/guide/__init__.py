# SPDX-License-Identifier: AGPL-3.0-or-later
"""The guide: a bot that people on the homeserver talk to in a chat of two, encrypted or not."""
