# SPDX-License-Identifier: AGPL-3.0-or-later
"""Contacts: how many people there are, whose numbers they have, and who is the same as whom."""

import asyncio
from collections.abc import Mapping, Sequence

from attrs import frozen
from mautrix.types import UserID

from bridges.contacts.people.decisions import unite
from bridges.contacts.people.merging import people
from bridges.contacts.people.model import CardRef, Decision, Doubt, People, Question
from bridges.contacts.sources.model import AddressBook, Card
from bridges.contacts.store.books import ContactStore
from bridges.core.commands.parser import Argument
from bridges.core.text import UserText, user_text
from bridges.guide.conversation.command import CannotDo, Command, Context
from bridges.guide.store.people import GuidedPeople

SUBJECT = "contacts"
"""Of questions about contacts (``GuidedPeople.asked``)."""

_BOOKS = 12
_COUNTRY_LETTERS = 2


@frozen
class Known:
    """Somebody's address books, and who is in them."""

    books: Sequence[AddressBook]
    decisions: Sequence[Decision]
    people: People

    def cards(self) -> Mapping[CardRef, Card]:
        """Give each card by what it is called."""
        return {
            CardRef(book.source.id, card.key): card for book in self.books for card in book.cards
        }


@frozen
class ContactCommands:
    """What people say about their contacts."""

    contacts: ContactStore
    people: GuidedPeople

    def commands(self) -> tuple[Command, ...]:
        """Give the commands."""
        return (
            Command(
                "contacts",
                user_text("- `{usage}`: count your contacts, and ask who is the same person"),
                self._contacts,
            ),
            Command(
                "country",
                user_text("- `{usage}`: say in which country numbers without a country code are"),
                self._country,
                (Argument("code", required=False),),
            ),
        )

    async def answer(self, context: Context) -> None:
        """Take an answer to whether two are the same person."""
        known = await self._known(context.person)
        if not known.people.questions:
            await self.people.set_asked(context.person, None)
            raise CannotDo(user_text("There is nothing left to ask about your contacts."))
        cards = known.people.questions[0].cards
        match context.text.casefold().strip(" .!"):
            case "1" | "yes" | "да" | "ha" | "ҳа" | "бале":
                decided = unite(cards)
            case "2" | "no" | "нет" | "yo‘q" | "yo'q" | "не":
                decided = tuple(
                    Decision(one, other, same=False)
                    for number, one in enumerate(cards)
                    for other in cards[number + 1 :]
                )
            case "3" | "later" | "потом" | "keyin" | "баъд":
                await self.people.set_asked(context.person, None)
                await context.reply(user_text("Say `contacts` when you want to go on."))
                return
            case _:
                await context.reply(*_asking(known.people.questions[0], known.cards()))
                return
        await self.contacts.set_decisions(context.person, [*known.decisions, *decided])
        await self._ask(context, await self._known(context.person))

    async def _contacts(self, context: Context) -> None:
        known = await self._known(context.person)
        if not known.books:
            raise CannotDo(
                user_text(
                    "I know no contacts of yours. Drop a vCard file or a table of Google's or Outlook's"
                    " here."
                )
            )
        lines = [
            user_text(
                "People: {people}. Contacts: {cards}, in address books: {books}.",
                people=len(known.people.people),
                cards=sum(len(one.cards) for one in known.books),
                books=len(known.books),
            )
        ]
        lines += [
            UserText("- {book}: {count}", {"book": one.source.name, "count": len(one.cards)})
            for one in known.books[:_BOOKS]
        ]
        if known.people.unread and await self.contacts.region(context.person) is None:
            lines.append(
                user_text(
                    "Numbers without a country code: {count}. Say in which country they are, for example"
                    " `country TJ`.",
                    count=len(known.people.unread),
                )
            )
        await context.reply(*lines)
        if known.people.questions:
            await self._ask(context, known)

    async def _country(self, context: Context) -> None:
        code = context.values.get("code", "").upper()
        if len(code) != _COUNTRY_LETTERS or not code.isascii() or not code.isalpha():
            raise CannotDo(
                user_text(
                    "Write the two letters of the country, for example `country TJ` or `country UZ`."
                )
            )
        await self.contacts.set_region(context.person, code)
        known = await self._known(context.person)
        await context.reply(
            user_text(
                "Numbers without a country code are of {country} now. People: {people}.",
                country=code,
                people=len(known.people.people),
            )
        )

    async def _ask(self, context: Context, known: Known) -> None:
        questions = known.people.questions
        if not questions:
            await self.people.set_asked(context.person, None)
            await context.reply(
                user_text(
                    "Thank you, that was all. People: {people}.", people=len(known.people.people)
                )
            )
            return
        await self.people.set_asked(context.person, SUBJECT)
        left = user_text("Questions left: {count}.", count=len(questions))
        await context.reply(left, *_asking(questions[0], known.cards()))

    async def _known(self, owner: UserID) -> Known:
        books = await self.contacts.books(owner)
        decisions = await self.contacts.decisions(owner)
        region = await self.contacts.region(owner)
        found = await asyncio.to_thread(people, books, region, decisions)
        return Known(books, decisions, found)


def _asking(question: Question, cards: Mapping[CardRef, Card]) -> list[UserText]:
    shown = (_card(cards[one]) for one in question.cards if one in cards)
    return [
        user_text("Are they the same person? They share {what}.", what=question.value),
        *(UserText("- {card}", {"card": one}) for one in shown),
        _DOUBTS[question.doubt],
        user_text("Answer with a number: 1 yes, 2 no, 3 later."),
    ]


def _card(card: Card) -> str:
    name = card.name or "–"
    return ", ".join((name, *card.phones[:2], *card.emails[:1]))


_DOUBTS = {
    Doubt.NAMES: user_text("I ask because their names are different."),
    Doubt.ACCOUNTS: user_text("I ask because a network has two accounts for it."),
    Doubt.NAMELESS: user_text("I ask because one has no name."),
    Doubt.UNCLEAR: user_text("I ask because it could be one of several people."),
}
