# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the text of a message is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.core.content import MediaKind, Poll, PollAnswer
from bridges.migration.archives.whatsapp.media import type_left_out, type_of
from bridges.migration.archives.whatsapp.understanding import (
    Attached,
    LeftOut,
    Place,
    Unavailable,
    Understood,
    Votes,
    Words,
    understand,
)
from bridges.migration.archives.whatsapp.wording import OMITTED, Said, load_wording

WORDING = load_wording()
LRM, RLM = "\u200e", "\u200f"
PHOTO = "00000035-PHOTO-2022-03-27-21-41-55.jpg"
IMG = "IMG-20220323-WA0000.jpg"


def what(text: str, *, iphone: bool = False) -> Understood:
    found = understand(text, WORDING, iphone=iphone)
    assert not found.edited
    return found.what


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{LRM}<attached: {PHOTO}>", Attached(PHOTO, PHOTO)),
        (f"{LRM}<прикреплено: {PHOTO}>", Attached(PHOTO, PHOTO)),
        (f"{LRM}<附件：{PHOTO}>", Attached(PHOTO, PHOTO)),
        (f"<unheard of: {PHOTO}>", Attached(PHOTO, PHOTO)),
        (f"Look! {LRM}<attached: {PHOTO}>", Attached(PHOTO, PHOTO, "Look!")),
        (f"{LRM}<attached: {PHOTO}>\nLook!", Attached(PHOTO, PHOTO, "Look!")),
        (f"One\ntwo {LRM}<Anhang: {PHOTO}>", Attached(PHOTO, PHOTO, "One\ntwo")),
        (
            f"plan.v2.pdf • {LRM}12 pages {LRM}<attached: 00000004-plan.v2.pdf>",
            Attached("00000004-plan.v2.pdf", "plan.v2.pdf"),
        ),
        (
            f"plan {LRM}<attached: 00000004-plan.pdf>",
            Attached("00000004-plan.pdf", "plan"),
        ),
        (f"{LRM}<attached: 00000042-Nok.vcf>", Attached("00000042-Nok.vcf", "Nok.vcf")),
        (f"{IMG} (file attached)", Attached(IMG, IMG)),
        (f"{LRM}{IMG} (файл добавлен)\nBog‘\nva gul", Attached(IMG, IMG, "Bog‘\nva gul")),
        (f"{IMG} (in no known language)", Attached(IMG, IMG)),
        ("reja.pdf (fayl biriktirildi)\nreja", Attached("reja.pdf", "reja.pdf")),
        ("reja.pdf (fayl biriktirildi)\nreja.pdf", Attached("reja.pdf", "reja.pdf")),
        ("reja.pdf (file attached)\nmana", Attached("reja.pdf", "reja.pdf", "mana")),
        (
            "AUD-20190101-WA0000. (file attached)",
            Attached("AUD-20190101-WA0000.", "AUD-20190101-WA0000."),
        ),
        ("reja.pdf (kecha)", Words("reja.pdf (kecha)")),
        ("<Media omitted>", LeftOut(Said.MEDIA)),
        ("<Медиа отсутствует>", LeftOut(Said.MEDIA)),
        ("<Medya dahil edilmedi>\nBog‘", LeftOut(Said.MEDIA, caption="Bog‘")),
        (f"{LRM}image omitted", LeftOut(Said.IMAGE)),
        (f"{RLM}لم يتم إدراج الصورة", LeftOut(Said.IMAGE)),
        (f"Bog‘ {LRM}video omitted", LeftOut(Said.VIDEO, caption="Bog‘")),
        (
            f"reja.pdf • {LRM}2 pages {LRM}document omitted",
            LeftOut(Said.DOCUMENT, own_name="reja.pdf"),
        ),
        (f"{LRM}Contact card omitted", LeftOut(Said.CONTACT)),
        (f"{LRM}GIF omitted", LeftOut(Said.GIF)),
        (f"{LRM}sticker omitted", LeftOut(Said.STICKER)),
        (f"{LRM}video note omitted", LeftOut(Said.VIDEO_NOTE)),
        (f"{LRM}", Unavailable()),
        ("", Unavailable()),
        (" ", Unavailable()),
        ("<View once voice message omitted>", Unavailable()),
        ("Missed voice call", Words("Missed voice call", notice=True)),
        (f"{LRM}This message was deleted.", Words("This message was deleted.", notice=True)),
        (
            "Siz ushbu xabarni o‘chirdingiz",
            Words("Siz ushbu xabarni o‘chirdingiz", notice=True, deleted_by_owner=True),
        ),
        ("Live location shared", Words("Live location shared", notice=True)),
        ("  indented", Words("  indented")),
        ("null", Words("null")),
        ("<hello>", Words("<hello>")),
    ],
)
def test_a_text_is_what_it_looks_like(text: str, expected: Understood) -> None:
    assert what(text) == expected


def test_what_an_iphone_marks_was_not_written_by_the_sender() -> None:
    text = f"{LRM}Ovozli qo‘ng‘iroq, {LRM}12 daqiqa"
    assert what(text, iphone=True) == Words("Ovozli qo‘ng‘iroq, 12 daqiqa", notice=True)
    assert what(text) == Words(text)


