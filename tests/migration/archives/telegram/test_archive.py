# SPDX-License-Identifier: AGPL-3.0-or-later
"""Exports that are damaged, incomplete, odd or something else."""

import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bridges.contacts.sources.model import Card
from bridges.core.chat import ChatKind
from bridges.core.content import MediaKind, Text
from bridges.migration.archives.container import open_container
from bridges.migration.archives.errors import ArchiveRefused
from bridges.migration.archives.model import ArchivedFile, ArchivedMessage, Skipped
from bridges.migration.archives.telegram import open_telegram
from bridges.migration.archives.telegram.peers import chat_id, kind_of, peer_of
from bridges.migration.archives.telegram.tracking import SeenIds
from tests.migration.archives.telegram.exports import (
    WHEN,
    export_of,
    lay,
    message,
    opened,
    read,
    read_one,
    words,
)
from tests.migration.archives.zips import write, zip_of


def refusal(path: Path) -> str:
    with pytest.raises(ArchiveRefused) as caught, opened(path):
        pass
    return str(caught.value)


def reasons(found: list[ArchivedMessage | Skipped]) -> list[str]:
    return [f"{one.where}: {one.reason}" for one in found if isinstance(one, Skipped)]


def test_an_export_in_a_zip_in_a_folder(tmp_path: Path) -> None:
    export = json.dumps(export_of(message(photo="photos/a.jpg", text="Mana"))).encode()
    files = {"ChatExport/result.json": export, "ChatExport/photos/a.jpg": b"picture"}
    with opened(write(tmp_path, zip_of(files))) as archive:
        (only,) = archive.messages("user102")
        assert isinstance(only, ArchivedMessage)
        part = only.parts[0]
        assert isinstance(part, ArchivedFile)
        assert part.path == "ChatExport/photos/a.jpg"
        assert archive.open(part.path).read() == b"picture"


def test_the_file_itself_may_be_given_whatever_its_name(tmp_path: Path) -> None:
    folder = lay(tmp_path / "export", export_of(message(file="files/a.txt")), {"files/a.txt": b"1"})
    renamed = (folder / "result.json").rename(folder / "result (1).json")
    with opened(renamed) as archive:
        (only,) = archive.messages("user102")
        assert isinstance(only, ArchivedMessage)
        assert archive.open("files/a.txt").read() == b"1"


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"PK", b"\xff\xfe{", b"{}", b'{"a": 1}'])
def test_what_is_no_export_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "result.json").write_bytes(content)
    assert "result.json is not an export of Telegram" in refusal(tmp_path)


def test_other_things_are_refused_with_a_way_out(tmp_path: Path) -> None:
    assert "There is no result.json in the archive" in refusal(write(tmp_path, zip_of({"a": b""})))
    html = zip_of({"ChatExport/messages.html": b""})
    assert "choose the format JSON" in refusal(write(tmp_path, html))
    two = zip_of({"a/result.json": b"{}", "b/result.json": b"{}"})
    assert "There are 2 exports" in refusal(write(tmp_path, two))


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        (None, "user102/1…: There is no message with a number."),
        ([1], "user102/1…: There is no message with a number."),
        ({"type": "message", **WHEN}, "user102/1…: There is no message with a number."),
        ({"id": True, **WHEN}, "user102/1…: There is no message with a number."),
        ({"id": 10**30, **WHEN}, "user102/1…: There is no message with a number."),
        ({"id": 5, "type": "message"}, "user102/5: The message has no time that can be read."),
        ({"id": 5, "date": "soon", "date_unixtime": "x"}, "no time that can be read"),
        ({"id": 5, "date_unixtime": "99999999999999999"}, "no time that can be read"),
        ({"id": 5, "date": "0001-01-01T00:00:00"}, "no time that can be read"),
        ({"id": 5, "date": "9999-12-31T23:59:59-23:59"}, "no time that can be read"),
        ({"id": 5, "type": "unsupported"}, "user102/5: The program that made the export"),
    ],
)
def test_what_is_not_understood_is_skipped_with_place_and_reason(
    tmp_path: Path, element: Any, reason: str
) -> None:
    found = read(tmp_path, message(1), element, message(9))
    assert len(found) == 3
    (only,) = reasons(found)
    assert reason in only


def test_a_message_that_is_there_twice(tmp_path: Path) -> None:
    found = read(tmp_path, message(1), message(7), message(1), message(-1), message(-1))
    assert reasons(found) == [
        "user102/1: The message is there twice.",
        "user102/-1: The message is there twice.",
    ]


