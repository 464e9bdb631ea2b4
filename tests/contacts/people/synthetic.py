# SPDX-License-Identifier: AGPL-3.0-or-later
"""Made-up address books of which it is known who is who: four sources, duplicates, formats and traps.

Numbers are from ranges that are kept for fiction: 555-01xx of each area code in North America, Ofcom's for
drama in London. All names are put together from the same few, so that there are many namesakes.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from random import Random

import phonenumbers
from attrs import define, field, frozen

from bridges.contacts.sources.model import (
    AddressBook,
    Card,
    IdKind,
    NetworkID,
    Source,
    SourceKind,
    Unread,
    address_book,
)
from bridges.contacts.sources.tables.cards import read_table
from bridges.contacts.sources.vcard.cards import read_vcards

REGION = "US"

_GIVEN = (
    *(("Alisher", "Алишер"), ("Bahrom", "Баҳром"), ("Dilnoza", "Дилноза"), ("Farhod", "Фарҳод")),
    *(("Gulnora", "Гулнора"), ("Hilola", "Ҳилола"), ("Jamshed", "Ҷамшед"), ("Komil", "Комил")),
    *(("Lola", "Лола"), ("Malika", "Малика"), ("Nigora", "Нигора"), ("Olim", "Олим")),
    *(("Parviz", "Парвиз"), ("Rustam", "Рустам"), ("Shahlo", "Шаҳло"), ("Tahmina", "Таҳмина")),
    *(("Umed", "Умед"), ("Vali", "Вали"), ("Yusuf", "Юсуф"), ("Zebo", "Зебо")),
)
_FAMILY = (
    *(("Misolov", "Мисолов"), ("Namunaev", "Намунаев"), ("Primerov", "Примеров")),
    *(("Sinovov", "Синовов"), ("Vymyslov", "Вымыслов"), ("Khayoliy", "Хаёлий")),
    *(("Probov", "Пробов"), ("Obraztsov", "Образцов"), ("Uydirmaev", "Уйдирмаев")),
)
_NICKNAMES = ("Mum", "Dad", "Neighbour", "Taxi", "Doctor", "Work", "Gym", "Landlord")
_EITHER = phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE
_SERVICES = ("911", "311", "+1 800 555 0199", "*123#", "1-800-FLOWERS", "72345")


@define
class Human:
    """Somebody, as they are."""

    number: int
    given: tuple[str, str]
    family: tuple[str, str]
    mobiles: list[str]
    home: str = ""
    mail: str = ""


@define
class World:
    """Address books, and whose each card is."""

    books: list[AddressBook]
    truth: dict[tuple[str, str], int]
    written: int
    unread: list[Unread]


@frozen
class _Entry:
    """A card before it is written: whose it is, and what stands in it."""

    human: int
    name: str
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    ids: tuple[NetworkID, ...] = ()


@define
class _Maker:
    random: Random
    mobiles: Iterator[str]
    homes: Iterator[str]
    entries: dict[SourceKind, list[_Entry]] = field(factory=dict)
    humans: int = 0
    accounts: int = 1_000

    def count(self) -> int:
        return sum(map(len, self.entries.values()))

    def human(self, but: Sequence[Human] = (), **more: str) -> Human:
        """Somebody new, with another given name than ``but``."""
        others = {one.given for one in but}
        given = self.random.choice([one for one in _GIVEN if one not in others])
        family = (
            but[0].family if but and self.random.random() < 0.5 else self.random.choice(_FAMILY)
        )
        self.humans += 1
        mobiles = [next(self.mobiles)]
        if self.random.random() < 0.2:
            mobiles.append(next(self.mobiles))
        mail = f"person{self.humans}@contacts.example" if self.random.random() < 0.4 else ""
        return Human(
            self.humans,
            given,
            family,
            mobiles,
            mail=more.get("mail", mail),
            home=more.get("home", ""),
        )

    def put(self, kind: SourceKind, entry: _Entry) -> None:
        self.entries.setdefault(kind, []).append(entry)

    def account(self, kind: IdKind) -> NetworkID:
        self.accounts += 1
        return NetworkID(kind, str(self.accounts))

    def written(self, number: str) -> str:
        """A number as somebody might write it."""
        parsed = phonenumbers.parse(number)
        digits = number.removeprefix("+")
        at_home = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
        spaced = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        ways = [number, f"00{digits}", f"011 {digits}", spaced, spaced.replace(" ", "\u00a0")]
        ways += [spaced.replace("-", "."), f"\u202a{spaced}\u202c"]
        if parsed.country_code == 1:
            ways += [at_home, digits, digits[1:], f"1-{at_home}"]
        return self.random.choice(ways)

    def name(self, human: Human, *, plain: bool = False) -> str:
        """A name as the owner of the address book might have it."""
        script = self.random.choice((0, 1))
        given, family = human.given[script], human.family[script]
        way = 0.0 if plain else self.random.random()
        if way < 0.6:
            return f"{given} {family}"
        if way < 0.8:
            return f"{family} {given}".upper() if way < 0.7 else f"{family}, {given}"
        return given if way < 0.95 else _NICKNAMES[human.number % len(_NICKNAMES)]

    def own_cards(self, human: Human) -> None:
        """Somebody in the owner's phone and Google account, once or twice."""
        for kind in (SourceKind.VCARD, SourceKind.GOOGLE_CSV):
            for _ in range(self.random.choices((0, 1, 2), (3, 6, 1))[0]):
                numbers = self.random.sample(
                    human.mobiles, self.random.randint(1, len(human.mobiles))
                )
                if human.home and self.random.random() < 0.7:
                    numbers.append(human.home)
                mails = (human.mail,) if human.mail and self.random.random() < 0.7 else ()
                phones = tuple(map(self.written, numbers)) if self.random.random() < 0.95 else ()
                self.put(kind, _Entry(human.number, self.name(human), phones, mails))

    def network_cards(self, human: Human) -> None:
        """Somebody's accounts; the network may hide the number, and have no name."""
        for mobile in human.mobiles:
            name = self.name(human) if self.random.random() < 0.9 else ""
            if self.random.random() < 0.6:
                phones = (mobile.removeprefix("+"),) if self.random.random() < 0.8 else ()
                user = self.account(IdKind.TELEGRAM_USER)
                self.put(SourceKind.TELEGRAM, _Entry(human.number, name, phones, ids=(user,)))
            if self.random.random() < 0.6:
                lid = self.account(IdKind.WHATSAPP_LID)
                number = NetworkID(IdKind.WHATSAPP_NUMBER, mobile.removeprefix("+"))
                self.put(SourceKind.WHATSAPP, _Entry(human.number, name, ids=(number, lid)))
                if (
                    self.random.random() < 0.1
                ):  # seen in a group as well, where the number is hidden
                    pushed = self.name(human)
                    self.put(SourceKind.WHATSAPP, _Entry(human.number, pushed, ids=(lid,)))

    def somebody(self) -> None:
        human = self.human()
        self.own_cards(human)
        self.network_cards(human)

    def family(self) -> None:
        """Several people with one fixed line, one mailbox, and a child with its mother's mobile."""
        home, mail = next(self.homes), f"family{self.humans}@contacts.example"
        members: list[Human] = []
        for _ in range(3):
            members.append(self.human(members, home=home, mail=mail))
        members[2].mobiles = members[0].mobiles[:1]
        for one in members:
            self.own_cards(one)
        for one in members[:2]:
            self.network_cards(one)

    def number_passed_on(self) -> None:
        """The owner still has who had the number once; the networks know who has it now."""
        before = self.human()
        after = self.human([before])
        after.mobiles = [before.mobiles[0]]
        phones = (self.written(before.mobiles[0]),)
        self.put(SourceKind.VCARD, _Entry(before.number, self.name(before, plain=True), phones))
        self.own_cards(after)
        self.network_cards(after)

    def account_left_behind(self) -> None:
        """Two accounts of one network with the same number: somebody has, or had, another's."""
        first = self.human()
        second = self.human([first])
        for human in (first, second):
            user = self.account(IdKind.TELEGRAM_USER)
            entry = _Entry(human.number, human.given[0], (first.mobiles[0],), ids=(user,))
            self.put(SourceKind.TELEGRAM, entry)

    def office(self) -> None:
        """Desks behind one number, a mailbox of a role, and numbers of services."""
        line = next(self.homes)
        for desk in range(3):
            human = self.human()
            phones = (f"{line} ext. {desk + 1}", self.random.choice(_SERVICES))
            entry = _Entry(human.number, "Front Desk", phones, ("info@contacts.example",))
            self.put(self.random.choice((SourceKind.VCARD, SourceKind.GOOGLE_CSV)), entry)


