# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading stanzas from lines of log, some of whose text strangers choose."""

from hypothesis import given
from hypothesis import strategies as st

from bridges.whatsapp.worker.stanzas import (
    ignored_message,
    read,
    sender_of_opened,
    synced_collection,
)


def test_a_message_with_its_parts() -> None:
    line = (
        '<message addressing_mode="lid" from="12@g.us" id="3EB0" notify="Nodira" participant="7:1@lid"'
        ' t="1795337934"><enc type="pkmsg" v="2"><!-- 200 bytes --></enc><enc type="skmsg" v="2">'
        "00ff</enc></message>"
    )
    stanza = read(line)
    assert stanza is not None
    assert (stanza.tag, stanza.id, stanza.sender, stanza.parts) == ("message", "3EB0", "7:1@lid", 2)


@given(st.text())
def test_nobody_becomes_somebody_else_by_his_name(name: str) -> None:
    stanza = read(f'<message from="7:1@lid" id="3EB0" notify="{name}" t="1"><enc type="msg"></enc>')
    assert stanza is not None
    assert (stanza.id, stanza.get("from")) == ("3EB0", "7:1@lid")


@given(st.text() | st.text(alphabet='<> "=abcid:/-'))
def test_no_line_is_too_odd(line: str) -> None:
    read(line)
    ignored_message(line)
    sender_of_opened(line)


def test_lines_that_tell_what_the_library_does() -> None:
    assert sender_of_opened("Decrypting message from 7:1@lid in 12@g.us") == "7:1@lid"
    assert ignored_message("Ignoring message 3EB0 from 7:1@lid in 12@g.us: old counter") == "3EB0"
    assert ignored_message("Error decrypting message 3EB0 from 7:1@lid in 12@g.us: x") is None
    full = "Full sync of app state critical_unblock_low completed. Current version: 3"
    assert synced_collection(full) == "critical_unblock_low"
    assert synced_collection("Synced app state regular_low from version 1 to 2") == "regular_low"
    assert synced_collection("Failed to do initial fetch of app state regular: x") is None
