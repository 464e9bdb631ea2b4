# SPDX-License-Identifier: AGPL-3.0-or-later
"""What karvon's own commands may connect to: the parts they have started and the homeserver.

They are named in ``karvon.yaml``, so no policy is asked; whatever answers there cannot send them on.
"""

from collections.abc import Iterable
from typing import Any

import aiohttp
from yarl import URL


class OwnConnector(aiohttp.TCPConnector):
    """Connects to the servers of ``urls`` and to nothing else, redirects included."""

    def __init__(self, urls: Iterable[str]) -> None:
        super().__init__()
        self._own = frozenset(URL(url).origin() for url in urls)

    async def connect(self, req: aiohttp.ClientRequest, *args: Any, **kwargs: Any) -> Any:
        """Give a connection for a request; raises ``ConnectionRefusedError`` for another server."""
        if req.url.origin() not in self._own:
            raise ConnectionRefusedError(f"{req.url.origin()} is no part of this installation")
        return await super().connect(req, *args, **kwargs)
