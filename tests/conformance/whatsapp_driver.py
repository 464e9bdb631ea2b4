# SPDX-License-Identifier: AGPL-3.0-or-later
"""The sandbox WhatsApp in the conformance suite; its phones are plain pyaileys clients."""

import asyncio
import itertools
import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Any, Self

from attrs import evolve

from bridges.core.config import ListenConfig, NetworkConfig
from bridges.core.network import BridgeHandle, Network, NetworkPlugin
from bridges.whatsapp.config import (
    LinkedConfig,
    WhatsAppConfig,
    WhatsAppListenConfig,
    WhatsAppSyncConfig,
)
from bridges.whatsapp.linked.supervisor import Supervisor, worker_command
from bridges.whatsapp.network import network
from sandbox.whatsapp import WhatsAppSandbox
from sandbox.whatsapp.history import HistoryKind
from sandbox.whatsapp.jids import LID_SERVER, Jid
from sandbox.whatsapp.person import Person
from sandbox.whatsapp.person_view import Shown
from sandbox.whatsapp.records import Device
from tests.conformance.driver import ALL_STYLES, Chat, Phone, Seen, SeenPoll
from tests.conformance.driver_topology import ALL_SETTINGS
from tests.conformance.login_watch import LoginWatch
from tests.conformance.whatsapp_hosting import WhatsAppHost
from tests.conformance.whatsapp_kinds import WhatsAppKinds
from tests.conformance.whatsapp_markup import shown as shown_on_phones
from tests.conformance.whatsapp_markup import written
from tests.conformance.whatsapp_topology import WhatsAppTopologyPhone
from tests.support.faultproxy import FaultProxy
from tests.support.waiting import eventually

_LINKS_WITHIN = 3.0
_MEMBERS_SHOWN = 6
_CHANGES = {
    "name": ("subject",),
    "topic": ("description",),
    "picture": ("picture",),
    "power": ("promote", "demote"),
    "add": ("add",),
    "remove": ("remove",),
    "ban": ("remove",),
}
"""The network's names for what people change."""


