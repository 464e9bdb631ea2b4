# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files of another server, those that were fetched before its removal included."""

import secrets

import pytest

from tests.policy.hostile.border import Border, download
from tests.policy.hostile.peer import CONTENT

pytestmark = pytest.mark.synapse


async def test_files_of_a_refused_server_are_given_to_nobody(border: Border) -> None:
    alice = await border.person()
    known = secrets.token_hex(8)
    for _ in range(2):
        await border.allow(border.friend, border.other)
        assert await download(alice, border.other, known) == (200, CONTENT.encode())

        await border.allow(border.friend)
        border.other.forget()
        for file in (known, secrets.token_hex(8)):
            status, body = await download(alice, border.other, file)
            assert status == 403
            assert CONTENT.encode() not in body
        assert border.other.heard == []
