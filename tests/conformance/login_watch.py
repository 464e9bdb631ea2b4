# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a bridge shows to those who log in, for networks that cannot be asked for it."""

from collections.abc import Mapping

from bridges.core.login import Claim, DisplayAndWait, LoginProcess, LoginStep
from bridges.core.network import Network


class LoginWatch:
    """Remembers what was shown last: what a QR code says, or a code to type."""

    def __init__(self) -> None:
        self.shown = ""

    def watched(self, network: Network) -> Network:
        """The same network, whose logins are watched."""
        begin = network.begin_login

        def watching(flow: str, claim: Claim) -> LoginProcess:
            return _Watched(begin(flow, claim), self)

        network.begin_login = watching  # type: ignore[method-assign]
        return network


class _Watched:
    def __init__(self, process: LoginProcess, watch: LoginWatch) -> None:
        self._process = process
        self._watch = watch

    async def start(self) -> LoginStep:
        return self._note(await self._process.start())

    async def submit(self, values: Mapping[str, str]) -> LoginStep:
        return self._note(await self._process.submit(values))

    async def wait(self) -> LoginStep:
        return self._note(await self._process.wait())

    async def cancel(self) -> None:
        await self._process.cancel()

    def _note(self, step: LoginStep) -> LoginStep:
        self._watch.shown = step.data if isinstance(step, DisplayAndWait) else ""
        return step
