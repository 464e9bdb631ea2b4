# SPDX-License-Identifier: AGPL-3.0-or-later
"""FakeNetwork: the plugin for a bridge, and the people who use the network otherwise."""

from pathlib import Path
from typing import Any

from bridges.core.network import BridgeHandle, Network, NetworkInfo, NetworkPlugin
from tests.fakes.adapter import FakeAdapter, FakeConfig
from tests.fakes.logins import Scans
from tests.fakes.phone import FakePhone
from tests.fakes.store import fake_tables
from tests.fakes.world import World

FAKE_INFO = NetworkInfo(
    FakeConfig.network_id,
    FakeConfig.network_name,
    "https://fakegram.example.org",
    rising_ids=True,
    picture=Path(__file__).with_name("picture.png"),
)


class FakeNetwork:
    """A network of its own; it goes on while the bridge restarts.

    >>> fake = FakeNetwork()
    >>> nodira, rustam = fake.person("Nodira"), fake.person("Rustam")
    >>> message = nodira.says(nodira.chat_with(rustam), "Salom!")
    >>> [one.sender == nodira.account.user for one in rustam.chat_with(nodira).messages.values()]
    [True]
    """

    def __init__(self) -> None:
        self.world = World()
        self.scans = Scans()
        self.plugin = NetworkPlugin(FAKE_INFO, FakeConfig, fake_tables, self._open)

    def person(self, name: str, *, password: str | None = None) -> FakePhone:
        """Open an account for a new person."""
        return FakePhone(self.world, self.world.add_account(name, password))

    def _open(self, _config: Any, handle: BridgeHandle) -> Network:
        return FakeAdapter(self.world, self.scans, handle)