class WhatsAppPhone(WhatsAppTopologyPhone):
    """See `tests.conformance.driver.Phone`."""

    def __init__(self, net: WhatsAppSandbox, person: Person) -> None:
        self.person = person
        self._net = net
        self.kinds = WhatsAppKinds(person, self.jid, self.seen)
        self.host = WhatsAppHost(person, self.jid, self.shown)

    @property
    def user(self) -> str:
        return f"lid-{self.person.account.lid}"

    @property
    def number(self) -> str:
        return f"+{self.person.account.phone}"

    @property
    def handle(self) -> str:
        return self.number

    def chat_with(self, other: Phone) -> Chat:
        return Chat(people=frozenset({self.user, other.user}))

    async def create_group(self, title: str, *others: Phone) -> Chat:
        group = await self.person.groups.create(title, *(_lid(one.user) for one in others))
        return Chat(room=str(group))

    async def create_channel(self, title: str, *others: Phone) -> Chat:
        chat = await self.create_group(title, *others)
        await self.person.groups.announce_only(self.jid(chat), True)
        return chat

    async def save_contact(self, other: Phone, name: str) -> None:
        number = _whatsapp(other).person.account.jid(lid=False)
        await self.person.settings.save_contact(number, _lid(other.user), name)

    async def rename(self, chat: Chat, title: str) -> None:
        await self.person.groups.rename(self.jid(chat), title)

    async def set_picture(self, chat: Chat, picture: bytes) -> None:
        await self.person.groups.set_picture(self.jid(chat), picture)

    async def remove(self, chat: Chat, other: Phone) -> None:
        await self.person.groups.change(self.jid(chat), "remove", _lid(other.user))

    async def send(
        self, chat: Chat, text: str, html: str | None = None, *, reply_to: Seen | None = None
    ) -> Seen:
        said = text if html is None else written(html)
        answered = None if reply_to is None else self.shown(reply_to)
        return self.seen(await self.person.send(self.jid(chat), said, reply_to=answered))

    async def send_file(self, chat: Chat, data: bytes, name: str, caption: str = "") -> Seen:
        mime = "application/octet-stream"
        fields = {"fileName": name} | ({"caption": caption} if caption else {})
        sent = await self.person.send_file(self.jid(chat), "documentMessage", data, mime, **fields)
        return self.seen(sent)

    async def send_photo(self, chat: Chat, data: bytes, caption: str = "") -> Seen:
        return await self.kinds.photo(chat, data, caption)

    async def let_messages_disappear(self, chat: Chat, seconds: int) -> None:
        await self.person.let_disappear(self.jid(chat), seconds)

    async def send_poll(
        self,
        chat: Chat,
        question: str,
        *answers: str,
        max_selections: int = 1,
        anonymous: bool = False,
    ) -> Seen:
        assert not anonymous, "polls of WhatsApp are not anonymous"
        choices = 1 if max_selections == 1 else 0
        sent = await self.person.send_poll(
            self.jid(chat), question, *answers, max_selections=choices
        )
        return self.seen(sent)

    async def vote(self, message: Seen, *answers: str) -> None:
        await self.person.vote(self.shown(message), *answers)

    async def end_poll(self, message: Seen) -> None:
        raise NotImplementedError("polls of WhatsApp do not end")

    async def poll(self, message: Seen) -> SeenPoll:
        poll = self.shown(message)
        votes = {f"lid-{voter}": chosen for voter, chosen in self.person.votes(poll).items()}
        answers = tuple(one.optionName for one in poll.poll.options)
        return SeenPoll(poll.poll.name, answers, votes)

    async def edit(self, message: Seen, text: str, html: str | None = None) -> None:
        await self.person.edit(self.shown(message), text if html is None else written(html))

    async def delete(self, message: Seen) -> None:
        await self.person.revoke(self.shown(message))

    async def react(self, message: Seen, emoji: str | None) -> None:
        await self.person.react(self.shown(message), emoji)

    async def read(self, message: Seen) -> None:
        await self.person.read(self.shown(message))

    async def type(self, chat: Chat) -> None:
        await self.person.type(self.jid(chat))

    async def messages(self, chat: Chat) -> list[Seen]:
        return [self.seen(one) for one in self.person.view.messages(self.jid(chat))]

    async def download(self, message: Seen) -> bytes:
        return await self.person.download(self.shown(message))

    async def is_read(self, message: Seen) -> bool:
        return bool(self.shown(message).read_by)

    async def typists(self, chat: Chat) -> set[str]:
        return {f"lid-{one.person}" for one in self._typed(chat) if one.state == "composing"}

    async def times_typed(self, chat: Chat) -> int:
        return sum(one.state == "composing" for one in self._typed(chat))

    async def has_stopped_typing(self, chat: Chat) -> bool:
        return [one.state for one in self._typed(chat)][-1:] == ["paused"]

    def _typed(self, chat: Chat) -> list[Any]:
        return [one for one in self.person.typing if one.chat == self.jid(chat)]

    async def set_name(self, name: str) -> None:
        await self.person.rename(name)
        for chat in self.person.view.chats():  # It is seen with the next message.
            await self.person.send(chat, f"call me {name}"[:60])

    async def set_own_picture(self, picture: bytes) -> None:
        await self.person.groups.set_picture(self.person.jid, picture)

    async def delete_account(self) -> None:
        raise NotImplementedError("an account that is deleted just falls silent")

    def jid(self, chat: Chat) -> Jid:
        """The address of a chat."""
        if chat.room:
            return Jid.parse(chat.room)
        return _lid(next(one for one in chat.people if one != self.user))

    def shown(self, message: Seen) -> Shown:
        """A message on this phone."""
        found = self.person.view.find(self.jid(message.chat), message.id)
        assert found is not None, f"{message} is not on the phone"
        return found

    def seen(self, one: Shown) -> Seen:
        """A message as the suite sees it."""
        chat = Chat(room=str(one.chat))
        if not one.chat.is_group:
            chat = Chat(people=frozenset({self.user, f"lid-{one.chat.user}"}))
        text, html = shown_on_phones(one.text)
        context = one.context
        return Seen(
            chat=chat,
            id=one.id,
            sender=f"lid-{one.author.user}",
            text=text,
            html=html,
            reply_to=(context.stanzaId or None) if context is not None else None,
            reactions={f"lid-{who}": [emoji] for who, emoji in one.reactions.items()},
            reacted=bool(one.reactions),
            file=getattr(one.file, "fileName", "") if one.file is not None else None,
            sent_at=one.time,
        )


