# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who of a person's contacts is here, and who may know that the person is."""

from collections.abc import Mapping, Sequence

import structlog
from attrs import frozen
from mautrix.types import UserID

from bridges.contacts.directory.directory import Directory
from bridges.contacts.directory.handles import of_person
from bridges.contacts.directory.holdings import Holdings
from bridges.contacts.directory.model import Compared, Consent, Here, News
from bridges.contacts.directory.rounds import Rounds
from bridges.core.commands.parser import Argument
from bridges.core.text import UserText, user_text
from bridges.guide.conversation.command import CannotDo, Command, Context
from bridges.guide.conversation.voice import Voice
from bridges.guide.matrix.client import MatrixClient
from bridges.guide.matrix.errors import GuideRefused, GuideUnavailable

_SHOWN = 50
_TOLD_SINGLY = 3
_LANE = "directory"

_MEANINGS = {
    Consent.NOBODY: user_text(
        "Nobody is told that you are here, and I do not tell you who is. I compare nothing."
    ),
    Consent.MUTUAL: user_text(
        "Those who have you among their contacts are told that you are here if you have them among"
        " yours, and you are told of them."
    ),
    Consent.EVERYONE: user_text(
        "Everybody who has your number or account is told that you are here, also people who have"
        " only tried numbers. Of others you are told if they have you too, or want to be found by"
        " everybody as well."
    ),
}


class DirectoryVoice:
    """Tells people who is here. See ``bridges.contacts.directory.model.TellsNews``."""

    def __init__(self, client: MatrixClient, voice: Voice, holdings: Holdings) -> None:
        self._client = client
        self._voice = voice
        self._holdings = holdings
        self._log = structlog.get_logger("karvon.guide")

    async def reaches(self, user: UserID) -> bool:
        """Tell whether there is a chat with somebody."""
        return self._client.room_with(user) is not None

    async def tell(self, user: UserID, news: News) -> None:
        """Tell it; many at once, and all at first, are told by their number."""
        room = self._client.room_with(user)
        if room is None:
            return
        names = await names_of(self._holdings, user, news.people)
        identity = ("here", user, *(one.user for one in news.people))
        try:
            await self._voice.say(room, told(news, names), person=user, identity=identity)
        except (GuideRefused, GuideUnavailable) as error:
            self._log.info("who is here could not be told", error=str(error))


def told(news: News, names: Mapping[UserID, str]) -> Sequence[UserText]:
    """Put news into sentences."""
    count = len(news.people)
    if news.first:
        return (
            user_text(
                "Of your contacts, {count} are here already. Say `{command}` to see them.",
                count=count,
                command="who-is-here",
            ),
        )
    if count > _TOLD_SINGLY:
        return (
            user_text(
                "Of your contacts, {count} more are here now. Say `{command}` to see them.",
                count=count,
                command="who-is-here",
            ),
        )
    return tuple(
        user_text("{name} is here now: {user}", name=names[one.user], user=one.user)
        for one in news.people
    )


async def names_of(holdings: Holdings, owner: UserID, here: Sequence[Here]) -> Mapping[UserID, str]:
    """Give what somebody calls those who are here; their Matrix id if they have no name for them."""
    people = await holdings.people(owner) if here else ()
    names = {}
    for one in here:
        called = (person.name for person in people if of_person(person) & one.handles)
        names[one.user] = next((name for name in called if name), one.user)
    return names


@frozen
class DirectoryCommands:
    """What people say about the directory."""

    directory: Directory
    rounds: Rounds
    holdings: Holdings

    def commands(self) -> tuple[Command, ...]:
        """Give the commands."""
        return (
            Command(
                "who-is-here",
                user_text("- `{usage}`: see which of your contacts are here"),
                self._who_is_here,
                lane=_LANE,
            ),
            Command(
                "visible",
                user_text(
                    "- `{usage}`: choose who may know that you are here: nobody, mutual, everyone"
                ),
                self._visible,
                (Argument("level", required=False),),
                lane=_LANE,
            ),
        )

    async def _who_is_here(self, context: Context) -> None:
        person = context.person
        if await self.directory.consent(person) is Consent.NOBODY:
            raise CannotDo(
                user_text(
                    "You have chosen `{command}`, so I do not look. Say `{other}` to change that.",
                    command="visible nobody",
                    other="visible mutual",
                )
            )
        compared = await self.rounds.refresh(person)
        if not await self.directory.proofs(person):
            raise CannotDo(
                user_text(
                    "Log in to Telegram or WhatsApp here first: the login shows who you are, and who may"
                    " find you."
                )
            )
        await self.directory.news(person)  # what is shown now need not be told later
        here = await self.directory.who_is_here(person)
        names = await names_of(self.holdings, person, here)
        lines = [user_text("Of your contacts who may know of each other, nobody is here yet.")]
        if here:
            lines = [user_text("Of your contacts, {count} are here:", count=len(here))]
        lines += [
            UserText("- {name}: {user}", {"name": names[one.user], "user": one.user})
            for one in sorted(here, key=lambda one: names[one.user].casefold())[:_SHOWN]
        ]
        if len(here) > _SHOWN:
            lines.append(user_text("… and {count} more", count=len(here) - _SHOWN))
        await context.reply(*lines, *waiting(compared))

    async def _visible(self, context: Context) -> None:
        wanted = context.values.get("level", "").casefold()
        if not wanted:
            consent = await self.directory.consent(context.person)
            await context.reply(_MEANINGS[consent], _choice())
            return
        if wanted not in set(Consent):
            raise CannotDo(_choice())
        consent = Consent(wanted)
        await self.directory.set_consent(context.person, consent)
        compared = await self.rounds.refresh(context.person)
        await context.reply(_MEANINGS[consent], *waiting(compared))


def waiting(compared: Compared) -> Sequence[UserText]:
    """Say what the limits keep back, and that the rest goes on."""
    if compared.more_at is None:
        return ()
    return (
        user_text(
            "Numbers and accounts of your contacts that I have compared: {listed}. Others have to wait:"
            " {waiting}, so that nobody can try all numbers there are. I go on after {moment} UTC."
            " Those found so far stay shown, and you are shown to those who may find you.",
            listed=compared.listed,
            waiting=compared.waiting,
            moment=compared.more_at.strftime("%Y-%m-%d %H:%M"),
        ),
    )


def _choice() -> UserText:
    return user_text(
        "Say `{nobody}`, `{mutual}` or `{everyone}` to change who may know that you are here.",
        nobody="visible nobody",
        mutual="visible mutual",
        everyone="visible everyone",
    )
