# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whatever Meta may ever send is stored or left out: nothing makes it come again and again."""

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridges.core.egress.border import OpenBorder
from bridges.core.ids import LoginID
from bridges.core.storage.codec import EventCodec
from bridges.whatsapp.cloud.desk import make_desk
from bridges.whatsapp.cloud.graph import Credentials, GraphApi
from bridges.whatsapp.cloud.notifications import Change
from bridges.whatsapp.store.cloud_accounts import Account
from tests.telegram.bridge import RecordingHandle
from tests.whatsapp.cloud.office import open_cloud_database

NUMBER = "106540352000001"
KINDS = (
    "messages",
    "smb_message_echoes",
    "history",
    "smb_app_state_sync",
    "account_update",
    "\ud800",
)
MESSAGE_KINDS = ("text", "edit", "revoke", "reaction", "system", "image", "contacts", "unsupported")

ids = st.sampled_from(("wamid.1", "wamid.2", "wamid.3", "\ud800", "", "x" * 600))
people = st.sampled_from(("992900000301", "992900000302", "TJ.1", "+992 90", "", "\0"))
times = st.sampled_from(("0", "1795338000", "99999999999999", "yesterday", "-1"))

words = st.text(max_size=5)
edited = st.fixed_dictionaries({"type": st.just("text"), "text": st.just({"body": "new"})})
messages = st.fixed_dictionaries(
    {"id": ids, "type": st.sampled_from(MESSAGE_KINDS), "timestamp": times, "from": people},
    optional={
        "to": people,
        "from_user_id": people,
        "text": st.fixed_dictionaries({"body": words}),
        "edit": st.fixed_dictionaries({"original_message_id": ids, "message": edited}),
        "revoke": st.fixed_dictionaries({"original_message_id": ids}),
        "reaction": st.fixed_dictionaries({"message_id": ids, "emoji": words}),
        "system": st.fixed_dictionaries({"wa_id": people, "body": words}),
        "image": st.fixed_dictionaries({"id": ids, "caption": words}),
    },
)
statuses = st.fixed_dictionaries(
    {"id": ids, "status": st.sampled_from(("read", "failed", "sent", "")), "recipient_id": people},
    optional={"errors": st.just([{"code": 131047}]), "biz_opaque_callback_data": ids},
)
contacts = st.fixed_dictionaries(
    {"wa_id": people, "user_id": people, "profile": st.fixed_dictionaries({"name": words})}
)
states = st.fixed_dictionaries(
    {
        "type": st.just("contact"),
        "contact": st.fixed_dictionaries({"phone_number": people, "full_name": words}),
    }
)
threads = st.fixed_dictionaries({"id": people, "messages": st.lists(messages, max_size=2)})
values = st.fixed_dictionaries(
    {},
    optional={
        "messages": st.lists(messages, max_size=3),
        "message_echoes": st.lists(messages, max_size=2),
        "statuses": st.lists(statuses, max_size=2),
        "contacts": st.lists(contacts, max_size=2),
        "state_sync": st.lists(states, max_size=2),
        "history": st.lists(
            st.fixed_dictionaries({"threads": st.lists(threads, max_size=2)}), max_size=2
        ),
    },
)
changes = st.builds(Change, st.just("1"), st.just(NUMBER), st.sampled_from(KINDS), values)


async def _taken(reported: Sequence[Change]) -> list[Any]:
    """What comes of changes that are reported twice over."""
    with tempfile.TemporaryDirectory() as folder:
        database = await open_cloud_database(f"sqlite:{folder}/cloud.db")
        try:
            handle = RecordingHandle(database, Path(folder))
            graph = GraphApi("http://127.0.0.1:1", OpenBorder(), handle.clock, 1.0)
            account = Account(Credentials(NUMBER, "t", "s", "v"), "992440000001", "Choyxona")
            desk = make_desk(account, handle, graph, minimal=False)
            for change in reported:
                await desk.receiver.take(change, [LoginID("a"), LoginID("b")])
            first = list(handle.messages())
            for change in reported:
                await desk.receiver.take(change, [LoginID("a"), LoginID("b")])
            assert handle.messages() == first
            return list(handle.received)
        finally:
            await database.close()


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(changes, max_size=3))
def test_any_change_is_taken_once(reported: list[Change]) -> None:
    received = asyncio.run(_taken(reported))
    codec = EventCodec()
    for event in received:
        codec.encode(event).encode()