class WhatsAppDriver:
    """See `tests.conformance.driver.Driver`. The bridge's worker reaches the sandbox by `proxy`."""

    def __init__(self) -> None:
        self.net = WhatsAppSandbox()
        self._numbers = itertools.count(1)
        self._watch = LoginWatch()
        self._folder = Path(tempfile.mkdtemp(prefix="wa-"))
        self._proxy: FaultProxy | None = None
        self._worker: Supervisor | None = None
        self._linking: set[asyncio.Task[None]] = set()

    @property
    def proxy(self) -> FaultProxy:
        """What is between the bridge's worker and the sandbox."""
        assert self._proxy is not None
        return self._proxy

    @property
    def plugin(self) -> NetworkPlugin:
        return evolve(network, open=self._open)

    def _open(self, config: Any, handle: BridgeHandle) -> Network:
        return self._watch.watched(network.open(config, handle))

    @property
    def styles(self) -> frozenset[str]:
        return ALL_STYLES - {"u", "a"}

    @property
    def chat_settings(self) -> frozenset[str]:
        return ALL_SETTINGS - {"unread"}

    @property
    def login_code(self) -> str:
        return ""

    @property
    def qr_data(self) -> str:
        return self._watch.shown

    def config(self, listen: ListenConfig) -> NetworkConfig:
        return WhatsAppConfig(
            enabled=True,
            listen=WhatsAppListenConfig(host=listen.host, port=listen.port),
            linked=LinkedConfig(
                worker=self._folder / "worker.sock",
                worker_files=self._folder / "files",
                contacts_interval=10.0,
            ),
            sync=WhatsAppSyncConfig(member_limit=_MEMBERS_SHOWN),
        )

    async def person(self, name: str, *, password: str | None = None) -> WhatsAppPhone:
        assert password is None, "accounts of WhatsApp ask nobody for a password"
        account = self.net.add_account(f"+999555{next(self._numbers):06}", name)
        return WhatsAppPhone(self.net, await self.net.person(account.phone))

    async def scan(self, phone: Phone, data: str) -> None:
        self.net.phone(phone.number).scan(data)
        await self._welcome(phone)

    async def type_code(self, phone: Phone) -> None:
        code = await eventually(lambda: self._watch.shown, describe="a code to type")
        self.net.phone(phone.number).type_code(code)
        await self._welcome(phone)

    def limit_rate(self, phone: Phone, seconds: int) -> None:
        raise NotImplementedError("WhatsApp names no time to wait for")

    def limit_history(self, phone: Phone, seconds: int) -> None:
        raise NotImplementedError("the phone sends its history when it likes to")

    def refuse(self, phone: Phone) -> None:
        self.net.faults.refuse_message(self.net.accounts.find(phone.number))

    def lose_answer(self, phone: Phone) -> None:
        self.net.faults.lose_answer(self.net.accounts.find(phone.number))

    def refuse_change(self, phone: Phone, change: str) -> None:
        account = self.net.accounts.find(phone.number)
        if change == "pins":  # they are messages
            self.net.faults.refuse_message(account)
            return
        for one in _CHANGES[change]:
            self.net.faults.refuse_change(account, one)

    def limit_login(self, phone: Phone, seconds: int) -> None:
        self.net.faults.refuse_code(self.net.accounts.find(phone.number))

    async def cut_off(self) -> None:
        await self.proxy.refuse()
        self.proxy.drop()

    async def let_back(self) -> None:
        await self.proxy.resume()

    async def end_session(self, phone: Phone) -> None:
        for device in self.bridged(phone):
            self.net.operator.unlink(device)

    async def reachable(self, phone: Phone) -> None:
        """Wait until others can write to all devices of somebody, the bridge's among them."""
        devices = self.net.accounts.devices(_whatsapp(phone).person.account)
        await eventually(
            lambda: all(self.net.accounts.key_count(one) for one in devices),
            describe="keys of all devices",
        )

    def bridged(self, phone: Phone) -> list[Device]:
        """The devices of somebody that are not their own client."""
        person = _whatsapp(phone).person
        return [
            one
            for one in self.net.accounts.devices(person.account)
            if one is not person.client.device
        ]

    async def _welcome(self, phone: Phone) -> None:
        """Do what a phone does for a new device, as soon as that has left its keys.

        Before, nobody can write to it, so this waits a while; a device that is not wanted goes.
        """
        known = {one.key for one in self.bridged(phone)}

        async def welcome() -> None:
            def ready() -> Device | None:
                found = [one for one in self.bridged(phone) if one.key not in known]
                return found[0] if found and self.net.accounts.key_count(found[0]) else None

            device = await eventually(ready, describe="a linked device with keys")
            assert device is not None
            there = self.net.phone(phone.number)
            await there.share_app_state_key(device)
            await there.send_history(device, [], HistoryKind.NAMES)
            await there.send_history(device, await _whatsapp(phone).person.past())

        task = asyncio.create_task(welcome())
        self._linking.add(task)
        task.add_done_callback(self._linking.discard)
        await asyncio.wait({task}, timeout=_LINKS_WITHIN)

    async def __aenter__(self) -> Self:
        await self.net.start()
        self._proxy = FaultProxy(self.net.front_port, self.net.host)
        await self.proxy.start()
        await self.start_worker()
        return self

    async def worker_dies(self) -> None:
        """Kill the bridge's worker; it is started again."""
        worker = self._worker
        assert worker is not None
        pid = await eventually(lambda: worker.pid)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await eventually(lambda: worker.pid not in {None, pid})

    async def worker_ends(self) -> None:
        """Kill the bridge's worker; it stays dead until `start_worker`."""
        await self.worker_dies()
        assert self._worker is not None
        await self._worker.stop()

    async def start_worker(self) -> None:
        """Keep a worker running."""
        env = self.net.client_environment(self._folder / "authority.pem")
        command = worker_command(
            self._folder / "worker.sock", self._folder / "store", self._folder / "files", "Karvon"
        )
        name = command.index("-m") + 1
        command[name:name] = ["sandbox.whatsapp.launch"]
        # The library honours the environment's proxy; nothing else may lead past the sandbox.
        others = {name: "" for name in os.environ if "proxy" in name.lower()}
        environment = {**others, **env, "https_proxy": self.proxy.url}
        self._worker = worker = Supervisor(command, environment, longest_pause=1.0)
        worker.start()
        await eventually(lambda: worker.pid)

    async def __aexit__(self, *_: object) -> None:
        for task in self._linking:
            task.cancel()
        if self._worker is not None:
            await self._worker.stop()
        await self.proxy.close()
        await self.net.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


def _lid(user: str) -> Jid:
    return Jid(user.removeprefix("lid-"), LID_SERVER)


def _whatsapp(phone: Phone) -> WhatsAppPhone:
    assert isinstance(phone, WhatsAppPhone)
    return phone
