# SPDX-License-Identifier: AGPL-3.0-or-later
"""The command template: approved texts, for when a chat takes nothing else."""

from collections.abc import Sequence
from functools import partial

from bridges.core.abilities import SendsTemplates
from bridges.core.commands.command import Command, Context, Section
from bridges.core.commands.parser import Argument, list_number
from bridges.core.commands.rooms import chat_here, impossible, needs_chat
from bridges.core.outgoing import MessageTemplate
from bridges.core.text import UserText, user_text

_BETWEEN_VALUES = "|"
_SHOWN = 30
"""Templates listed at most; others are sent by their name."""


async def _template(context: Context) -> None:
    chat = await chat_here(context)
    session = chat.session
    if not isinstance(session, SendsTemplates):
        raise impossible(context)
    templates = await session.templates(chat.key)
    wanted, given = context.values.get("name", ""), context.values.get("values", "")
    if not wanted:
        await context.reply(*_listed(templates, context))
        return
    chosen = _chosen(templates, wanted)
    if chosen is None:
        await context.reply(
            user_text("There is no template “{name}”.", name=wanted), *_listed(templates, context)
        )
        return
    values = [one.strip() for one in given.split(_BETWEEN_VALUES)] if given else []
    key = f"template {context.message.event_id}"
    await session.send_template(chat.key, key, chosen, values)


def _listed(templates: Sequence[MessageTemplate], context: Context) -> list[UserText]:
    if not templates:
        return [user_text("There are no approved templates that can be sent from here.")]
    lines = [
        user_text(
            "{number}. **{name}** ({language}): {text}",
            number=number,
            name=one.name,
            language=one.language,
            text=" ".join(one.text.split()),
        )
        for number, one in enumerate(templates[:_SHOWN], start=1)
    ]
    command = f"{context.prefix} {TEMPLATE.name} 1 … {_BETWEEN_VALUES} …".strip()
    hint = user_text(
        "Say for example `{command}`, with what belongs into the places in their order.",
        command=command,
    )
    return [*lines, hint]


def _chosen(templates: Sequence[MessageTemplate], wanted: str) -> MessageTemplate | None:
    number = list_number(wanted)
    if number is not None:
        return templates[number - 1] if 0 < number <= len(templates) else None
    return next((one for one in templates if one.name == wanted), None)


TEMPLATE = Command(
    name="template",
    section=Section.CHATS,
    help=user_text("- `{usage}`: list the approved texts of this chat, or send one"),
    handler=_template,
    arguments=(Argument("name", required=False), Argument("values", required=False, rest=True)),
    obstacle=partial(needs_chat, SendsTemplates),
)