def test_a_message_that_makes_trouble_does_not_hold_up_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def trouble(*_: object) -> object:
        raise RuntimeError("a mistake of ours about 'Sir'")

    monkeypatch.setattr("bridges.migration.archives.telegram.messages.poll_of", trouble)
    poll = {"question": "?", "answers": []}
    with caplog.at_level(logging.ERROR):
        found = read(tmp_path, message(1, poll=poll), message(2))
    assert reasons(found) == ["user102/1: The message could not be read."]
    assert len(found) == 2
    assert "could not be read" in caplog.text
    assert "RuntimeError" in caplog.text
    assert "Sir" not in caplog.text  # what somebody has written


def test_a_chat_that_is_not_there_is_told(tmp_path: Path) -> None:
    with opened(lay(tmp_path / "a", export_of(message(1)))) as archive:
        for asked in (archive.people, archive.messages):
            with pytest.raises(ArchiveRefused, match="no chat user7 in this archive"):
                list(asked("user7"))


def test_a_damaged_message_is_told_and_those_behind_it_are_read(tmp_path: Path) -> None:
    folder = lay(tmp_path / "a", export_of(*(message(one, text=f"t{one}") for one in range(1, 6))))
    path = folder / "result.json"
    path.write_text(path.read_text().replace('"id": 3,', '"id" 3,'))
    with opened(folder) as archive:
        found = list(archive.messages("user102"))
        assert list(archive.remarks()) == []
    assert [one.id for one in found if isinstance(one, ArchivedMessage)] == ["1", "2", "4", "5"]
    assert reasons(found) == ["user102/2…: A message here is damaged."]


def test_an_export_cut_off_is_read_up_to_there(tmp_path: Path) -> None:
    folder = lay(tmp_path / "a", export_of(*(message(one, text=f"t{one}") for one in range(1, 6))))
    path = folder / "result.json"
    text = path.read_text()
    path.write_text(text[: text.index('"id": 4')])
    with opened(folder) as archive:
        (remark,) = archive.remarks()
        found = list(archive.messages("user102"))
    assert "result.json ends in the middle or is damaged" in str(remark)
    assert [one.id for one in found if isinstance(one, ArchivedMessage)] == ["1", "2", "3"]
    assert reasons(found) == ["user102/3…: The file cannot be read any further from here on."]


def test_an_account_cut_off_keeps_the_chats_before(tmp_path: Path) -> None:
    chats = [export_of(message(one), id=one) for one in (7, 8, 9)]
    export = {"about": "", "chats": {"about": "", "list": chats}}
    folder = lay(tmp_path / "a", export)
    path = folder / "result.json"
    text = path.read_text()
    path.write_text(text[: text.index('"id": 9')])
    with opened(folder) as archive:
        assert [chat.id for chat in archive.chats()][:2] == ["user7", "user8"]
        assert len(list(archive.messages("user8"))) == 1
        assert len(list(archive.remarks())) == 1


@pytest.mark.parametrize("lists", [None, [], [None, 3, "x", []], {"list": {}}, {"list": [None, 1]}])
def test_lists_of_another_shape_hold_nothing(tmp_path: Path, lists: Any) -> None:
    export = {"contacts": lists, "chats": lists, "left_chats": lists}
    with opened(lay(tmp_path / "a", export)) as archive:
        assert list(archive.chats()) == []
        assert all(isinstance(one, Skipped) for one in archive.contacts())


def test_the_order_of_keys_does_not_matter(tmp_path: Path) -> None:
    export = {"messages": [message(1)], "type": "public_channel", "id": 5, "name": "Kanal"}
    with opened(lay(tmp_path / "a", export)) as archive:
        (only,) = archive.chats()
        assert (only.id, only.name, only.kind) == ("channel5", "Kanal", ChatKind.CHANNEL)
        assert len(list(archive.messages(only.id))) == 1


def test_two_chats_of_one_id_are_two_chats(tmp_path: Path) -> None:
    chats = [export_of(message(1, text="a")), export_of(message(1, text="b"))]
    with opened(lay(tmp_path / "a", {"chats": {"list": chats}})) as archive:
        found = {
            chat.id: [words(one) for one in archive.messages(chat.id)] for chat in archive.chats()
        }
    assert found == {"user102": ["a"], "user102#2": ["b"]}


