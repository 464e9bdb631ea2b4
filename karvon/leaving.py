# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the one configuration to what somebody's leaving needs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from mautrix.types import UserID

from bridges.migration.leaving.settings import LeavingSettings
from karvon.config.layout import Layout
from karvon.config.model import KarvonConfig
from karvon.config.secretstore import SecretStore
from karvon.config.settings import bot_mxid, database_of
from karvon.errors import OperatorError
from karvon.files import make_private_folder
from karvon.migration import migration_settings
from policy_module.audit.keys import UnusableKeyError, signing_key

if TYPE_CHECKING:
    from karvon.guide_data import GuideData


def leaving_settings(
    config: KarvonConfig, secrets: SecretStore, token: str | None = None
) -> LeavingSettings:
    """Resolve what leaving needs; ``token`` is the person's own, if they have given one."""
    bots = {one.network_id: UserID(bot_mxid(config, one)) for one in config.networks}
    return LeavingSettings(migration_settings(config, secrets), bots, token)


@asynccontextmanager
async def guide_data(
    config: KarvonConfig, secrets: SecretStore
) -> AsyncIterator["GuideData | None"]:
    """Have what the guide keeps; None if it has never run here. Raises ``OperatorError``."""
    url = database_of(config, "guide").url
    file = url.removeprefix("sqlite:")
    is_there = config.uses_guide if file == url else await asyncio.to_thread(Path(file).exists)
    if not is_there:
        yield None
        return
    try:
        from karvon.guide_data import opened
    except ImportError as error:
        raise OperatorError(
            f"what the guide keeps cannot be read ({error}): pip install 'karvon[guide]'"
        ) from None
    async with opened(config, secrets) as found:
        yield found


def receipt_key(config: KarvonConfig) -> Ed25519PrivateKey:
    """Give the key receipts are signed with, made at its first use. Raises ``OperatorError``."""
    folder = Layout.of(config).receipts
    make_private_folder(folder)
    try:
        return signing_key(folder)
    except UnusableKeyError as error:
        raise OperatorError(str(error)) from None
