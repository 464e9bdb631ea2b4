# SPDX-License-Identifier: AGPL-3.0-or-later
"""The guide's login: kept over restarts, and made anew with a device of its own when it is gone."""

from contextlib import suppress

from bridges.guide.config import GuideSettings
from bridges.guide.matrix.client import Identity, MatrixClient, keys_of
from bridges.guide.matrix.errors import AccountUnusable, GuideRefused, LoggedOut
from bridges.guide.store.progress import ProgressStore

TOKEN = "access token"  # noqa: S105 - what it is called
"""Under which name the token of the login is kept."""

_DEVICE = "Karvon guide"


async def logged_in(
    client: MatrixClient, settings: GuideSettings, progress: ProgressStore
) -> Identity:
    """Log in as the configuration says.

    Raises ``AccountUnusable``, ``GuideUnavailable`` and ``SecretUnreadable``.
    """
    if settings.access_token is not None:
        return await _with_given_token(client, settings, settings.access_token)
    kept = await progress.secret(TOKEN)
    # Without its keys a device is of no use: people's clients go on encrypting for the old ones.
    if kept is not None and keys_of(settings.folder).exists():
        with suppress(GuideRefused, LoggedOut):  # Somebody may have logged it out.
            return await client.resume(kept)
    identity = await _anew(client, settings)
    await progress.set_secret(TOKEN, identity.token)
    with suppress(GuideRefused):  # Homeservers may keep people from choosing names.
        await client.set_name(settings.displayname)
    return identity


async def _with_given_token(client: MatrixClient, settings: GuideSettings, token: str) -> Identity:
    try:
        identity = await client.resume(token)
    except (GuideRefused, LoggedOut) as refused:
        raise AccountUnusable(
            f"guide.access_token is not accepted ({refused}): log in anew as {settings.mxid} and put"
            " the token of that login there"
        ) from refused
    if identity.mxid != settings.mxid:
        raise AccountUnusable(
            f"guide.access_token belongs to {identity.mxid}: set guide.username to that"
        )
    return identity


async def _anew(client: MatrixClient, settings: GuideSettings) -> Identity:
    if settings.password is None:
        raise AccountUnusable("give guide.password or guide.access_token")
    try:
        return await client.log_in(settings.password, _DEVICE)
    except GuideRefused as refused:
        raise AccountUnusable(
            f"{settings.mxid} cannot be logged in ({refused}): is it somebody else's? Choose another"
            " guide.username, or give its guide.password"
        ) from refused
