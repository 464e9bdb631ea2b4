# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the operator may say about data centres: who and what lives in which."""

from sandbox.telegram.operator import OperatorError
from sandbox.telegram.records import Account
from sandbox.telegram.world import World


class Places:
    """Moves accounts and files between the data centres of a network."""

    def __init__(self, world: World) -> None:
        self._world = world

    def move_account(self, name: str | int, dc: int) -> Account:
        """Let an account live elsewhere: it has to log in there, and uploads there.

        Raises `OperatorError` if there is no such data centre.
        """
        self._require(dc)
        account = self._world.accounts.find(name)
        account.dc = dc
        self._world.accounts.save(account)
        self._world.store.commit()
        return account

    def move_file(self, number: int, dc: int) -> None:
        """Let a photo or document lie elsewhere than what clients are told about it."""
        self._require(dc)
        self._world.files.move(number, dc)
        self._world.store.commit()

    def _require(self, dc: int) -> None:
        known = self._world.data_centres
        if dc not in known:
            raise OperatorError(f"there is no data centre {dc}, only {sorted(known)}")
