# SPDX-License-Identifier: AGPL-3.0-or-later
"""The numbers that are in use here, and which of them a webhook is for."""

from collections.abc import Mapping, Sequence

import structlog
from attrs import evolve

from bridges.core.ids import LoginID
from bridges.core.network import BridgeHandle
from bridges.whatsapp.cloud.account_news import account_news
from bridges.whatsapp.cloud.desk import Desk, make_desk
from bridges.whatsapp.cloud.graph import Credentials, GraphApi
from bridges.whatsapp.cloud.notifications import Change
from bridges.whatsapp.store.cloud_accounts import Account, AccountStore


class Desks:
    """All numbers of this process."""

    def __init__(self, handle: BridgeHandle, graph: GraphApi, *, minimal: bool) -> None:
        """With ``minimal`` the organisation's names for people are neither kept nor shown."""
        self._log = structlog.get_logger("karvon.whatsapp.cloud")
        self._handle = handle
        self._graph = graph
        self._minimal = minimal
        self._store = AccountStore(handle.database, handle.secrets)
        self._desks: dict[str, Desk] = {}

    async def open_stored(self, configured: Credentials | None) -> None:
        """Put the stored numbers to work; one that is configured has the secrets it has there.

        Raises ``SecretUnreadable``.
        """
        await self._store.reseal()
        for account in await self._store.all():
            if configured is not None and configured.number == account.number:
                business = configured.business or account.credentials.business
                account = evolve(account, credentials=evolve(configured, business=business))
                await self._store.save(account)
            desk = self._made(account)
            desk.agents.extend(await self._store.agents(account.number))
            self._desks[account.number] = desk

    def _made(self, account: Account) -> Desk:
        return make_desk(account, self._handle, self._graph, minimal=self._minimal)

    def get(self, number: str) -> Desk | None:
        """A number at work."""
        return self._desks.get(number)

    async def keep(self, account: Account, agent: LoginID) -> None:
        """Put a number to work, or go on with new secrets, and have ``agent`` answer for it."""
        desk = self._desks.get(account.number)
        if desk is not None and not account.credentials.business:
            known = desk.credentials.business
            account = evolve(account, credentials=evolve(account.credentials, business=known))
        await self._store.save(account)
        await self._store.add_agent(account.number, agent)
        if desk is None:
            desk = self._made(account)
            self._desks[account.number] = desk
        desk.account = account
        if agent not in desk.agents:
            desk.agents.append(agent)

    async def leave(self, number: str, agent: LoginID) -> None:
        """Have somebody not answer for a number any more; with the last one it is forgotten."""
        await self._store.remove_agent(agent)
        desk = self._desks.get(number)
        if desk is None:
            return
        if agent in desk.agents:
            desk.agents.remove(agent)
        if not desk.agents:
            del self._desks[number]
            await self._store.forget(number)

    async def clean(self) -> None:
        """Forget what is too old to matter."""
        now = self._handle.clock.now()
        for desk in list(self._desks.values()):
            await desk.number.inbox.clean(now)
            await desk.number.sendings.clean(now)

    def verify_tokens(self) -> Mapping[str, str]:
        """What Meta has to show, by number."""
        return {name: desk.credentials.verify_token for name, desk in self._desks.items()}

    def app_secrets(self) -> Mapping[str, str]:
        """The secrets webhooks are signed with, by number."""
        return {name: desk.credentials.app_secret for name, desk in self._desks.items()}

    async def take(self, changes: Sequence[Change], numbers: frozenset[str]) -> None:
        """Store the changes of those numbers whose secret has signed them.

        A change of a number that is not in use here is dropped: Meta sends those of all numbers of an
        app to one address, and would give that up if it was refused.
        """
        for change in changes:
            self._tell(change, numbers)
            desk = self._desks.get(change.number)
            if desk is None or change.number not in numbers or not desk.agents:
                self._log.info("a webhook is for no number in use here", kind=change.kind[:40])
                continue
            if change.business and not desk.credentials.business:
                desk.account = await self._store.learn_business(desk.account, change.business)
            await desk.receiver.take(change, tuple(desk.agents))

    def _tell(self, change: Change, numbers: frozenset[str]) -> None:
        """Tell agents what Meta says of a whole business account."""
        news = account_news(change)
        if news is None:
            return
        for number in numbers:
            desk = self._desks.get(number)
            if desk is not None and desk.credentials.business == change.business:
                for agent in desk.agents:
                    self._handle.tell(agent, news)
