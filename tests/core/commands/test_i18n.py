# SPDX-License-Identifier: AGPL-3.0-or-later
"""Languages: every sentence of the core and the networks is in each, and inserts the same values."""

from pathlib import Path

import pytest

import bridges
from bridges.core.i18n import (
    CORE_LOCALE,
    CatalogError,
    Translator,
    load_catalogs,
    placeholders,
)
from bridges.core.text import user_text
from tests.core.commands.templates import Sentence, sentences

BRIDGES = Path(bridges.__file__).parent
PARTS = sorted(path.parent.name for path in BRIDGES.glob("*/__init__.py"))
HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'


def write(folder: Path, name: str, entries: str) -> Path:
    path = folder / name
    path.write_text(HEADER + entries, "utf-8")
    return path


def templates(part: str) -> set[str]:
    return {one.template for one in sentences(BRIDGES / part) if one.template}


def catalog(part: str, language: str) -> dict[str, str]:
    return load_catalogs([BRIDGES / part / "locale"]).get(language, {})


@pytest.mark.parametrize("language", ["ru", "tg", "uz"])
@pytest.mark.parametrize("part", PARTS)
def test_every_sentence_is_translated(part: str, language: str) -> None:
    known = set(catalog("core", language)) | set(catalog(part, language))
    missing = templates(part) - known
    entries = "\n".join(f'msgid "{template}"\nmsgstr ""\n' for template in sorted(missing))
    assert not missing, f"add to bridges/{part}/locale/{language}.po:\n\n{entries}"


@pytest.mark.parametrize("language", ["ru", "tg", "uz"])
@pytest.mark.parametrize("part", PARTS)
def test_no_translation_outlives_its_sentence(part: str, language: str) -> None:
    assert set(catalog(part, language)) - templates(part) == set()


def test_the_core_and_telegram_are_looked_at() -> None:
    assert {"core", "telegram"} <= set(PARTS)
    assert all(templates(part) for part in PARTS)


@pytest.mark.parametrize(
    "sentence", list(sentences(BRIDGES)), ids=lambda one: str(Path(one.where).name)
)
def test_sentences_can_be_found_and_filled_in(sentence: Sentence) -> None:
    assert sentence.template is not None, f"{sentence.where}: the template must be a literal"
    inserted = placeholders(sentence.template)
    if sentence.values:  # the others are filled in elsewhere
        assert inserted == sentence.values, sentence.where


def test_a_sentence_is_shown_in_the_language_asked_for() -> None:
    translator = Translator(load_catalogs([CORE_LOCALE]))
    text = user_text("Answer with a number from 1 to {last}.", last=3)
    assert translator.translate(text, "en") == "Answer with a number from 1 to 3."
    assert translator.translate(text, "ru") == "Ответьте номером от 1 до 3."
    assert translator.translate(text, "uz") == "1 dan 3 gacha raqam bilan javob bering."
    assert translator.translate(text, "tg") == "Бо рақам аз 1 то 3 ҷавоб диҳед."
    assert translator.translate(text, "xx") == "Answer with a number from 1 to 3."


def test_what_is_not_translated_is_english() -> None:
    translator = Translator(load_catalogs([CORE_LOCALE]))
    assert translator.translate(user_text("Not in any catalog: {x}", x=1), "ru") == (
        "Not in any catalog: 1"
    )
    assert translator.translate(user_text(""), "ru") == ""


def test_values_are_never_templates() -> None:
    text = user_text("{name} is logged out.", name="{name.__class__} %s {")
    assert Translator({}).translate(text, "en") == "{name.__class__} %s { is logged out."


def test_languages_have_their_own_names() -> None:
    languages = Translator(load_catalogs([CORE_LOCALE])).languages()
    assert languages == {"en": "English", "ru": "русский", "tg": "тоҷикӣ", "uz": "o‘zbek"}


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("ru", "ru"),
        ("ru-RU", "ru"),
        ("UZ_latn_uz", "uz"),
        ("en-GB", "en"),
        ("kk", "en"),
        ("", "en"),
    ],
)
def test_the_nearest_language_is_found(tag: str, language: str) -> None:
    assert Translator(load_catalogs([CORE_LOCALE])).best_language(tag) == language


def test_a_network_brings_its_own_sentences(tmp_path: Path) -> None:
    write(tmp_path, "ru.po", 'msgid "Hello"\nmsgstr "Привет"\n')
    translator = Translator(load_catalogs([CORE_LOCALE, tmp_path, tmp_path / "missing"]))
    assert translator.translate(user_text("Hello"), "ru") == "Привет"
    assert translator.translate(user_text("Your accounts:"), "ru") == "Ваши аккаунты:"


def test_unfinished_translations_are_left_out(tmp_path: Path) -> None:
    write(
        tmp_path,
        "ru.po",
        'msgid "One"\nmsgstr ""\n\n#, fuzzy\nmsgid "Two"\nmsgstr "Три"\n',
    )
    assert load_catalogs([tmp_path]) == {"ru": {}}


@pytest.mark.parametrize(
    ("name", "entries", "complaint"),
    [
        (
            "ru.po",
            'msgid "Wait {seconds} s."\nmsgstr "Подождите."\n',
            "ru.po:4: must insert exactly {seconds}",
        ),
        (
            "ru.po",
            'msgid "Hello"\nmsgstr "{name.__class__}"\n',
            "ru.po:4: must insert exactly nothing",
        ),
        ("ru.po", 'msgid "Hello"\nmsgstr "{"\n', "ru.po:4: "),
        (
            "ru.po",
            'msgid "One"\nmsgid_plural "Many"\nmsgstr[0] "Один"\nmsgstr[1] "Много"\n',
            "ru.po:4: plural forms are not supported",
        ),
        ("ru.po", "garbage\n", "ru.po: "),
        ("klingon.po", "", "klingon.po: the file must be named after a language"),
    ],
)
def test_a_wrong_catalog_is_named(tmp_path: Path, name: str, entries: str, complaint: str) -> None:
    write(tmp_path, name, entries)
    with pytest.raises(CatalogError) as caught:
        load_catalogs([tmp_path])
    assert complaint in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