def make(seed: int, size: int) -> World:
    """Make address books with ``size`` cards together."""
    maker = _Maker(Random(seed), _mobiles(), (f"+442079460{n:03}" for n in range(1_000)))
    traps = (maker.family, maker.number_passed_on, maker.account_left_behind, maker.office)
    while maker.count() < size:
        if maker.random.random() < 0.85:
            maker.somebody()
        else:
            maker.random.choice(traps)()
    while maker.count() > size:
        max(maker.entries.values(), key=len).pop()
    for entries in maker.entries.values():
        maker.random.shuffle(entries)
    return _as_sources(maker)


def _mobiles() -> Iterator[str]:
    for last in range(100, 200):
        for area in range(201, 990):
            number = phonenumbers.PhoneNumber(1, int(f"{area}5550{last}"))
            if phonenumbers.number_type(number) == _EITHER:
                yield f"+1{area}5550{last}"


def _as_sources(maker: _Maker) -> World:
    world = World([], {}, maker.count(), [])
    for kind, entries in maker.entries.items():
        source = Source(kind.value, kind, kind.value)
        found = list(_WRITTEN[kind](entries))
        cards = [one for one in found if isinstance(one, Card)]
        world.unread += [one for one in found if isinstance(one, Unread)]
        book = address_book(source, cards)
        world.books.append(book)
        for card, entry in zip(book.cards, entries, strict=True):
            world.truth[source.id, card.key] = entry.human
    return world


