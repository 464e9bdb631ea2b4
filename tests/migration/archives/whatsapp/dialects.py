# SPDX-License-Identifier: AGPL-3.0-or-later
"""Exports as phones of many settings write them, for any messages."""

from collections.abc import Iterable
from datetime import datetime

from attrs import field, frozen

from bridges.migration.archives.whatsapp import DateOrder

ARABIC, PERSIAN, DEVANAGARI = "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९"
DMY, MDY, YMD = (
    DateOrder.DAY_MONTH_YEAR,
    DateOrder.MONTH_DAY_YEAR,
    DateOrder.YEAR_MONTH_DAY,
)


@frozen
class Said:
    """A message to be written; ``sender`` is None for what WhatsApp says."""

    sent: datetime
    sender: str | None
    text: str


@frozen
class Dialect:
    """How a phone writes.

    ``header`` has ``strftime``'s fields and ``{day}``, ``{month}``, ``{hour}`` (0 to 23) and ``{hour12}``
    without a zero before them, ``{period}``, ``{buddhist}`` and ``{reiwa}``.
    """

    name: str
    header: str
    order: DateOrder
    periods: tuple[str, str] = ("", "")
    digits: str = field(default="0123456789", repr=False)
    end: str = "\n"
    colon: str = ": "

    @property
    def seconds(self) -> bool:
        return "%S" in self.header

    def written(self, messages: Iterable[Said]) -> str:
        """The text of the file."""
        return "".join(self._line(one) for one in messages)

    def _line(self, said: Said) -> str:
        sender = "" if said.sender is None else said.sender + self.colon
        text = said.text.replace("\n", self.end)
        return f"{self.head(said.sent)}{sender}{text}{self.end}"

    def head(self, sent: datetime) -> str:
        """What stands before the sender."""
        filled = sent.strftime(self.header).format(
            day=sent.day,
            month=sent.month,
            hour=sent.hour,
            hour12=sent.hour % 12 or 12,
            period=self.periods[sent.hour // 12],
            buddhist=sent.year + 543,
            reiwa=sent.year - 2018,
        )
        return filled.translate({ord("0") + value: one for value, one in enumerate(self.digits)})

    def shown(self, sent: datetime) -> datetime:
        """The time as far as it is written."""
        return sent if self.seconds else sent.replace(second=0)


IPHONE = (
    Dialect("us", "[{month}/{day}/%y, {hour12}:%M:%S\u202f{period}] ", MDY, ("AM", "PM")),
    Dialect("gb", "[%d/%m/%Y, %H:%M:%S] ", DMY, end="\r\n"),
    Dialect("german", "[%d.%m.%y, %H:%M:%S] ", DMY),
    Dialect("finnish", "[{day}.{month}.%Y klo {hour}.%M.%S] ", DMY),
    Dialect("indonesian", "[%d/%m/%y %H.%M.%S] ", DMY),
    Dialect("vietnamese", "[%H:%M:%S, {day}/{month}/%Y] ", DMY),
    Dialect("thai", "[{day}/{month}/{buddhist} %H:%M:%S] ", DMY),
    Dialect("buddhist", "[{month}/{day}/{buddhist} BE, %H:%M:%S] ", MDY),
    Dialect("reiwa", "[{month}/{day}/R{reiwa}, %H:%M:%S] ", MDY),
    Dialect("japanese", "[%Y/%m/%d {hour}:%M:%S] ", YMD),
    Dialect("korean", "[%Y. {month}. {day}. {period} {hour12}:%M:%S] ", YMD, ("오전", "오후")),
    Dialect("chinese", "[%Y/{month}/{day} {period}{hour12}:%M:%S] ", YMD, ("上午", "下午")),
    Dialect(
        "arabic",
        "[{day}\u200f/{month}\u200f/%Y، {hour12}:%M:%S\u00a0{period}] ",
        DMY,
        ("ص", "م"),
        ARABIC,
        "\r\n",
    ),
    Dialect(
        "hindi", "[{day}/%m/%y, {hour12}:%M:%S {period}] ", DMY, ("पूर्वाह्न", "अपराह्न"), DEVANAGARI
    ),
)
ANDROID = (
    Dialect("us", "{month}/{day}/%y, {hour12}:%M\u202f{period} - ", MDY, ("AM", "PM")),
    Dialect("gb", "%d/%m/%Y, %H:%M - ", DMY),
    Dialect("india", "%d/%m/%y, {hour12}:%M {period} - ", DMY, ("am", "pm")),
    Dialect("russian", "%d.%m.%Y, %H:%M - ", DMY),
    Dialect("mexico", "{day}/{month}/%y, {hour12}:%M {period} - ", DMY, ("a. m.", "p. m.")),
    Dialect("brazil", "%d/%m/%Y %H:%M - ", DMY),
    Dialect("dutch", "%d-%m-%Y %H:%M - ", DMY),
    Dialect("turkish", "{day}.%m.%Y {hour12}:%M {period} - ", DMY, ("ÖÖ", "ÖS")),
    Dialect("uzbek", "%d/%m/%y, {hour12}:%M {period} - ", DMY, ("TO", "TK")),
    Dialect("ukrainian", "%d.%m.%y, {hour12}:%M {period} - ", DMY, ("дп", "пп")),
    Dialect("swedish", "%Y-%m-%d %H:%M - ", YMD),
    Dialect("canada", "%Y-%m-%d, {hour12}:%M {period} - ", YMD, ("a.m.", "p.m.")),
    Dialect("quebec", "%y-%m-%d %H h %M - ", YMD),
    Dialect("spaces", "%d %m %Y %H:%M - ", DMY),
    Dialect("hungarian", "%Y. %m. %d. %H:%M - ", YMD),
    Dialect("bulgarian", "{day}.%m.%Y г., %H:%M ч. - ", DMY),
    Dialect("japanese", "%Y/%m/%d %H:%M - ", YMD),
    Dialect(
        "korean",
        "%Y년 {month}월 {day}일 {period} {hour12}:%M, ",
        YMD,
        ("오전", "오후"),
        colon=" : ",
    ),
    Dialect("persian digits", "%Y/{month}/{day},\u200f %H:%M - ", YMD, digits=PERSIAN),
    Dialect("old", "%d/%m/%y %H:%M:%S: ", DMY),
    Dialect("older", "%H:%M, {day} %b %Y - ", DMY),
)
ALL = tuple((f"iphone {one.name}", one) for one in IPHONE) + tuple(
    (f"android {one.name}", one) for one in ANDROID
)
