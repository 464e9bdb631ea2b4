# SPDX-License-Identifier: AGPL-3.0-or-later
"""Exports as Telegram Desktop writes them: every kind of message, old and new, chats and accounts."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bridges.contacts.sources.model import Card, IdKind, NetworkID
from bridges.core.chat import ChatKind
from bridges.core.content import Location, MediaKind, Poll, PollAnswer, Text, TextKind
from bridges.migration.archives.container import open_container
from bridges.migration.archives.model import (
    ArchivedChat,
    ArchivedFile,
    ArchivedMessage,
    ArchivedPerson,
    ArchivedReaction,
    Skipped,
    Source,
)
from bridges.migration.archives.telegram import open_telegram
from tests.migration.archives.telegram.exports import DATA, Read, of_fixture, opened, words

BEHI, ANOR, UZUM = "user102", "user101", "user103"


@pytest.fixture(scope="module")
def direct() -> dict[str, Read]:
    return of_fixture("direct", BEHI)


@pytest.fixture(scope="module")
def forum() -> dict[str, Read]:
    return of_fixture("forum", "channel900")


def file_in(one: Read) -> ArchivedFile:
    assert isinstance(one, ArchivedMessage)
    part = one.parts[0]
    assert isinstance(part, ArchivedFile)
    return part


def said(one: Read) -> ArchivedMessage:
    assert isinstance(one, ArchivedMessage)
    return one


def test_a_direct_chat_and_its_people() -> None:
    with opened(DATA / "direct") as archive:
        assert archive.source is Source.TELEGRAM
        assert list(archive.remarks()) == []
        assert list(archive.chats()) == [ArchivedChat(BEHI, "Behi Behiyeva", ChatKind.DIRECT)]
        assert list(archive.people(BEHI)) == [
            ArchivedPerson(BEHI, "Behi Behiyeva"),
            ArchivedPerson(ANOR, "Anor Anorov", is_owner=True),
            ArchivedPerson(UZUM, "Uzum Uzumov"),
            ArchivedPerson("user109", ""),
        ]
        assert list(archive.contacts()) == []
        assert archive.open("files/hisobot.pdf").read() == b"%PDF"


def test_a_text_with_sender_time_reply_edit_and_reaction(direct: dict[str, Read]) -> None:
    first, second = said(direct["1001"]), said(direct["1002"])
    assert (first.sender, second.sender) == (BEHI, ANOR)
    assert words(first) == "Salom! <b>qalaysan</b> & yaxshimi?"
    assert first.sent_at == datetime(2024, 3, 8, 4, 1, tzinfo=UTC)
    assert (first.edited_at, first.reply_to) == (None, None)
    assert second.reply_to == "1001"
    assert second.edited_at == datetime(2024, 3, 8, 4, 4, tzinfo=UTC)
    assert second.reactions == (ArchivedReaction("❤", BEHI),)


def test_formatting_of_every_kind(direct: dict[str, Read]) -> None:
    part = said(direct["1003"]).parts[0]
    assert isinstance(part, Text)
    assert part.text.mentions == {UZUM}
    assert part.text.body.startswith("Bold it un st sp co\nprint(1)\nquoted\n")
    assert part.text.html == (
        "<strong>Bold</strong> <em>it</em> <u>un</u> <del>st</del> "
        "<span data-mx-spoiler>sp</span> <code>co</code>"
        '<pre><code class="language-python">print(1)</code></pre>'
        "<blockquote data-karvon-collapsed>quoted</blockquote>"
        '<a href="http://example.org/a">example.org/a</a> '
        '<a href="https://example.org/b?c=1&amp;d=2">here</a> app (tg://resolve?domain=x) '
        '<a href="mailto:a@example.org">a@example.org</a> '
        '<a href="https://t.me/anor_test">@anor_test</a> '
        '<a href="karvon:user/user103">Uzum</a> #tag $UZS /start +998 00 000 00 00 4242 '
        '<img data-mx-emoticon src="karvon:emoji/stickers%2FAnimatedSticker.tgs" alt="🙂" '
        'title="🙂" height="32">🍇 ?'
    )


def test_a_photo(direct: dict[str, Read]) -> None:
    photo = file_in(direct["1004"])
    assert photo.kind is MediaKind.IMAGE
    assert photo.path == "photos/photo_1@08-03-2024_09-04-00.jpg"
    assert (photo.info.mime, photo.info.width, photo.info.height) == ("image/jpeg", 640, 480)
    assert photo.info.size == 7  # as it is, not as the export says
    assert photo.look.spoiler
    assert words(direct["1004"]) == "Rasm"


@pytest.mark.parametrize(
    ("number", "kind", "name", "missing"),
    [
        ("1005", MediaKind.IMAGE, "photo.jpg", "The export was made without files of this kind."),
        ("1006", MediaKind.VIDEO, "kino.mp4", "larger than the export was allowed to take"),
        ("1007", MediaKind.AUDIO, "audio.oga", "Telegram could not give the file"),
        ("1010", MediaKind.VIDEO, "mp4.mp4", "The export was made without files of this kind."),
    ],
)
def test_files_that_are_missing_are_told(
    direct: dict[str, Read], number: str, kind: MediaKind, name: str, missing: str
) -> None:
    found = file_in(direct[number])
    assert found.path is None
    assert (found.kind, found.info.name) == (kind, name)
    assert missing in str(found.missing)


def test_files_of_every_kind(direct: dict[str, Read]) -> None:
    video, voice, round_one = (file_in(direct[one]) for one in ("1006", "1007", "1008"))
    assert (video.info.duration_ms, video.info.size) == (61_000, 5_000_000_000)
    assert video.thumbnail == "video_files/kino_thumb.jpg"
    assert voice.look.voice
    assert round_one.look.round
    assert round_one.path == "round_video_messages/file_1.mp4"
    assert words(direct["1009"]) == "Mevalar – Qo‘shiq"
    assert file_in(direct["1009"]).kind is MediaKind.AUDIO
    assert file_in(direct["1010"]).look.animated
    sticker = file_in(direct["1011"])
    assert (sticker.kind, sticker.info.name) == (MediaKind.STICKER, "🍎")
    document = file_in(direct["1012"])
    assert (document.kind, document.info.mime) == (MediaKind.FILE, "application/pdf")
    assert words(direct["1012"]) == "Mana"


def test_contacts(direct: dict[str, Read]) -> None:
    card = file_in(direct["1013"])
    assert (card.path, card.info.mime) == ("contacts/contact_1.vcard", "text/vcard")
    assert card.info.name == "Uzum Uzumov.vcf"
    assert words(direct["1013"]) == "👤 Uzum Uzumov\n+998 00 000 00 03"
    assert words(direct["1014"]) == "👤 +998 00 000 00 04"


def test_places(direct: dict[str, Read]) -> None:
    place, live, gone, venue = (said(direct[f"10{one}"]).parts[0] for one in (15, 16, 17, 18))
    assert isinstance(place, Location)
    assert place.geo_uri == "geo:39.654722,66.975833"
    assert not place.is_own
    assert isinstance(live, Location)
    assert live.text.startswith("📍 Live location for 15 min\n")
    assert live.is_own
    assert isinstance(gone, Text)
    assert gone.text.body == "📍 A place that is not shown any more"
    assert isinstance(venue, Location)
    assert venue.description == "Registon, Samarqand"
    assert venue.text.startswith("📍 Registon\nSamarqand\nhttps://www.openstreetmap.org/")


def test_polls(direct: dict[str, Read]) -> None:
    question, votes = said(direct["1019"]).parts
    assert question == Poll("Olma yoki anor?", (PollAnswer("0", "Olma"), PollAnswer("1", "Anor")))
    assert isinstance(votes, Text)
    assert votes.text.body == "📊 Olma yoki anor?\n• Olma: 1 ✓\n• Anor: 2\nVotes so far: 3"
    assert words(direct["1020"]) == "📊 Yana?\n• Ha: 1\nThe poll is closed. Votes: 1"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("1021", "🎮 Bog‘\nMeva yig‘ing\nhttps://t.me/meva_test_bot?game=bog"),
        ("1022", "🧾 Olma\n1 kg\nPaid: $12.50"),
        ("1023", "📋 Bozor\n☐ Non\n☐ Suv"),
        ("1024", "Pullik\n⭐ Photos or videos for 50 stars. They are not in the export."),
        ("1025", "Forwarded from Uzum Uzumov:\nSaved from Bog‘ kanali\n> Boshqadan"),
        ("1026", "Forwarded from somebody:\n> Yashirin"),
        ("1027", "In answer to a message in another chat:\nBoshqa chatga"),
        ("1028", "via @meva_test_bot\nBot orqali\n[Ochish] https://example.org/x\n[Bos]"),
        ("1030", "Behi Behiyeva called: 75 s"),
        ("1031", "Behi Behiyeva called; the call was missed"),
        ("1032", "Anor Anorov set messages to be deleted after 24 h"),
        ("1033", "A message of a kind that is not known here: story_information\nHikoya matni"),
        ("1034", "The export does not say what was in this message."),
        ("1035", "A message of a kind that is not known here: rich_message\nBoy matn"),
    ],
)
def test_everything_else_is_readable(direct: dict[str, Read], number: str, text: str) -> None:
    assert words(direct[number]) == text


def test_what_telegram_says_has_no_sender(direct: dict[str, Read]) -> None:
    call = said(direct["1030"])
    assert call.sender is None
    assert isinstance(call.parts[0], Text)
    assert call.parts[0].kind is TextKind.NOTICE


def test_an_answer_to_another_chat_is_no_reply(direct: dict[str, Read]) -> None:
    assert said(direct["1027"]).reply_to is None


def test_what_the_export_left_out_is_skipped_with_a_reason(direct: dict[str, Read]) -> None:
    skipped = direct["user102/1029"]
    assert isinstance(skipped, Skipped)
    assert "Update Telegram Desktop and export again" in str(skipped.reason)


def test_reactions_named_and_counted(direct: dict[str, Read]) -> None:
    assert said(direct["1036"]).reactions == (
        ArchivedReaction("👍", ANOR),
        ArchivedReaction("👍", "user109"),
        ArchivedReaction("👍", None, 3),
        ArchivedReaction("karvon:emoji/stickers%2FAnimatedSticker.tgs", None),
        ArchivedReaction("🖼️", None),
        ArchivedReaction("⭐", None, 3),
    )


def test_a_group_that_became_a_supergroup(forum: dict[str, Read]) -> None:
    assert [one for one in forum if one.startswith("-")] == [
        "-999999989",
        "-999999988",
        "-999999987",
        "-999999986",
    ]
    assert said(forum["-999999987"]).reply_to == "-999999988"
    assert words(forum["-999999986"]) == words(forum["1"]) == "The group became a supergroup."


def test_topics_follow_the_replies(forum: dict[str, Read]) -> None:
    topics = {number: said(one).topic for number, one in forum.items() if int(number) > 0}
    assert {number for number, topic in topics.items() if topic == "2"} == {
        "2",
        "3",
        "8",
        "9",
        "15",
    }
    assert said(forum["3"]).reply_to is None  # it answers what opened the topic: no answer at all
    assert said(forum["8"]).reply_to == "3"


@pytest.mark.parametrize(
    ("number", "line"),
    [
        ("-999999989", "Anor Anorov created Bog‘ with Anor Anorov, Behi Behiyeva"),
        ("2", "Anor Anorov created the topic Olmalar"),
        ("9", "Behi Behiyeva pinned a message"),
        ("11", "Uzum Uzumov joined the group by a link of Anor Anorov"),
        ("12", "Uzum Uzumov left the group"),
        ("13", "Behi Behiyeva did something that is not known here: juggle_apples\n3"),
        ("14", "Nomsiz boshqaruvchi\n— Anor"),
    ],
)
def test_lines_of_the_group(forum: dict[str, Read], number: str, line: str) -> None:
    assert words(forum[number]) == line


def test_service_messages_show_what_they_are_about(forum: dict[str, Read]) -> None:
    assert said(forum["9"]).reply_to == "3"
    line, picture = said(forum["10"]).parts
    assert isinstance(line, Text)
    assert line.text.body == "Behi Behiyeva changed the picture of the chat"
    assert isinstance(picture, ArchivedFile)
    assert str(picture.missing) == "The file is not in the archive."


def test_the_group_itself_may_speak(forum: dict[str, Read]) -> None:
    assert said(forum["14"]).sender == "channel900"
    with opened(DATA / "forum") as archive:
        people = {one.id: one for one in archive.people("channel900")}
    assert people["channel900"].name == "Bog‘ (forum)"
    assert not any(one.is_owner for one in people.values())


def test_an_old_export() -> None:
    old = of_fixture("old", "chat700")
    assert words(old["1"]) == "Eskimatn\\A[0m"
    assert said(old["1"]).edited_at is None
    assert said(old["2"]).sender == ANOR
    assert words(old["2"]) == "Salom hammaga!"
    assert said(old["3"]).sender == "channel900"
    assert said(old["4"]).sender == "name:Uzum Uzumov"
    assert said(old["5"]).sender == "user110"
    assert words(old["6"]) == "Anor Anorov added Uzum Uzumov, somebody"
    with opened(DATA / "old") as archive:
        people = {one.id: one.name for one in archive.people("chat700")}
        assert people["user110"] == ""
        assert people["name:Uzum Uzumov"] == "Uzum Uzumov"


def test_times_of_an_old_export_are_local_and_this_is_told() -> None:
    tashkent = ZoneInfo("Asia/Tashkent")
    with open_container(DATA / "old" / "result.json") as container:
        archive = open_telegram(container, zone=tashkent)
        (remark,) = archive.remarks()
        first = said(next(archive.messages("chat700")))
    assert "They are taken as Asia/Tashkent." in str(remark)
    assert first.sent_at == datetime(2018, 11, 2, 5, 0, tzinfo=UTC)


def test_an_account() -> None:
    with opened(DATA / "account") as archive:
        assert list(archive.chats()) == [
            ArchivedChat(BEHI, "Behi Behiyeva", ChatKind.DIRECT),
            ArchivedChat("user105", "", ChatKind.DIRECT),
            ArchivedChat(ANOR, "Saved messages", ChatKind.DIRECT),
            ArchivedChat("channel105", "Bog‘ kanali", ChatKind.CHANNEL),
            ArchivedChat("chat106", "Bo‘sh", ChatKind.GROUP),
            ArchivedChat("channel107", "Eski guruh", ChatKind.GROUP),
        ]
        said_in = {
            chat.id: [words(one) for one in archive.messages(chat.id)] for chat in archive.chats()
        }
        assert said_in == {
            BEHI: ["Salom", "Va alaykum"],
            "user105": ["O‘chirilgan hisob"],
            ANOR: ["Eslatma"],
            "channel105": ["Post\n— Anor"],
            "chat106": [],
            "channel107": ["Xayr"],
        }
        assert list(archive.people(BEHI)) == [
            ArchivedPerson(BEHI, "Behi Behiyeva", "+998000000002"),
            ArchivedPerson(ANOR, "Anor Anorov", "+998000000001", is_owner=True),
        ]


def test_contacts_of_an_account() -> None:
    with opened(DATA / "account") as archive:
        *cards, empty = archive.contacts()
    assert cards == [
        Card(
            key=BEHI,
            name="Behi Behiyeva",
            phones=("+998 00 000 00 02",),
            ids=(NetworkID(IdKind.TELEGRAM_USER, "102"),),
        ),
        Card(key="phone38600000000", name="Uzum", phones=("+386 00 000 000",)),
        Card(key="user104", name="Nok", ids=(NetworkID(IdKind.TELEGRAM_USER, "104"),)),
    ]
    assert isinstance(empty, Skipped)
    assert empty.where == "contacts/4"


def test_everything_is_read_anew_by_each_call() -> None:
    with opened(DATA / "direct") as archive:
        assert list(archive.messages(BEHI)) == list(archive.messages(BEHI))


def test_sentences_are_in_the_readers_language(tmp_path: Path) -> None:
    with opened(DATA / "forum", say=lambda text: f"<{text}>") as archive:
        first = next(archive.messages("channel900"))
    assert words(first) == "<Anor Anorov created Bog‘ with Anor Anorov, Behi Behiyeva>"