def _as_vcards(entries: Sequence[_Entry]) -> Iterator[Card | Unread]:
    text = ""
    for number, entry in enumerate(entries):
        version = ("2.1", "3.0", "4.0")[number % 3]
        text += f"BEGIN:VCARD\r\nVERSION:{version}\r\nUID:made-{number}\r\n"
        text += "FN:" + entry.name.replace(",", "\\,") + "\r\n"
        for phone in entry.phones:
            text += f"TEL;TYPE=CELL:{phone.replace(',', chr(92) + ',')}\r\n"
        text += "".join(f"EMAIL:{mail}\r\n" for mail in entry.emails) + "END:VCARD\r\n"
    return read_vcards(io.BytesIO(text.encode()))


def _as_table(entries: Sequence[_Entry]) -> Iterator[Card | Unread]:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["First Name", "Last Name", "Notes", "E-mail 1 - Value", "Phone 1 - Value"])
    for entry in entries:
        cells = [
            entry.name,
            "",
            "line\nline",
            " ::: ".join(entry.emails),
            " ::: ".join(entry.phones),
        ]
        rows.writerow(cells)
    return read_table(io.BytesIO(text.getvalue().encode("utf-16")))


def _as_values(entries: Sequence[_Entry]) -> Iterator[Card | Unread]:
    for number, one in enumerate(entries):
        yield Card(str(number), one.name, phones=one.phones, emails=one.emails, ids=one.ids)


_WRITTEN = {
    SourceKind.VCARD: _as_vcards,
    SourceKind.GOOGLE_CSV: _as_table,
    SourceKind.TELEGRAM: _as_values,
    SourceKind.WHATSAPP: _as_values,
}
