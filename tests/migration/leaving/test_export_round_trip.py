# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the export writes is read back by our own importer without a loss."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from bridges.contacts.sources.model import Card, IdKind, NetworkID
from bridges.contacts.sources.vcard.cards import read_vcards
from bridges.core.chat import ChatKind
from bridges.core.content import (
    FormattedText,
    Location,
    MediaInfo,
    MediaKind,
    MediaLook,
    Poll,
    PollAnswer,
    RemoteMedia,
    Text,
)
from bridges.core.formatting.styles import Kind, Span, Style, canonical
from bridges.core.formatting.writer import to_html
from bridges.core.ids import RemoteUserID
from bridges.core.matrix.polls import poll_start_content
from bridges.core.matrix.rendering import (
    Names,
    Uploaded,
    as_reply,
    location_content,
    media_event,
    text_content,
)
from bridges.migration.archives.model import ArchivedFile, ArchivedMessage
from bridges.migration.archives.telegram.messages import message_of as read_message
from bridges.migration.archives.telegram.surroundings import Surroundings
from bridges.migration.leaving.export.files import KeptFile
from bridges.migration.leaving.export.messages import Reacted, Said, Scene, message_of
from bridges.migration.leaving.export.people import Numbers
from bridges.migration.leaving.export.vcards import vcard

SERVER = "karvon.test"
ANOR, BEHI = f"@anor:{SERVER}", f"@telegram_102:{SERVER}"
NUMBERS = Numbers(SERVER, "telegram_{userid}")
FILE = KeptFile("files/000001/picture.jpg", 7, "")
AT = 1_577_836_800_000

words = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cf", "Z", "Co", "Cn")),
    min_size=1,
    max_size=12,
)
styles = st.one_of(
    st.sampled_from(
        [Kind.BOLD, Kind.ITALIC, Kind.UNDERLINE, Kind.STRIKE, Kind.SPOILER, Kind.CODE]
    ).map(Style),
    st.builds(
        Style,
        st.just(Kind.LINK),
        st.sampled_from(["https://example.org/a?b=c", "mailto:anor@example.org"]),
    ),
    st.just(Style(Kind.LINK, "karvon:user/user102")),
)


@st.composite
def formatted(draw: st.DrawFn) -> FormattedText:
    """Words, some of them in one style each."""
    body, spans = "", []
    for word in draw(st.lists(words, min_size=1, max_size=5)):
        body += " " if body else ""
        style = draw(st.none() | styles)
        if style is not None:
            spans.append(Span(len(body), len(body) + len(word), style))
        body += word
    final = canonical(body, spans)
    mentions = frozenset({RemoteUserID("user102")} if "user102" in str(final) else ())
    return FormattedText(body, to_html(body, final) if final else None, mentions)


def mxid_of(user: RemoteUserID) -> Any:
    return f"@telegram_{user.removeprefix('user')}:{SERVER}"


NAMES = Names(mxid_of)


def event(kind: str, content: dict[str, Any], sender: str = BEHI) -> dict[str, Any]:
    return {
        "event_id": "$this",
        "type": kind,
        "sender": sender,
        "origin_server_ts": AT,
        "content": content,
    }


def scene() -> Scene:
    return Scene(
        me=ANOR,
        names={ANOR: "Anor", BEHI: "Behi"},
        numbers=NUMBERS,
        number_of={"$first": 3}.get,
        file_of=lambda uri: FILE if uri == "mxc://karvon.test/file" else None,
        is_voice=lambda mxid: mxid.startswith("@bot"),
        say=str,
    )


def there_and_back(said: Said) -> ArchivedMessage:
    written = json.loads(json.dumps(message_of(said, scene())))
    around = Surroundings("channel1", ChatKind.GROUP, lambda path: 7 if path == FILE.path else None)
    read = read_message(written, around)
    assert isinstance(read, ArchivedMessage), read
    assert (read.id, read.sent_at) == (str(said.number), datetime.fromtimestamp(AT / 1000, UTC))
    return read


@given(formatted())
def test_texts_keep_words_styles_and_people(text: FormattedText) -> None:
    read = there_and_back(Said(4, event("m.room.message", text_content(Text(text), NAMES))))
    assert read.parts == (Text(text),)
    assert read.sender == "user102"


