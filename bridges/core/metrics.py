# SPDX-License-Identifier: AGPL-3.0-or-later
"""Figures for Prometheus: what waits, what was given up, and how the sessions stand."""

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from bridges.core.network import SessionState
from bridges.core.sessions import ActiveLogin
from bridges.core.storage.queue import RowState


class Metrics:
    """One process's figures, in a registry of their own."""

    def __init__(self, network: str) -> None:
        self._registry = CollectorRegistry()
        self._network = network
        handled = Counter(
            "karvon_handled_total",
            "Rows taken from a queue and ended",
            ("network", "queue"),
            registry=self._registry,
        )
        self._ended = {
            queue: handled.labels(network, queue) for queue in ("from_matrix", "from_remote")
        }
        self._rows = Gauge(
            "karvon_queue_rows",
            "Rows in a queue",
            ("network", "queue", "state"),
            registry=self._registry,
        )
        self._sessions = Gauge(
            "karvon_sessions", "Sessions by state", ("network", "state"), registry=self._registry
        )

    def handled(self, queue: str) -> None:
        """Count one row."""
        self._ended[queue].inc()

    def set_queue(self, queue: str, lengths: Mapping[RowState, int]) -> None:
        """Note a queue's length."""
        for state in RowState:
            gauge = self._rows.labels(self._network, queue, state.name.lower())
            gauge.set(lengths.get(state, 0))

    def set_sessions(self, logins: Iterable[ActiveLogin]) -> None:
        """Note how the sessions stand."""
        counts = dict.fromkeys(SessionState, 0)
        for login in logins:
            counts[login.state] += 1
        for state, count in counts.items():
            self._sessions.labels(self._network, state.value).set(count)

    def render(self) -> bytes:
        """The Prometheus text format."""
        return generate_latest(self._registry)
