# SPDX-License-Identifier: AGPL-3.0-or-later
"""Archives: a file that is dropped, answers about it, and start, stop, undo, archives."""

from collections.abc import Sequence

from attrs import frozen

from bridges.core.clock import Clock
from bridges.core.commands.parser import Argument, list_number
from bridges.core.text import user_text
from bridges.guide.archives import telling
from bridges.guide.archives.answering import answered, asking
from bridges.guide.archives.attachment import Damaged, attachment_of
from bridges.guide.archives.deposit import Deposit, Details, State
from bridges.guide.archives.receiving import check_size
from bridges.guide.archives.workshop import Workshop
from bridges.guide.conversation.command import CannotDo, Command, Context
from bridges.guide.store.archives import DepositStore

_MOST = 50
"""Files of one person at a time. Of those that were brought over only notes are left."""


@frozen
class ArchiveCommands:
    """What people say about archives. ``limit`` is the size of a file in bytes."""

    workshop: Workshop
    store: DepositStore
    clock: Clock
    server_name: str
    limit: int

    def commands(self) -> tuple[Command, ...]:
        """Give the commands."""
        number = (Argument("number", required=False),)
        return (
            Command(
                "archives",
                user_text("- `{usage}`: list the files you have dropped here"),
                self._list,
                aliases=("files",),
            ),
            Command(
                "start",
                user_text("- `{usage}`: bring over what is ready"),
                self._start,
                number,
            ),
            Command("stop", user_text("- `{usage}`: stop bringing over, for now"), self._stop),
            Command(
                "undo",
                user_text("- `{usage}`: take back the rooms that were made of a file"),
                self._undo,
                number,
            ),
        )

    async def file(self, context: Context) -> None:
        """Take a dropped file."""
        if context.person.partition(":")[2] != self.server_name:
            raise CannotDo(
                user_text(
                    "Only people of {server} can bring archives here.", server=self.server_name
                )
            )
        try:
            attachment = attachment_of(context.message.content)
        except Damaged:
            raise CannotDo(
                user_text(
                    "I cannot open this file. Send it as a file, from an app that is up to date."
                )
            ) from None
        check_size(attachment.size, self.limit)
        files = [one for one in await self.store.of(context.person) if one.state is not State.DONE]
        if len(files) >= _MOST:
            raise CannotDo(
                user_text("Files you have here: {count}. Say `forget files` first.", count=_MOST)
            )
        notice = await context.reply(
            user_text(
                "Thank you. I am looking at {file}; nothing is changed yet.", file=attachment.name
            )
        )
        deposit = Deposit(
            context.message.event,
            context.person,
            State.ARRIVING,
            int(self.clock.now().timestamp() * 1000),
            Details(context.room, attachment, notice),
        )
        if await self.store.add(deposit):
            self.workshop.begin(deposit)

    async def answer(self, context: Context) -> None:
        """Take an answer to what was asked about a file."""
        deposit = await self.workshop.asked(context.person)
        if deposit is None or deposit.details.heard == context.message.event:
            await self.workshop.ask(context.person)
            return
        question, *others = deposit.details.questions
        try:
            answers = answered(question, context.text, deposit.details.answers)
        except CannotDo as refused:
            await context.reply(refused.text, *asking(question, deposit.name))
            return
        deposit = deposit.become(
            State.ASKING if others else State.PLANNING,
            answers=answers,
            questions=tuple(others),
            heard=context.message.event,
        )
        await self.store.save(deposit)
        if not others:
            self.workshop.begin(deposit)
        await self.workshop.ask(context.person)

    async def _list(self, context: Context) -> None:
        found = await self.store.of(context.person)
        if not found:
            raise CannotDo(user_text("You have dropped no files here."))
        await context.reply(
            *(telling.standing(number, one) for number, one in enumerate(found, start=1))
        )

    async def _start(self, context: Context) -> None:
        chosen = await self._chosen(context, State.READY, State.STOPPED)
        if not chosen:
            raise CannotDo(
                user_text("Nothing is ready. Drop an export of your chats here, or say `archives`.")
            )
        for one in chosen:
            notice = await context.reply(
                user_text("Bringing over {file}. Say `stop` to stop it.", file=one.name)
            )
            begun = one.become(State.RUNNING, notice=notice)
            await self.store.save(begun)
            self.workshop.begin(begun)

    async def _stop(self, context: Context) -> None:
        running = [one for one in await self.store.of(context.person) if one.state is State.RUNNING]
        if not running:
            raise CannotDo(user_text("Nothing is being brought over."))
        for one in running:
            await self.workshop.halt(one)
            await self.store.save(one.become(State.STOPPED))
            await self.workshop.update(one, "stopped", telling.stopped(one.name))
            await context.reply(*telling.stopped(one.name))

    async def _undo(self, context: Context) -> None:
        chosen = await self._chosen(context, State.DONE, State.STOPPED)
        if not chosen:
            raise CannotDo(user_text("There is nothing to take back."))
        if len(chosen) > 1:
            raise CannotDo(user_text("Which one? Say `archives`, then `undo` with its number."))
        (deposit,) = chosen
        await context.reply(user_text("Taking back the rooms of {file}.", file=deposit.name))
        begun = deposit.become(State.UNDOING)
        await self.store.save(begun)
        self.workshop.begin(begun)

    async def _chosen(self, context: Context, *states: State) -> Sequence[Deposit]:
        """Give the file whose number was said, or all, if they are in one of these states."""
        found = await self.store.of(context.person)
        told = context.values.get("number")
        if told is not None:
            number = list_number(told)
            if number is None or not 1 <= number <= len(found):
                raise CannotDo(user_text("There is no file with this number. Say `archives`."))
            found = [found[number - 1]]
        return [one for one in found if one.state in states]