@pytest.mark.parametrize(
    ("chat", "key", "kind"),
    [
        ({"type": "personal_chat", "id": 5}, "user5", ChatKind.DIRECT),
        ({"type": "bot_chat", "id": 5}, "user5", ChatKind.DIRECT),
        ({"type": "saved_messages", "id": 5}, "user5", ChatKind.DIRECT),
        ({"type": "replies", "id": 5}, "user5", ChatKind.DIRECT),
        ({"type": "verification_codes", "id": 5}, "user5", ChatKind.DIRECT),
        ({"type": "private_group", "id": 5}, "chat5", ChatKind.GROUP),
        ({"type": "private_group", "id": -5}, "chat5", ChatKind.GROUP),
        ({"type": "private_supergroup", "id": 5}, "channel5", ChatKind.GROUP),
        ({"type": "public_supergroup", "id": 5}, "channel5", ChatKind.GROUP),
        ({"type": "private_channel", "id": 5}, "channel5", ChatKind.CHANNEL),
        ({"type": "public_channel", "id": 5}, "channel5", ChatKind.CHANNEL),
        ({"type": "private_channel", "id": (2 << 32) + 5}, "channel5", ChatKind.CHANNEL),
        ({"type": "private_group", "id": (1 << 32) + 5}, "chat5", ChatKind.GROUP),
        ({"type": "personal_chat", "id": (2 << 32) + 5}, "user8589934597", ChatKind.DIRECT),
        ({"type": None, "id": 5}, "channel5", ChatKind.GROUP),
        ({"type": "", "name": "Bog‘"}, "name:Bog‘", ChatKind.GROUP),
    ],
)
def test_chats_of_every_type(chat: dict[str, Any], key: str, kind: ChatKind) -> None:
    assert (chat_id(chat), kind_of(chat)) == (key, kind)


@pytest.mark.parametrize(
    ("written", "peer"),
    [
        ("user1", "user1"),
        ("channel1", "channel1"),
        (1, "user1"),
        ("1", "user1"),
        ((1 << 32) + 7, "chat7"),
        ((2 << 32) + 7, "channel7"),
        ((1 << 48) + 7, "chat7"),
        ((2 << 48) + 7, "channel7"),
        (0, None),
        (-1, None),
        ("user", None),
        ("userx", None),
        (None, None),
        (True, None),
        ([], None),
    ],
)
def test_ids_of_every_age(written: object, peer: str | None) -> None:
    assert peer_of(written) == peer


def test_people_with_large_numbers_are_people(tmp_path: Path) -> None:
    number = (1 << 32) + 9
    mention = {"type": "mention_name", "text": "Nok", "user_id": number}
    contacts = {"list": [{"user_id": number, "first_name": "Nok", "phone_number": "+998000000009"}]}
    chats = {"list": [export_of(message(1, text=[mention]), id=number)]}
    with opened(lay(tmp_path / "a", {"contacts": contacts, "chats": chats})) as archive:
        (only,) = archive.messages(f"user{number}")
        assert isinstance(only, ArchivedMessage)
        assert f"karvon:user/user{number}" in str(only.parts)
        people = {one.id: one.phone for one in archive.people(f"user{number}")}
        assert people == {f"user{number}": "+998000000009", "user101": ""}
        (card,) = archive.contacts()
        assert isinstance(card, Card)
        assert card.key == f"user{number}"


def test_nobody_in_particular_speaks(tmp_path: Path) -> None:
    plain = {"id": 1, "type": "message", **WHEN, "text": "x"}
    (one,) = read(tmp_path / "a", plain)
    assert isinstance(one, ArchivedMessage)
    assert one.sender == "unknown"
    (one,) = read(tmp_path / "b", plain, type="public_channel", id=4)
    assert isinstance(one, ArchivedMessage)
    assert one.sender == "channel4"


@pytest.mark.parametrize(
    "path", ["../secret", "/etc/passwd", "a/../../b", "C:\\x", "a\0b", "photos"]
)
def test_paths_that_lead_elsewhere_are_missing_files(tmp_path: Path, path: str) -> None:
    (tmp_path / "secret").write_text("secret")
    lay(tmp_path / "export", {}, {"photos/a.jpg": b""})
    one = read_one(tmp_path / "export", photo=path, file=path, thumbnail=path, contact_vcard=path)
    part = one.parts[0]
    assert isinstance(part, ArchivedFile)
    assert part.path is part.thumbnail is None
    assert part.missing is not None


