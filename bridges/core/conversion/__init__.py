# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files changed on the way, so that the other side can show them as what they are.

Whatever reads strangers' files runs in a process of its own, with limits of time and memory.
"""
