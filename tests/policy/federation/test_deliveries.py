# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is recorded of events that may have left."""

from typing import cast

import pytest
from attrs import define, frozen
from synapse.api.errors import FederationDeniedError, HttpResponseException, RequestSendFailed
from synapse.events import EventBase
from synapse.federation.units import Edu
from synapse.module_api.callbacks.federation import (
    FederatedEventDeliveryMethod,
    FederationEventDeliveryEvent,
)
from synapse.util.retryutils import NotRetryingDestination
from twisted.internet import error as connection
from twisted.web.client import ResponseNeverReceived

from policy_module.federation.deliveries import Deliveries
from tests.policy.audit.sinks import ListSink

NEAR = "near.example"


@frozen
class Event:
    event_id: str


EVENTS = cast("list[EventBase]", [Event("$a"), Event("$b")])


@define
class Sending:
    """Sends events; the other server acknowledges the first ``acknowledged`` of them."""

    deliveries: Deliveries
    acknowledged: int = 0
    error: Exception | None = None

    async def __call__(self, server: str, events: list[EventBase], news: list[Edu]) -> None:
        if self.error is not None:
            raise self.error
        await self.deliveries.on_event_delivered_over_federation(
            FederationEventDeliveryEvent(
                server_name=server,
                events=events[: self.acknowledged],
                method=FederatedEventDeliveryMethod.SEND,
            )
        )


@pytest.mark.parametrize("acknowledged", [0, 1, 2])
async def test_what_is_not_acknowledged_may_have_arrived(acknowledged: int) -> None:
    sink = ListSink()
    deliveries = Deliveries(sink)
    send = deliveries.watched(Sending(deliveries, acknowledged))
    for _ in range(2):
        sink.records.clear()
        await send(NEAR, EVENTS, [])
        known = {record.kind: record.details["events"] for record in sink.records}
        everything = ["$a", "$b"]
        assert known.get("delivered", []) == everything[:acknowledged]
        assert known.get("possibly_delivered", []) == everything[acknowledged:]


@pytest.mark.parametrize(
    ("error", "left"),
    [
        (HttpResponseException(500, "broken", b""), True),
        (RequestSendFailed(ResponseNeverReceived([]), can_retry=True), True),  # type: ignore[no-untyped-call]
        (ValueError("the answer is no JSON"), True),
        (RequestSendFailed(connection.ConnectionRefusedError(), can_retry=True), False),  # type: ignore[no-untyped-call]
        (RequestSendFailed(connection.DNSLookupError(), can_retry=True), False),
        (FederationDeniedError(NEAR), False),
        (NotRetryingDestination(0, 0, NEAR), False),
    ],
)
async def test_what_fails_has_left_or_not(error: Exception, left: bool) -> None:
    sink = ListSink()
    deliveries = Deliveries(sink)
    with pytest.raises(type(error)):
        await deliveries.watched(Sending(deliveries, error=error))(NEAR, EVENTS, [])
    assert [(record.kind, record.details["events"]) for record in sink.records] == (
        [("possibly_delivered", ["$a", "$b"])] if left else []
    )


async def test_news_without_events_are_not_recorded() -> None:
    sink = ListSink()
    deliveries = Deliveries(sink)
    await deliveries.watched(Sending(deliveries))(NEAR, [], [])
    assert sink.records == []