infos = st.builds(
    MediaInfo,
    name=st.just("picture.jpg"),
    mime=st.sampled_from(["image/jpeg", "application/pdf"]),
    size=st.just(7),
    width=st.none() | st.integers(0, 9999),
    height=st.none() | st.integers(0, 9999),
    duration_ms=st.none() | st.integers(0, 10**7),
)
KINDS = [
    (MediaKind.VIDEO, MediaLook()),
    (MediaKind.VIDEO, MediaLook(round=True)),
    (MediaKind.VIDEO, MediaLook(animated=True)),
    (MediaKind.AUDIO, MediaLook()),
    (MediaKind.AUDIO, MediaLook(voice=True)),
    (MediaKind.FILE, MediaLook()),
    (MediaKind.FILE, MediaLook(spoiler=True)),
]


@given(infos, st.sampled_from(KINDS), st.none() | formatted())
def test_files_keep_what_they_are(
    info: MediaInfo, kind: tuple[MediaKind, MediaLook], caption: FormattedText | None
) -> None:
    media = RemoteMedia(kind[0], info, "", caption=caption, look=kind[1])
    sent = media_event(media, Uploaded("mxc://karvon.test/file", kind[0], info), NAMES)
    read = there_and_back(Said(1, event(sent.type, sent.content)))
    assert read.parts == (ArchivedFile(kind[0], info, FILE.path, caption, kind[1]),)


@given(infos, st.booleans())
def test_pictures_stay_pictures(info: MediaInfo, hidden: bool) -> None:
    info = evolve(info, mime="image/jpeg", duration_ms=None)
    look = MediaLook(spoiler=hidden)
    media = RemoteMedia(MediaKind.IMAGE, info, "", look=look)
    sent = media_event(media, Uploaded("mxc://karvon.test/file", MediaKind.IMAGE, info), NAMES)
    read = there_and_back(Said(1, event(sent.type, sent.content)))
    assert read.parts == (ArchivedFile(MediaKind.IMAGE, info, FILE.path, look=look),)


def test_stickers_stay_stickers_and_what_is_not_there_is_told() -> None:
    info = MediaInfo("🐫", "image/webp", 7, 512, 512)
    for uri, path in (("mxc://karvon.test/file", FILE.path), ("mxc://karvon.test/gone", None)):
        media = RemoteMedia(MediaKind.STICKER, info, "")
        sent = media_event(media, Uploaded(uri, MediaKind.STICKER, info), NAMES)
        (part,) = there_and_back(Said(1, event(sent.type, sent.content))).parts
        assert isinstance(part, ArchivedFile)
        assert (part.kind, part.info, part.path) == (MediaKind.STICKER, info, path)
        assert (part.missing is None) == (path is not None)


degrees = st.integers(-89_999_999, 89_999_999).map(lambda one: one / 10**6)


@given(degrees, degrees, st.booleans(), st.sampled_from(["", "Chorsu"]))
def test_places_stay_where_they_are(
    latitude: float, longitude: float, own: bool, name: str
) -> None:
    here = f"{latitude:.6f}".rstrip("0").rstrip("."), f"{longitude:.6f}".rstrip("0").rstrip(".")
    place = Location(f"geo:{here[0]},{here[1]}", name, is_own=own)
    (read,) = there_and_back(Said(1, event("m.room.message", location_content(place)))).parts
    assert isinstance(read, Location)
    assert (read.geo_uri, read.description, read.is_own) == (place.geo_uri, name, own)


@given(words, st.lists(words, min_size=1, max_size=5))
def test_polls_keep_their_answers_and_votes(question: str, answers: list[str]) -> None:
    poll = Poll(question, tuple(PollAnswer(str(n), text) for n, text in enumerate(answers)))
    content = poll_start_content(poll)
    asked = event("org.matrix.msc3381.poll.start", content)
    read, result = there_and_back(Said(1, asked, votes={ANOR: ["0"], BEHI: ["0"]})).parts
    assert read == poll
    assert isinstance(result, Text)
    assert result.text.body.splitlines()[:2] == [f"📊 {question}", f"• {answers[0]}: 2 ✓"]
    assert result.text.body.endswith("Votes so far: 2")