def test_values_of_other_types_are_as_good_as_none(tmp_path: Path) -> None:
    one = read_one(
        tmp_path,
        text={"a": 1},
        text_entities=5,
        photo=5,
        file=[],
        width="wide",
        poll=[1],
        reactions={"a": 1},
        location_information={"latitude": "north", "longitude": []},
        edited=7,
        edited_unixtime=[],
        reply_to_message_id="first",
        via_bot=3,
        inline_bot_buttons=[1, [2, {"text": 3}]],
        forwarded_from=[],
        author={},
        contact_information="Behi",
    )
    assert one.reply_to is None
    assert one.edited_at is None
    assert one.reactions == ()
    assert words(one) == "Forwarded from somebody:\n📍 A place that is not shown any more"


@pytest.mark.parametrize("invoice", ["{", "[" * 50_000, "9" * 5000, 5, None, {"title": "Olma"}])
def test_invoices_that_are_none(tmp_path: Path, invoice: Any) -> None:
    assert words(read_one(tmp_path, invoice_information=invoice)).startswith("🧾")


@pytest.mark.parametrize("number", [1e400, "1e400", 10**400, "nan", True])
def test_numbers_beyond_all_measure(tmp_path: Path, number: Any) -> None:
    one = read_one(
        tmp_path,
        file="a",
        duration_seconds=number,
        width=number,
        file_size=number,
        location_information={"latitude": number, "longitude": number},
        reply_to_message_id=number,
    )
    part = one.parts[0]
    assert isinstance(part, ArchivedFile)
    assert (part.info.width, part.info.size, part.info.duration_ms) == (None, None, None)


def test_characters_that_cannot_be_stored(tmp_path: Path) -> None:
    one = read_one(tmp_path, text="a\0b\x1b\ud83dc\r\nd\te\x7f", **{"from": "A\0n\u202eor"})
    assert words(one) == "ab\ufffd\ufffd\ufffdc\nd\te"
    with opened(tmp_path) as archive:
        assert {person.name for person in archive.people("user102")} == {"Behi", "Anor"}


def test_a_sticker_without_emoji_and_name(tmp_path: Path) -> None:
    part = read_one(tmp_path, file="(File not included.)", media_type="sticker").parts[0]
    assert isinstance(part, ArchivedFile)
    assert (part.kind, part.info.name) == (MediaKind.STICKER, "sticker.webp")


def test_a_placeholder_behind_a_name_is_one(tmp_path: Path) -> None:
    name = (
        "contact_1.vcard (File exceeds maximum size. Change data exporting settings to download.)"
    )
    information = {"first_name": "Uzum", "last_name": "", "phone_number": "+998 00 000 00 03"}
    one = read_one(tmp_path, contact_information=information, contact_vcard=name)
    assert isinstance(one.parts[0], Text)
    assert words(one) == "👤 Uzum\n+998 00 000 00 03"


def test_giveaways(tmp_path: Path) -> None:
    giveaway = {"quantity": 3, "months": 6, "until_date": "2024-04-01T10:00:00", "channels": [1]}
    assert words(read_one(tmp_path / "a", giveaway_information=giveaway)) == (
        "🎁 A giveaway. Prizes: 3\nTelegram Premium for 6 months\nUntil 2024-04-01 10:00:00"
    )
    results = {"winners": [1, 2], "winners_count": 2, "stars": 10, "additional_prize": "Olma"}
    assert words(read_one(tmp_path / "b", giveaway_results=results)) == (
        "🏆 The giveaway is over. Winners: 2\nOlma\n10 stars"
    )


def test_a_new_field_beside_known_words_is_shown(tmp_path: Path) -> None:
    one = read_one(tmp_path, text="Salom", novelty={"title": "Yangilik", "id": 5}, flag=True)
    assert words(one) == "Salom\nA message of a kind that is not known here: novelty\nYangilik"


def test_a_message_is_told_twice_in_one_time_only(tmp_path: Path) -> None:
    one = read_one(tmp_path, date="2030-01-01T00:00:00", date_unixtime="1709870400")
    assert one.sent_at == datetime(2024, 3, 8, 4, 0, tzinfo=UTC)


def test_seen_numbers_take_little_memory() -> None:
    seen = SeenIds()
    assert all(seen.is_new(number) for number in range(-5000, 50_000))
    assert not any(seen.is_new(number) for number in range(-5000, 50_000))


def test_a_closed_container_cannot_be_read(tmp_path: Path) -> None:
    path = write(tmp_path, zip_of({"result.json": json.dumps(export_of(message(1))).encode()}))
    with open_container(path) as container:
        archive = open_telegram(container)
    with pytest.raises(ArchiveRefused):
        list(archive.messages("user102"))
