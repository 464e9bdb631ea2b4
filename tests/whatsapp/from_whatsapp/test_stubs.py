# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is told of the notes in a chat's history."""

from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from hypothesis import given
from hypothesis import strategies as st
from neonize.proto.waWeb.WAWebProtobufsWeb_pb2 import WebMessageInfo

from bridges.core.content import TextKind
from bridges.core.ids import RemoteUserID
from bridges.whatsapp.formatting import Mentioned
from bridges.whatsapp.from_whatsapp.stubs import stub_part, stub_people
from bridges.whatsapp.from_whatsapp.surroundings import Surroundings
from bridges.whatsapp.ids import Jid

AROUND = Surroundings(people={"77": Mentioned(RemoteUserID("lid-77"), "Zarina")})


def stub(kind: str, *parameters: str) -> dict[str, Any]:
    told = {
        "key": {"ID": "A1"},
        "messageStubType": kind,
        "messageStubParameters": list(parameters),
    }
    found: dict[str, Any] = MessageToDict(ParseDict(told, WebMessageInfo()))
    return found


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        (stub("GROUP_CREATE", "Choyxona"), "Farrukh created the group Choyxona."),
        (stub("GROUP_CHANGE_SUBJECT", "Bog"), "Farrukh changed the name of the group to Bog."),
        (stub("GROUP_CHANGE_ICON"), "Farrukh changed the picture of the group."),
        (stub("GROUP_PARTICIPANT_ADD", "77@lid", "5@lid"), "Farrukh added Zarina, …5."),
        (stub("GROUP_PARTICIPANT_REMOVE", "77@lid"), "Farrukh removed Zarina."),
        (stub("GROUP_PARTICIPANT_LEAVE"), "Farrukh left the group."),
        (stub("GROUP_PARTICIPANT_INVITE", "77@lid"), "Zarina joined the group."),
        (stub("GROUP_PARTICIPANT_PROMOTE", "77@lid"), "Administrators now: Zarina"),
        (stub("GROUP_PARTICIPANT_DEMOTE", "77@lid"), "No administrators any more: Zarina"),
        (stub("E2E_IDENTITY_CHANGED", "77@lid"), "The security code of Zarina has changed."),
        (stub("INDIVIDUAL_CHANGE_NUMBER"), "Farrukh has another phone number now."),
        (stub("CALL_MISSED_VIDEO"), "Missed video call"),
    ],
)
def test_stubs(told: dict[str, Any], wanted: str) -> None:
    part = stub_part(told, "Farrukh", AROUND)
    assert part is not None
    assert (part.text.body, part.kind) == (wanted, TextKind.NOTICE)


def test_people_in_stubs() -> None:
    told = stub("GROUP_PARTICIPANT_ADD", "77:3@lid", "992900000001@s.whatsapp.net", "x")
    assert stub_people(told) == {Jid("77", "lid"), Jid("992900000001", "s.whatsapp.net")}


def test_what_nobody_misses_is_not_told() -> None:
    for kind in ("E2E_ENCRYPTED", "CIPHERTEXT", "BIZ_INTRO_TOP", "REVOKE"):
        assert stub_part(stub(kind), "Farrukh", AROUND) is None
    assert stub_part({}, "Farrukh", AROUND) is None


@given(
    st.sampled_from([one.name for one in WebMessageInfo.StubType.DESCRIPTOR.values]),
    st.lists(st.text()),
)
def test_any_parameters_are_taken(kind: str, parameters: list[str]) -> None:
    stub_part({"messageStubType": kind, "messageStubParameters": parameters}, "x", AROUND)
