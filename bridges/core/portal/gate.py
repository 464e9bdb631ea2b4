# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keeps our own sends and the network's echo of them apart."""

from bridges.core.ids import ChatKey
from bridges.core.keyed_locks import KeyedLocks


class EchoGate(KeyedLocks[ChatKey]):
    """One lock per chat, held while something is sent and what has become of it is stored.

    Whoever handles what may be the echo of such a send takes the lock first and then looks whether it
    is known.
    """
