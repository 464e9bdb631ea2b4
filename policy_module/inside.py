# SPDX-License-Identifier: AGPL-3.0-or-later
"""What modules are offered no public way to: the private parts of Synapse 1.163 that we stand on.

All of them are here, in ``egress`` and in ``history.inside``, so that whoever moves to another version of
Synapse finds them.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from synapse.module_api import ModuleApi

if TYPE_CHECKING:
    from synapse.crypto.keyring import KeyFetcher
    from synapse.server import HomeServer


def homeserver_of(api: ModuleApi) -> "HomeServer":
    """Give the homeserver, for its configuration, its clock, its handlers and its end."""
    return api._hs


def key_fetchers(hs: "HomeServer") -> list["KeyFetcher"]:
    """Give those that are asked for keys of servers, in this order; the list itself."""
    fetchers: Any = hs.get_keyring()._key_fetchers
    found: list[KeyFetcher] = fetchers
    return found


def state_changes(hs: "HomeServer") -> Any:
    """Give what knows whether a room's state has changed, as Synapse's own caches ask it."""
    return hs.get_datastores().main._curr_state_delta_stream_cache


def transactions_of(sender: Any) -> Any:
    """Give the part of the federation sender that sends: it reports what has arrived only."""
    return sender._transaction_manager


def queues_of(sender: Any) -> Mapping[str, Any]:
    """Give the queues of the federation sender by server; the mapping itself."""
    queues: Mapping[str, Any] = sender._per_destination_queues
    return queues


def empty(queue: Any) -> int:
    """Empty the queue for a server, as Synapse does for one long out of reach; give what was in it."""
    dropped: int = queue.pending_pdu_count() + queue.pending_edu_count()
    dropped += len(queue._pending_receipt_edus)
    queue._pending_pdus = OrderedDict()
    queue._pending_edus = []
    queue._pending_edus_keyed = {}
    queue._pending_presence.clear()
    queue._pending_receipt_edus = []
    return dropped


def wrap_beginning_of_rooms(
    hs: "HomeServer",
    wrap: Callable[[Callable[..., Awaitable[Any]]], Callable[..., Awaitable[Any]]],
) -> None:
    """Replace the one place through which the first events of every new room pass."""
    handler: Any = hs.get_room_creation_handler()
    handler._send_events_for_new_room = wrap(handler._send_events_for_new_room)
