# SPDX-License-Identifier: AGPL-3.0-or-later
"""Leaving: ``export`` hands everything over, ``delete-everything`` and ``goodbye`` end it.

Both are confirmed by the person, in the chat and encrypted by one of their own devices, before anything is
read or deleted: what is handed out is everything they have.
"""

from attrs import evolve, frozen

from bridges.core.clock import Clock
from bridges.core.commands.parser import Argument, list_number
from bridges.core.text import UserText, user_text
from bridges.guide.conversation.command import CannotDo, Command, Context, Handler
from bridges.guide.leaving import telling
from bridges.guide.leaving.departures import Departures
from bridges.guide.leaving.wish import AT_WORK, Details, Kind, Stage, Wish
from bridges.guide.store.people import GuidedPeople
from bridges.guide.store.wishes import WishStore
from bridges.migration.leaving.settings import LeavingSettings

EXPORT = "export"
FAREWELL = "farewell"
"""Subjects of questions (``GuidedPeople.asked``)."""

_PATIENCE = 900_000
"""Milliseconds for which a question stands: later, another person may hold the phone."""

_YES, _NO = 1, 2


def _settled(export: Wish) -> Stage | None:
    """Give to what an export comes back if another one is asked for and not confirmed."""
    return export.details.before if export.stage is Stage.ASKED else export.stage