@pytest.mark.parametrize(
    "text",
    [
        f"Ha {LRM}<This message was edited>",
        "Ha <This message was edited>",
        "Ha <Это сообщение изменено>",
        f"Ha {LRM}<in no known language>",
    ],
)
def test_an_edited_text_is_without_the_remark(text: str) -> None:
    found = understand(text, WORDING, iphone=True)
    assert (found.what, found.edited) == (Words("Ha"), True)


@pytest.mark.parametrize("text", ["Ha <yo‘q>", "<This message was not edited>", f"{LRM}<Ha>"])
def test_other_brackets_stay(text: str) -> None:
    assert not understand(text, WORDING, iphone=False).edited


def test_an_edited_caption() -> None:
    found = understand(
        f"{IMG} (file attached)\nBog‘ <This message was edited>", WORDING, iphone=False
    )
    assert (found.what, found.edited) == (Attached(IMG, IMG, "Bog‘"), True)


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("location: https://maps.google.com/?q=40.28,-69.62", ""),
        ("местоположение: https://maps.google.com/?q=40.28,-69.62", ""),
        ("https://maps.google.com/?q=40.28,-69.62", ""),
        ("Bog‘ (Xujand): https://maps.google.com/?q=40.28,-69.62", "Bog‘ (Xujand)"),
        ("Bog‘\nXujand\nlocation: https://maps.google.com/?q=40.28,-69.62", "Bog‘, Xujand"),
    ],
)
def test_a_place(text: str, description: str) -> None:
    assert what(text) == Place("40.28", "-69.62", description, text)


@pytest.mark.parametrize(
    "text",
    [
        "https://maps.google.com/?q=91.0,10",
        "Ko‘r https://maps.google.com/?q=40.28,69.62",
        "https://maps.google.com/?q=40.28,69.62 shu yerda",
    ],
)
def test_other_addresses_stay_text(text: str) -> None:
    assert what(text) == Words(text)


@pytest.mark.parametrize("mark", ["", LRM])
@pytest.mark.parametrize(
    ("head", "option", "votes"), [("POLL", "OPTION", "votes"), ("ОПРОС", "ВАРИАНТ", "голоса")]
)
def test_a_poll(mark: str, head: str, option: str, votes: str) -> None:
    asked = f"{mark}{head}:\nQachon?\n"
    text = (
        f"{asked}{mark}{option}: Bugun ({mark}2 {votes})\n{mark}{option}: Ertaga ({mark}0 {votes})"
    )
    answers = (PollAnswer("1", "Bugun"), PollAnswer("2", "Ertaga"))
    assert what(text, iphone=bool(mark)) == Votes(Poll("Qachon?", answers), (2, 0))


def test_a_list_is_no_poll() -> None:
    text = "Reja:\nBugun:\nTosh: olma (2 kg)\nQum: anor (3 kg)"
    assert what(text) == Words(text)


@pytest.mark.parametrize(
    ("name", "kind", "mime", "look"),
    [
        (PHOTO, MediaKind.IMAGE, "image/jpeg", ""),
        ("PTT-20220323-WA0000.opus", MediaKind.AUDIO, "audio/ogg", "voice"),
        ("00000038-AUDIO-2022-03-27-21-44-47.opus", MediaKind.AUDIO, "audio/ogg", "voice"),
        ("00000038-AUDIO-2022-03-27-21-44-47.mp3", MediaKind.AUDIO, "audio/mpeg", ""),
        ("AUD-20220323-WA0000.m4a", MediaKind.AUDIO, "audio/mp4", ""),
        ("VID-20220323-WA0000.mp4", MediaKind.VIDEO, "video/mp4", ""),
        ("00000038-GIF-2022-03-27-21-44-47.mp4", MediaKind.VIDEO, "video/mp4", "animated"),
        ("STK-20220323-WA0000.webp", MediaKind.STICKER, "image/webp", ""),
        ("00000038-STICKER-2022-03-27-21-44-47.webp", MediaKind.STICKER, "image/webp", ""),
        ("00000012-Nok.vcf", MediaKind.FILE, "text/vcard", ""),
        ("DOC-20220323-WA0000.pdf", MediaKind.FILE, "application/pdf", ""),
        ("rasm.JPG", MediaKind.IMAGE, "image/jpeg", ""),
        ("nimadir", MediaKind.FILE, "application/octet-stream", ""),
    ],
)
def test_kinds_by_name(name: str, kind: MediaKind, mime: str, look: str) -> None:
    found = type_of(name)
    assert (found.kind, found.mime) == (kind, mime)
    shown = {one for one in ("voice", "round", "animated") if getattr(found.look, one)}
    assert shown == ({look} if look else set())


def test_every_file_left_out_has_a_kind() -> None:
    assert {one: type_left_out(one).kind for one in OMITTED}[Said.VIDEO_NOTE] is MediaKind.VIDEO


@given(st.text(st.sampled_from("<>()[]:.,•*_\n\u200e\u200f azАأ019OPTIN/-?=htps"), max_size=200))
def test_any_text_is_something(text: str) -> None:
    for iphone in (False, True):
        understand(text, WORDING, iphone=iphone)
