# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a message says, with everything its conversion has to know looked up."""

from collections.abc import Iterable, Mapping
from typing import Any

from bridges.core.content import FormattedText, RemotePart
from bridges.core.network import BridgeHandle
from bridges.whatsapp.formatting import Mentioned
from bridges.whatsapp.from_whatsapp.content import answered, parts_of
from bridges.whatsapp.from_whatsapp.context import addresses_in, context_of
from bridges.whatsapp.from_whatsapp.stubs import stub_part, stub_people
from bridges.whatsapp.from_whatsapp.surroundings import Surroundings
from bridges.whatsapp.ids import Jid, user_id
from bridges.whatsapp.linked.device import LinkedDevice
from bridges.whatsapp.linked.envelope import Envelope
from bridges.whatsapp.linked.people import People, nameless


class Contents:
    """For one login.

    ``view_once``: what can be seen once in WhatsApp is carried over.
    """

    def __init__(
        self,
        device: LinkedDevice,
        handle: BridgeHandle,
        people: People,
        *,
        view_once: bool = False,
    ) -> None:
        self._device = device
        self._handle = handle
        self._people = people
        self._view_once = view_once

    async def parts(
        self, content: Mapping[str, Any], data: Mapping[str, Any]
    ) -> tuple[RemotePart, ...]:
        """The parts of a message; ``data`` are its event's. None if nothing is to be shown."""
        return parts_of(
            content,
            await self._around(content),
            view_once=data.get("is_view_once") is True,
            lottie=data.get("is_lottie_sticker") is True,
        )

    async def answered(self, content: Mapping[str, Any]) -> FormattedText | None:
        """What a message answers, to be shown where that is not in the room."""
        if not context_of(content).get("quotedMessage"):
            return None
        return answered(content, await self._around(content))

    async def _around(self, content: Mapping[str, Any]) -> Surroundings:
        return Surroundings(
            people=await self._called(addresses_in(content)),
            say=await self._handle.translation(self._device.login),
            takes_view_once=self._view_once,
        )

    async def noted(self, stub: Mapping[str, Any], envelope: Envelope) -> tuple[RemotePart, ...]:
        """What is told of a message in the history that has no content; nothing of some."""
        people = await self._called({*stub_people(stub), envelope.speaker})
        say = await self._handle.translation(self._device.login)
        part = stub_part(stub, people[envelope.speaker.user].name, Surroundings(people, say))
        return () if part is None else (part,)

    async def _called(self, addresses: Iterable[Jid]) -> dict[str, Mentioned]:
        """Those a message names, by the user part of the address it names them by.

        They are called what everybody may call them: others read this too.
        """
        found = {}
        for jid in addresses:
            user = user_id(await self._people.person(jid))
            info = await self._people.info(user)
            found[jid.user] = Mentioned(user, info.name or nameless(user))
        return found
