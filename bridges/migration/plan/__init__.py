# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a migration will do, before anything is done: rooms, who speaks in them, what is left out.

All of it is values and pure functions on them, but for ``sources``, which opens archives, and
``planfile``, which reads and writes the plan.
"""
