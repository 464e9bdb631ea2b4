# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the commands about leaving share: whose data it is, in whose name, and what may go wrong."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from karvon.cli.context import Invocation
from karvon.config.layout import Layout
from karvon.config.secretstore import SecretStore
from karvon.errors import OperatorError

if TYPE_CHECKING:
    from mautrix.types import UserID

    from bridges.core.text import Translation
    from bridges.migration.leaving.settings import LeavingSettings

DIFFERS = 3
"""Exit code for "something is not as it should be"."""

OWNER = typer.Argument(metavar="PERSON", help="Whose data: a Matrix id on this homeserver.")
TOKEN = typer.Option(
    help="A file with the person's own access token, where bridge.double_puppet is off.",
    show_default=False,
)
LANGUAGE = typer.Option(help="Of what is written for the person: en, ru, tg or uz.")


def settings_of(call: Invocation, token_file: Path | None) -> "LeavingSettings":
    """Resolve the settings, with the person's own token if one is given."""
    from karvon.leaving import leaving_settings

    config = call.load()
    token = None if token_file is None else token_file.read_text("utf-8").strip()
    return leaving_settings(config, SecretStore(Layout.of(config).secrets), token)


def token_of(settings: "LeavingSettings") -> str:
    """Give what speaks in the person's name. Raises ``OperatorError`` if nothing may."""
    token = settings.person_token
    if token is None:
        raise OperatorError(
            "nobody may speak for people here, as bridge.double_puppet is off: give --token-file"
        )
    return token


def owner_of(person: str, settings: "LeavingSettings") -> "UserID":
    """Give whose data it is. Raises ``OperatorError`` if they are not of this homeserver."""
    from mautrix.types import UserID

    server = settings.migration.server_name
    if not person.startswith("@") or person.partition(":")[2] != server:
        raise OperatorError(f"{person}: write it as @somebody:{server}")
    return UserID(person)


@contextmanager
def expected_errors(say: "Translation") -> Iterator[None]:
    """Turn what may be wrong with exports, bots and the homeserver into one line."""
    from bridges.core.matrix.errors import HomeserverRefused, HomeserverUnavailable
    from bridges.core.network import MisconfiguredError
    from bridges.migration.archives.errors import ArchiveRefused
    from bridges.migration.leaving.errors import LeavingRefused

    try:
        yield
    except (ArchiveRefused, LeavingRefused) as refused:
        raise OperatorError(say(refused.text)) from None
    except (HomeserverRefused, HomeserverUnavailable, MisconfiguredError) as error:
        raise OperatorError(f"the homeserver: {error}") from None
    except sqlite3.Error as error:
        raise OperatorError(f"a file of ours cannot be used: {error}") from None
