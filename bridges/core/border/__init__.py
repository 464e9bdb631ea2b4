# SPDX-License-Identifier: AGPL-3.0-or-later
"""The homeserver's policy as the bot speaks about it: why something was refused, and changes of it."""
