# SPDX-License-Identifier: AGPL-3.0-or-later
"""Questions about archives as they are asked and answered in a chat; pure but for the list of zones."""

from collections.abc import Iterable, Sequence
from zoneinfo import available_timezones

from attrs import evolve

from bridges.core.commands.parser import list_number
from bridges.core.text import UserText, user_text
from bridges.guide.archives.zones import USUAL, read_zone
from bridges.guide.conversation.command import CannotDo
from bridges.migration.archives.whatsapp import DateOrder, spelled
from bridges.migration.plan.model import NOBODY, Answers, Asked, Option, Question


def distinct(questions: Iterable[Question]) -> tuple[Question, ...]:
    """Give one question of each kind: an answer holds for the whole archive."""
    found: dict[Asked, Question] = {}
    for one in questions:
        found.setdefault(one.about, one)
    return tuple(found.values())


def asking(question: Question, name: str) -> list[UserText]:
    """Give the lines that ask a question about the file ``name``."""
    lines = [UserText("{file}: {ask}", {"file": name, "ask": question.ask})]
    for number, option in enumerate(_offered(question), start=1):
        lines.append(
            UserText("{number}. {option}", {"number": number, "option": _shown(question, option)})
        )
    if question.about is Asked.ZONE:
        lines.append(
            user_text(
                "Answer with a number, or write a city such as Samarkand, or hours such as +5."
            )
        )
    elif question.about is Asked.ME:
        lines.append(user_text("Answer with a number, or write the name as it stands in the file."))
    else:
        lines.append(user_text("Answer with a number."))
    return lines


def answered(question: Question, text: str, before: Answers) -> Answers:
    """Give the answers with one more. Raises ``CannotDo`` if ``text`` is none."""
    value = _value(question, text)
    match question.about:
        case Asked.ZONE:
            return evolve(before, zone=value)
        case Asked.DATES:
            return evolve(before, dates=DateOrder(value))
        case Asked.ME:
            return evolve(before, me=value)


def remembered(questions: Sequence[Question], now: Answers, earlier: Iterable[Answers]) -> Answers:
    """Answer what was answered for another file of the same person: the phone is mostly the same one.

    Who somebody is in a chat and how dates are written may differ, so that is asked each time.
    """
    asked = {one.about for one in questions}
    zone = next((one.zone for one in earlier if one.zone), "")
    if Asked.ZONE in asked and not now.zone and zone:
        return evolve(now, zone=zone)
    return now


def _value(question: Question, text: str) -> str:
    offered = _offered(question)
    number = list_number(text.strip().rstrip(".)"))
    if number is not None:
        if 1 <= number <= len(offered):
            return offered[number - 1].value
        raise CannotDo(user_text("Answer with a number from 1 to {last}.", last=len(offered)))
    exact = [one.value for one in offered if one.value.casefold() == text.strip().casefold()]
    if exact:
        return exact[0]
    match question.about:
        case Asked.ZONE:
            zone = read_zone(text, available_timezones())
            if zone is not None:
                return zone
            raise CannotDo(
                user_text(
                    "I do not know this time zone. Write a large city nearby, such as Samarkand, or how"
                    " many hours you are ahead of London in winter, such as +5."
                )
            )
        case Asked.ME:
            return text.strip()
        case Asked.DATES:
            raise CannotDo(user_text("Answer with a number from 1 to {last}.", last=len(offered)))


def _offered(question: Question) -> tuple[Option, ...]:
    if question.about is Asked.ZONE:
        return tuple(map(Option, USUAL))
    return question.options


def _shown(question: Question, option: Option) -> str | UserText:
    if question.about is Asked.ME and option.value == NOBODY:
        return user_text("none of them")
    if question.about is Asked.DATES:
        order = spelled(DateOrder(option.value))
        return UserText("{order}: {meaning}", {"order": order, "meaning": option.shown})
    return option.value