@frozen
class LeavingCommands:
    """What people say when they leave."""

    departures: Departures
    store: WishStore
    people: GuidedPeople
    settings: LeavingSettings
    clock: Clock

    def commands(self) -> tuple[Command, ...]:
        """Give the commands."""
        return (
            Command(
                "export",
                user_text("- `{usage}`: get everything you have here, as files in this chat"),
                self._export,
                (Argument("stop", required=False),),
            ),
            Command(
                "delete-everything",
                user_text("- `{usage}`: have everything of yours deleted, with a receipt"),
                self._delete_everything,
                (Argument("account", required=False),),
            ),
            Command(
                "goodbye",
                user_text("- `{usage}`: end this chat, once everything is deleted"),
                self._goodbye,
            ),
        )

    def unless_deleting(self, handler: Handler) -> Handler:
        """Give a handler that refuses while everything of the person is being deleted."""

        async def handle(context: Context) -> None:
            await self._refuse_while_deleting(context)
            await handler(context)

        return handle

    # -- Exports

    async def _export(self, context: Context) -> None:
        told = context.values.get("stop", "").casefold()
        if told == "stop":
            await self._stop(context)
            return
        if told:
            raise CannotDo(
                user_text("Say `{export}` or `{stop}`.", export=EXPORT, stop="export stop")
            )
        self._check(context)
        await self._refuse_while_deleting(context)
        before = await self.store.get(context.person, Kind.EXPORT)
        if before is not None and before.stage in AT_WORK:
            raise CannotDo(
                user_text("I am at it already. Say `{stop}` to stop.", stop="export stop")
            )
        await context.reply(*telling.export_question())
        wish = await self._asked(context, Kind.EXPORT, before)
        await self.store.put(wish)
        await self.people.set_asked(context.person, EXPORT)

    async def answer_export(self, context: Context) -> None:
        """Take the answer to whether an export shall be made."""
        wish = await self._answered(context, Kind.EXPORT, Stage.ASKED)
        if wish is None:
            return
        match list_number(context.text):
            case number if number == _YES:
                notice = await context.reply(*telling.export_begun())
                await self.departures.clear_export(wish)
                begun = wish.become(Stage.MAKING, notice=notice)
                await self.store.put(begun)
                await self.people.set_asked(context.person, None)
                self.departures.begin(begun)
            case number if number == _NO:
                await self._not_done(context, wish)
            case _:
                await context.reply(*telling.export_question())

    async def _stop(self, context: Context) -> None:
        wish = await self.store.get(context.person, Kind.EXPORT)
        if wish is None or wish.stage not in {*AT_WORK, Stage.HALTED}:
            raise CannotDo(user_text("I am making no export for you."))
        await context.reply(*telling.export_stopped())
        await self.store.remove(context.person, Kind.EXPORT)
        self.departures.begin_dropping(context.person)

    # -- Farewells

    async def _delete_everything(self, context: Context) -> None:
        told = context.values.get("account", "").casefold()
        if told not in {"", "account"}:
            raise CannotDo(
                user_text(
                    "Say `{command}`, or `{closing}` to have your account closed as well.",
                    command="delete-everything",
                    closing="delete-everything account",
                )
            )
        self._check(context)
        before = await self.store.get(context.person, Kind.FAREWELL)
        if before is not None and before.stage in AT_WORK:
            raise CannotDo(
                user_text("I am at it already.")
                if before.stage is not Stage.WAITING
                else user_text("It is done. Say `{command}` to end this chat.", command="goodbye")
            )
        export = await self.store.get(context.person, Kind.EXPORT)
        await context.reply(
            *telling.farewell_question(
                bool(told),
                export is not None and export.details.manifest is not None,
                export is not None and export.stage is Stage.LARGE,
            )
        )
        wish = await self._asked(context, Kind.FAREWELL, export)
        await self.store.put(evolve(wish, details=evolve(wish.details, closes=bool(told))))
        await self.people.set_asked(context.person, FAREWELL)

    async def answer_farewell(self, context: Context) -> None:
        """Take one of the two answers to whether everything shall be deleted."""
        wish = await self._answered(context, Kind.FAREWELL, Stage.ASKED, Stage.SURE)
        if wish is None:
            return
        if wish.stage is Stage.ASKED:
            if list_number(context.text) != _YES:
                await self._not_done(context, wish)
                return
            await context.reply(*telling.farewell_surely(context.person))
            await self.store.put(
                wish.become(Stage.SURE, since=self._now(), heard=context.message.event)
            )
            return
        if wish.details.heard == context.message.event:
            return  # It is the answer to the first question, heard again.
        if context.text != context.person:
            await self._not_done(context, wish)
            return
        notice = await context.reply(*telling.farewell_begun())
        await self.departures.clear_farewell(wish)
        begun = wish.become(Stage.MAKING, notice=notice)
        await self.store.put(begun)
        await self.people.set_asked(context.person, None)
        self.departures.begin(begun)

    async def _goodbye(self, context: Context) -> None:
        wish = await self.store.get(context.person, Kind.FAREWELL)
        if wish is None or wish.stage is not Stage.WAITING:
            raise CannotDo(
                user_text(
                    "Nothing has been deleted. Say `{command}` if you want to leave.",
                    command="delete-everything",
                )
            )
        self._check(context)
        await self.departures.halt(context.person, Kind.FAREWELL)
        going = wish.become(Stage.GOING)
        await self.store.put(going)
        self.departures.begin(going)

    # -- Both

    def _check(self, context: Context) -> None:
        """Raise ``CannotDo`` unless a person of ours says it, and somebody may act for them."""
        server, ours = context.person.partition(":")[2], self.settings.migration.server_name
        if server != ours:
            raise CannotDo(telling.foreign(server, ours))
        if context.message.device is None:
            raise CannotDo(telling.NOT_VERIFIED)
        if self.settings.person_token is None:
            raise CannotDo(telling.NOBODY_SPEAKS)

    async def _refuse_while_deleting(self, context: Context) -> None:
        farewell = await self.store.get(context.person, Kind.FAREWELL)
        if farewell is not None and farewell.stage in AT_WORK:
            raise CannotDo(telling.MEANWHILE)

    async def _asked(self, context: Context, kind: Kind, export: Wish | None) -> Wish:
        details = Details(
            room=context.room,
            asked=context.message.event,
            since=self._now(),
            language=await context.language(),
            manifest=None if export is None else export.details.manifest,
            before=None if export is None or kind is Kind.FAREWELL else _settled(export),
        )
        return Wish(context.person, kind, Stage.ASKED, details)

    async def _not_done(self, context: Context, wish: Wish, why: UserText = telling.KEPT) -> None:
        await context.reply(why)
        if wish.details.before is None:
            await self.store.remove(wish.owner, wish.kind)
        else:
            await self.store.put(wish.become(wish.details.before))
        await self.people.set_asked(context.person, None)

    def _now(self) -> int:
        return int(self.clock.now().timestamp() * 1000)

    async def _answered(self, context: Context, kind: Kind, *stages: Stage) -> Wish | None:
        """Give the wish that is confirmed or not; None if it was before, and this is heard again."""
        wish = await self.store.get(context.person, kind)
        if wish is None or wish.stage not in stages:
            await self.people.set_asked(context.person, None)
            if wish is not None and wish.stage in AT_WORK:
                self.departures.begin(wish)
            return None
        self._check(context)
        if context.room != wish.details.room or self._now() > wish.details.since + _PATIENCE:
            await self._not_done(context, wish, telling.TOO_LATE)
            return None
        return wish
