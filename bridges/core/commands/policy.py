# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands about the homeserver's policy: why, and policy for operators."""

from functools import partial

from bridges.core.border.office import ChangedMeanwhile, Draft
from bridges.core.border.refusals import why
from bridges.core.border.request import parse_change
from bridges.core.commands.command import Command, Context, Section
from bridges.core.commands.parser import Argument, UsageError
from bridges.core.errors import Unsupported
from bridges.core.text import UserText, user_text
from policy_module.rules.edit import EditError
from policy_module.rules.load import PolicyRefusedError

_SHOWN = 20


async def _why(context: Context) -> None:
    refusals = await context.services.policy.refusals(context.user)
    if refusals is None:
        raise _no_policy()
    if not refusals:
        await context.reply(user_text("Nothing was refused to you since yesterday."))
        return
    await context.reply(
        user_text("This was refused to you, the newest first:"), *map(why, refusals)
    )


async def _policy(context: Context) -> None:
    text = context.values.get("what", "show")
    if text.casefold() == "show":
        await _show(context)
        return
    if not context.services.policy.is_local(context.user):
        await context.reply(
            user_text("Only administrators of this homeserver can change its policy.")
        )
        return
    try:
        draft = context.services.policy.draft(
            parse_change(text, context.services.policy.clock.now().date())
        )
    except UsageError as error:
        await context.reply(error.text)
    except (EditError, PolicyRefusedError, OSError, UnicodeDecodeError) as error:
        await context.reply(_failed(error))
    else:
        await _ask(context, draft)


async def _ask(context: Context, draft: Draft) -> None:
    if not draft.effects:
        await context.reply(user_text("The policy says that already."))
        return
    context.choices.offer(context.user, [partial(_apply, draft=draft), _leave])
    await context.reply(
        user_text("This would change:"),
        *(user_text("- {effect}", effect=effect) for effect in draft.effects),
        user_text("Answer `1` to do it, or `2` to leave everything as it is."),
    )


async def _apply(context: Context, draft: Draft) -> None:
    try:
        in_force = await context.services.policy.apply(draft)
    except ChangedMeanwhile:
        await context.reply(
            user_text("Somebody has changed the policy file meanwhile. Please ask again.")
        )
    except OSError as error:
        await context.reply(_failed(error))
    else:
        await context.reply(
            user_text("Done: the new policy is in force.")
            if in_force
            else user_text(
                "The file is written, but the homeserver does not follow it yet. Its log says why."
            )
        )


async def _leave(context: Context) -> None:
    await context.reply(user_text("Everything stays as it is."))


async def _show(context: Context) -> None:
    shown = await context.services.policy.in_force()
    if shown is None:
        raise _no_policy()
    federation = shown["policy"]["federation"]
    lines = [user_text("The policy in force has the digest `{digest}`.", digest=shown["digest"])]
    for entries, line in (
        (federation["allow"], _allowed),
        (federation["deny"], _denied),
    ):
        lines += [line(one["server"], one["until"] or "—") for one in entries[:_SHOWN]]
        if len(entries) > _SHOWN:
            lines.append(user_text("- … and {count} more", count=len(entries) - _SHOWN))
    await context.reply(*lines)


def _allowed(server: str, until: str) -> UserText:
    return user_text("- allowed: {server}, until {until}", server=server, until=until)


def _denied(server: str, until: str) -> UserText:
    return user_text("- excluded: {server}, until {until}", server=server, until=until)


def _failed(error: Exception) -> UserText:
    return user_text("The policy file cannot be changed: {reason}", reason=str(error))


def _no_policy() -> Unsupported:
    return Unsupported("NO_POLICY", user_text("This homeserver has no policy of ours."))


WHY = Command(
    name="why",
    section=Section.GENERAL,
    help=user_text("- `{usage}`: learn why the homeserver refused something to you"),
    handler=_why,
    private=True,
)
POLICY = Command(
    name="policy",
    section=Section.OPERATORS,
    help=user_text("- `{usage}`: show or change which servers this homeserver talks to"),
    handler=_policy,
    arguments=(Argument("what", required=False, rest=True),),
    private=True,
    admin=True,
)
