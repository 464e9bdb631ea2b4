# SPDX-License-Identifier: AGPL-3.0-or-later
"""Refused connections for which neonize has no number."""

import pytest

from bridges.whatsapp.worker.events import Happened
from bridges.whatsapp.worker.failures import logged_out, unknown_failure
from bridges.whatsapp.worker.stanzas import Stanza


def _failure(**attributes: str) -> Stanza:
    return Stanza("failure", attributes, 0)


def test_a_ban_of_a_new_kind() -> None:
    event = unknown_failure(_failure(reason="402", code="199", expire="60"))
    assert event == Happened("temporary_ban", {"code": "199", "expire": 60})


@pytest.mark.parametrize("expire", ["", "soon"])
def test_a_ban_without_an_end(expire: str) -> None:
    event = unknown_failure(_failure(reason="402", code="199", expire=expire))
    assert event is not None
    assert event.data["expire"] == 0


def test_a_new_reason() -> None:
    event = unknown_failure(_failure(reason="463", message="wait"))
    assert event == Happened("connect_failure", {"reason": "463", "message": "wait"})


@pytest.mark.parametrize("reason", ["400", "401", "403", "405", "406", "409", "500", "501", "503"])
def test_what_neonize_knows_it_tells_itself(reason: str) -> None:
    assert unknown_failure(_failure(reason=reason)) is None
    assert unknown_failure(_failure(reason="402", code="101", expire="9")) is None


def test_the_end_of_a_link() -> None:
    assert logged_out(_failure(reason="503")) is None
    assert logged_out(Stanza("success", {"reason": "401"}, 0)) is None
    event = logged_out(_failure(reason="403"))
    assert event == Happened("logged_out", {"on_connect": True, "reason": "MAIN_DEVICE_GONE"})
