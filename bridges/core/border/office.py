# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads and changes the policy of the homeserver the bridge belongs to."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from attrs import frozen
from mautrix.types import UserID

from bridges.core.border.refusals import Refusal, refusal_of
from bridges.core.clock import Clock
from policy_module.files import write_atomically
from policy_module.rules.changes import changes
from policy_module.rules.edit import Change, edit
from policy_module.rules.load import load
from policy_module.rules.policy import Policy
from policy_module.territory.territory import Territory

_PATIENCE = 10.0
_PAUSE = 0.25


class PolicyPages(Protocol):
    """What the homeserver tells about its policy (``bridges.core.matrix.client.Homeserver``)."""

    async def policy(self) -> dict[str, Any] | None:
        """The policy in force."""
        ...

    async def policy_refusals(self, user: UserID) -> Sequence[Mapping[str, Any]] | None:
        """What was refused to somebody."""
        ...


@frozen
class Draft:
    """A change that was not made yet: the text before and after, and what it does, in English."""

    before: str
    after: str
    effects: tuple[str, ...]


class ChangedMeanwhile(Exception):
    """Somebody else has changed the file since the draft was made."""


@frozen
class PolicyOffice:
    """What the commands need; ``path`` is the policy file, ``None`` if it is not ours to change."""

    homeserver: PolicyPages
    server_name: str
    path: Path | None
    clock: Clock

    def is_local(self, user: UserID) -> bool:
        """Whether somebody has an account on this homeserver."""
        return user.partition(":")[2] == self.server_name

    async def refusals(self, user: UserID) -> Sequence[Refusal] | None:
        """What was refused to somebody within a day, newest first; ``None`` without a policy."""
        answer = await self.homeserver.policy_refusals(user)
        return None if answer is None else [refusal_of(one) for one in answer]

    async def in_force(self) -> dict[str, Any] | None:
        """The policy in force as everybody may see it; ``None`` if there is none."""
        return await self.homeserver.policy()

    def draft(self, change: Change) -> Draft:
        """Make a change without writing it.

        Raises:
            EditError: if it cannot be made.
            PolicyRefusedError: if the file is wrong before or after it.
            OSError: if it cannot be read.
        """
        path = self._path()
        before = path.read_text(encoding="utf-8")
        after = edit(before, change)
        found = changes(self._policy(before), self._policy(after))
        return Draft(before, after, tuple(f"{one.effect}: {one.text}" for one in found))

    async def apply(self, draft: Draft) -> bool:
        """Write a draft in one step, and tell whether it came into force within ten seconds.

        Raises:
            ChangedMeanwhile: if the file is not the one of the draft any more.
            OSError: if it cannot be written.
        """
        path = self._path()
        if path.read_text(encoding="utf-8") != draft.before:
            raise ChangedMeanwhile
        old = await self._digest()
        write_atomically(path, draft.after.encode(), mode=path.stat().st_mode & 0o777)
        waited = 0.0
        while waited < _PATIENCE:
            await self.clock.sleep(_PAUSE)
            waited += _PAUSE
            if await self._digest() != old:
                return True
        return False

    async def _digest(self) -> str | None:
        policy = await self.in_force()
        return None if policy is None else str(policy["digest"])

    def _path(self) -> Path:
        if self.path is None:
            raise FileNotFoundError("the policy file is not on this machine")
        return self.path

    def _policy(self, text: str) -> Policy:
        def read(name: str) -> str:
            return (self._path().parent / name).read_text(encoding="utf-8")

        return load(text, self.server_name, read, lambda name, section: Territory.build(name))
