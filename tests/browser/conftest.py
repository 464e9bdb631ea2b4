# SPDX-License-Identifier: AGPL-3.0-or-later
"""One suite with made-up networks, a web client, and somebody who uses it."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.browser.album import Album
from tests.browser.client import Person, person_at
from tests.browser.web import served_client
from tests.support.site import PASSWORD, Site, running_site

CLIENT = "KARVON_WEB_CLIENT"
"""Environment variable: folder with the build of Cinny, version 4.2."""
PICTURES = "KARVON_PICTURES"
"""Environment variable: folder for the pictures; without it they are thrown away."""


@pytest.fixture(scope="session")
def web_client() -> Path:
    """The build of the client."""
    named = os.environ.get(CLIENT)
    if not named:
        pytest.skip(f"{CLIENT} does not name a folder with a build of Cinny")
    folder = Path(named).resolve()
    assert (folder / "index.html").is_file(), f"{CLIENT}: no index.html in {folder}"
    return folder


@pytest.fixture(scope="session")
def album(tmp_path_factory: pytest.TempPathFactory) -> Album:
    """Where pictures are kept."""
    named = os.environ.get(PICTURES)
    folder = Path(named) if named else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return Album(folder)


@pytest.fixture(scope="session")
async def site(web_client: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Everything `karvon up` starts."""
    async with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="session")
async def anor(site: Site, web_client: Path) -> AsyncIterator[Person]:
    """Somebody who has just logged in for the first time."""
    await site.register("anor")
    async with served_client(web_client, site.homeserver) as address, person_at(address) as person:
        await person.log_in("anor", PASSWORD)
        yield person
