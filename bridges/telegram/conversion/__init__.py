# SPDX-License-Identifier: AGPL-3.0-or-later
"""Animated stickers and emoji made into pictures that Matrix clients can show.

Whatever reads strangers' files runs in a process of its own, with limits of time and memory.
"""