def test_answers_edits_and_reactions_are_told() -> None:
    content = as_reply(text_content(Text(FormattedText("first")), NAMES), "$first")  # type: ignore[arg-type]
    new = text_content(Text(FormattedText("second")), NAMES)
    edit = event("m.room.message", {"body": "* second", "m.new_content": new}) | {
        "origin_server_ts": AT + 60_000
    }
    reactions = [Reacted(ANOR, "👍", AT), Reacted(BEHI, "👍", AT), Reacted(ANOR, "👍", AT + 1)]
    read = there_and_back(Said(5, event("m.room.message", content), edit, reactions))
    assert read.parts == (Text(FormattedText("second")),)
    assert read.reply_to == "3"
    assert read.edited_at == datetime.fromtimestamp(AT / 1000 + 60, UTC)
    assert [(one.person, one.emoji) for one in read.reactions] == [
        (NUMBERS.peer(ANOR), "👍"),
        ("user102", "👍"),
    ]


@pytest.mark.parametrize(
    ("kind", "content", "extra", "shown"),
    [
        ("m.room.message", {}, {}, "Behi deleted a message."),
        (
            "m.room.message",
            {},
            {"unsigned": {"redacted_because": {"sender": ANOR}}},
            "Anor deleted a message of Behi.",
        ),
        ("m.room.encrypted", {"algorithm": "x"}, {}, "This message is encrypted"),
        ("m.room.message", {"msgtype": "org.example.new"}, {}, "of a kind"),
        ("m.room.message", {"msgtype": "m.text", "body": 7}, {}, "7"),
    ],
)
def test_what_cannot_be_shown_leaves_a_note(
    kind: str, content: dict[str, Any], extra: dict[str, Any], shown: str
) -> None:
    found = event(kind, content) | extra
    (part,) = there_and_back(Said(1, found)).parts
    assert isinstance(part, Text)
    assert shown in part.text.body
    written = message_of(Said(1, found), scene())
    if kind == "m.room.encrypted":
        assert json.loads(written["matrix_event"]) == found


json_values: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
CONTENT_KEYS = st.sampled_from(
    ["msgtype", "body", "url", "file", "info", "format", "formatted_body", "geo_uri", "filename",
     "m.relates_to", "m.new_content", "org.matrix.msc3381.poll.start", "org.karvon.edited_at"]
)  # fmt: skip


@given(
    st.sampled_from(["m.room.message", "m.sticker", "m.room.encrypted", "m.poll.start"]),
    st.dictionaries(CONTENT_KEYS, json_values, max_size=5),
)
def test_whatever_an_event_holds_it_is_written_and_read(kind: str, content: Any) -> None:
    there_and_back(Said(1, event(kind, content)))


def test_people_of_telegram_keep_their_number_and_others_get_one_of_ours() -> None:
    assert NUMBERS.peer(BEHI) == "user102"
    assert NUMBERS.person("@telegram_102:elsewhere.test") > 2**52
    assert 2**52 < NUMBERS.person(ANOR) < 2**53


phones = st.from_regex(r"\+[1-9][0-9]{6,13}", fullmatch=True)
cards = st.builds(
    Card,
    key=st.just(""),
    name=words,
    other_names=st.lists(words, max_size=2, unique=True).map(tuple),
    phones=st.lists(phones, max_size=2, unique=True).map(tuple),
    emails=st.lists(
        st.sampled_from(["a@example.org", "b@example.org"]), max_size=2, unique=True
    ).map(tuple),
    ids=st.lists(
        st.sampled_from(
            [
                NetworkID(IdKind.MATRIX, ANOR),
                NetworkID(IdKind.TELEGRAM_USER, "102"),
                NetworkID(IdKind.TELEGRAM_NAME, "behiyeva"),
                NetworkID(IdKind.WHATSAPP_NUMBER, "998901234567"),
            ]
        ),
        unique=True,
        max_size=4,
    ).map(tuple),
)


@given(cards)
def test_contacts_are_read_back(card: Card) -> None:
    text = vcard(card)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    (read,) = read_vcards(io.BytesIO(text.encode()))
    assert isinstance(read, Card)
    assert evolve(read, key="") == evolve(card, key="")
