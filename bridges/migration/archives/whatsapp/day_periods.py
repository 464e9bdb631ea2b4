# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which hour of the day is meant by an hour of a 12-hour clock and the words beside it.

The words are those of Unicode CLDR (``dayPeriods`` and their rules) in the languages WhatsApp has, as
they come out of phones: compared without regard to case, dots, spaces and marks.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

_AM = """
a|a.m.|am|öö|sa|to|pg|fm|förmiddag|de.|dop.|dopoldne|ap.|priekšp.|priešpiet|e paradites|paradite
pr. p.|p.d.|дп|пр.об.|претпл.|тң|таңкы|таңертеңгі|до полудня|пре подне|π.μ.|πμ|ص|صباحا|صباحًا|ق.ظ.
قبل‌ازظهر|قبل ازظهر|לפנה״צ|לפנה"צ|पूर्वाह्न|म.पू.|পূর্বাহ্ণ|ਪੂ.ਦੁ.|முற்பகல்|ఉ|ก่อนเที่ยง|上午|午前|오전|утра
"""
_PM = """
p|p.m.|pm|ös|ch|tk|ptg|em|eftermiddag|du.|odp.|pop.|popoldne|ip.|pēcp.|popiet|e pasdites|pasdite
m.d.|пп|сл.об.|попл.|тк|түштөн кийинки|түстен кейінгі|после полудня|по подне|μ.μ.|μμ|م|مساء|مساءً|ب.ظ.
بعدازظهر|بعد ازظهر|אחה״צ|אחה"צ|अपराह्न|म.उ.|অপরাহ্ণ|ਬਾ.ਦੁ.|பிற்பகல்|సా|หลังเที่ยง|下午|午後|오후
"""
# What it is called, from which hour and until which. Nights go on after midnight.
_PARTS = """
in the morning 0 12|in the afternoon 12 18|in the evening 18 24|at night 19 5|noon 12 13|midnight 0 1
n 12 13|mi 0 1|morning 0 12|afternoon 12 18|evening 18 24|night 19 5
凌晨 0 5|午夜 0 1|清晨 5 9|早上 5 12|中午 11 14|晚上 18 24|半夜 0 6
새벽 0 6|아침 5 11|정오 12 13|자정 0 1|저녁 17 21|밤 18 4
真夜中 0 1|夜中 23 4|朝 4 12|昼 11 16|夕方 16 19|夜 18 24|正午 12 13
सुबह 3 12|दोपहर 12 16|शाम 16 20|रात 20 4|मध्यरात्रि 0 1|आधी रात 0 1
de la madrugada 0 6|de la mañana 6 12|del mediodía 12 13|de la tarde 12 20|de la noche 19 24
da madrugada 0 6|da manhã 6 12|da tarde 12 19|da noite 18 24
morgens 5 10|vorm. 10 12|vormittags 10 12|mittags 12 13|nachm. 13 18|nachmittags 13 18|abends 18 24
nachts 0 5|mitternacht 0 1
dini hari 0 6|pagi 0 11|tengah hari 12 14|siang 10 15|sore 15 19|petang 14 19|malam 18 4
tengah malam 0 1
ночи 0 4|дня 12 18|вечера 18 24|ночі 0 4|ранку 4 12|вечора 18 24
gece 21 6|sabah 6 12|öğle 12 13|öğleden sonra 12 18|akşam 18 24
فجرًا 3 6|صباحًا 6 12|ظهرًا 12 13|بعد الظهر 13 18|في المساء 18 24|ليلاً 0 4
"""
# Beside a time, but they say nothing: "at", "o'clock", "of the year".
_EMPTY = "||klo|kl|uhr|um|at|à|às|as|a las|o|в|о|у|la|la ora|ob|ч|น|г|г.|р.|be|godz|h|pukul|soat"

_IGNORED = re.compile(r"[\s.,،、·\u200c\u200d]+")


def _key(word: str) -> str:
    return _IGNORED.sub("", word).lower()


def _words(text: str) -> list[str]:
    return [word for line in text.split("\n") for word in line.split("|") if word.strip()]


def _hours() -> Mapping[str, frozenset[int]]:
    hours: dict[str, frozenset[int]] = {}
    for part in _words(_PARTS):
        word, start, end = part.rsplit(" ", 2)
        length = (int(end) - int(start)) % 24
        hours[_key(word)] = frozenset((int(start) + step) % 24 for step in range(length))
    hours |= {_key(word): frozenset(range(12)) for word in _words(_AM)}
    hours |= {_key(word): frozenset(range(12, 24)) for word in _words(_PM)}
    return MappingProxyType(hours)


_HOURS = _hours()
_NOTHING = frozenset(_key(word) for word in _EMPTY.split("|"))


def is_empty(words: str) -> bool:
    """Whether words beside a time say nothing about it."""
    return not words or _key(words) in _NOTHING


def is_period(words: str) -> bool:
    """Whether words beside a time name a part of the day."""
    return _key(words) in _HOURS


def hour_of_day(hour: int, words: str) -> int | None:
    """The hour from 0 to 23 that a clock of 12 hours shows; None if there is no such hour.

    Phones that show 24 hours may write the words nevertheless.
    """
    if hour > 23:
        return None
    if hour > 12:
        return hour
    early, late = hour % 12, hour % 12 + 12
    meant = _HOURS[_key(words)]
    if (early in meant) == (late in meant):
        return hour
    return early if early in meant else late
