# SPDX-License-Identifier: AGPL-3.0-or-later
"""The methods of the API, one module per namespace or subject."""

from collections.abc import Callable, Mapping

from telethon.tl.functions import account as account_
from telethon.tl.functions import auth as auth_
from telethon.tl.functions import help as help_

from sandbox.telegram.handlers import (
    account,
    albums,
    auth,
    bots,
    calls,
    channels,
    contacts,
    dialog_settings,
    dialogs,
    discussions,
    editing,
    forums,
    forwards,
    groups,
    help_config,
    history,
    invites,
    lifetimes,
    members,
    pins,
    polls,
    previews,
    privacy,
    reactions,
    rights,
    search,
    send_as,
    sending,
    stickers,
    todos,
    updates,
    upload,
    users,
)
from sandbox.telegram.rpc import Handler

ANONYMOUS = frozenset(
    {
        help_.GetConfigRequest,
        help_.GetNearestDcRequest,
        help_.GetAppConfigRequest,
        auth_.SendCodeRequest,
        auth_.ResendCodeRequest,
        auth_.CancelCodeRequest,
        auth_.SignInRequest,
        auth_.CheckPasswordRequest,
        auth_.ImportBotAuthorizationRequest,
        auth_.ExportLoginTokenRequest,
        auth_.ImportLoginTokenRequest,
        auth_.ImportAuthorizationRequest,
        account_.GetPasswordRequest,
    }
)
"""The methods that need no login."""


def all_handlers(addresses: Callable[[], Mapping[int, tuple[str, int]]]) -> dict[type, Handler]:
    """Return the handler of every method; `addresses`: where clients connect to, by data centre."""
    return {
        **help_config.handlers(addresses),
        **account.HANDLERS,
        **albums.HANDLERS,
        **auth.HANDLERS,
        **bots.HANDLERS,
        **calls.HANDLERS,
        **channels.HANDLERS,
        **contacts.HANDLERS,
        **dialog_settings.HANDLERS,
        **dialogs.HANDLERS,
        **discussions.HANDLERS,
        **forums.HANDLERS,
        **editing.HANDLERS,
        **forwards.HANDLERS,
        **groups.HANDLERS,
        **history.HANDLERS,
        **invites.HANDLERS,
        **lifetimes.HANDLERS,
        **members.HANDLERS,
        **polls.HANDLERS,
        **privacy.HANDLERS,
        **previews.HANDLERS,
        **pins.HANDLERS,
        **reactions.HANDLERS,
        **rights.HANDLERS,
        **search.HANDLERS,
        **send_as.HANDLERS,
        **sending.HANDLERS,
        **stickers.HANDLERS,
        **todos.HANDLERS,
        **updates.HANDLERS,
        **upload.HANDLERS,
        **users.HANDLERS,
    }
