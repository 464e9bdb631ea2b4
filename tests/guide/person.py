# SPDX-License-Identifier: AGPL-3.0-or-later
"""A person whose app encrypts: a device with keys, as Element has one."""

from collections.abc import AsyncIterator, Awaitable, Callable, Set
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nio  # type: ignore[import-untyped]
from nio.crypto import decrypt_attachment, encrypt_attachment  # type: ignore[import-untyped]

from tests.support.syncing_client import accepted
from tests.support.waiting import DEFAULT_TIMEOUT, eventually

_ENCRYPTED = {
    "type": "m.room.encryption",
    "state_key": "",
    "content": {"algorithm": "m.megolm.v1.aes-sha2"},
}


class EncryptedPerson:
    """One device of somebody; made with ``encrypted_person``."""

    def __init__(self, client: nio.AsyncClient) -> None:
        self._nio = client
        self.heard: list[dict[str, Any]] = []
        """Messages of others as they were decrypted, in order, that were not waited for yet."""
        self.read: list[str] = []
        """The texts of all of them, but for later versions."""
        self.undecrypted: list[str] = []
        self.handed: list[dict[str, Any]] = []
        """Messages with files, as they were decrypted, in order."""

    async def sync(self, *, full: bool = False) -> None:
        """Hear what is new, and see to the keys. Before ``full``, this device had none."""
        client = self._nio
        answer = accepted(await client.sync(200, full_state=full or None))
        for room in list(answer.rooms.invite):
            accepted(await client.join(room))
        for info in answer.rooms.join.values():
            for event in info.timeline.events:
                if isinstance(event, nio.MegolmEvent) and not full:
                    self.undecrypted.append(event.event_id)
                elif event.source["type"] == "m.room.message" and event.sender != client.user_id:
                    self.heard.append(event.source)
                    if "filename" in event.source["content"]:
                        self.handed.append(event.source)
                    if "m.new_content" not in event.source["content"]:
                        self.read.append(str(event.source["content"]["body"]))
        await client.send_to_device_messages()
        if client.should_upload_keys:
            await client.keys_upload()
        if client.should_query_keys:
            await client.keys_query()
        if client.should_claim_keys:
            await client.keys_claim(client.get_users_for_key_claiming())

    async def invite(self, room: str, other: str) -> None:
        """Invite somebody."""
        accepted(await self._nio.room_invite(room, other))

    async def joined(self) -> set[str]:
        """Give the rooms this person is in."""
        return set(accepted(await self._nio.joined_rooms()).rooms)

    def members(self, room: str) -> set[str]:
        """Give who is in a room or invited."""
        return set(self._nio.rooms[room].users)

    async def learns_of_device(self, other: str, but: Set[str]) -> None:
        """Wait until somebody has a device that is none of these."""

        async def learned() -> bool:
            await self.sync()
            return bool(self.devices(other) - but)

        await eventually(learned)

    def devices(self, other: str) -> set[str]:
        """Give the devices of somebody for which is encrypted."""
        return {one.id for one in self._nio.device_store.active_user_devices(other)}

    async def chat_with(self, *others: str, encrypted: bool = True) -> str:
        """Open a chat and wait until all others are in it."""
        state = [_ENCRYPTED] if encrypted else []
        made = accepted(
            await self._nio.room_create(is_direct=True, invite=list(others), initial_state=state)
        )
        room = str(made.room_id)

        async def all_in() -> bool:
            await self.sync()
            users = self._nio.rooms[room].users if room in self._nio.rooms else {}
            return all(one in users and not users[one].invited for one in others)

        await eventually(all_in)
        return room

    async def say(self, room: str, text: str) -> str:
        """Say something."""
        return await self._send(room, {"msgtype": "m.text", "body": text})

    async def say_before_its_key(self, room: str, text: str) -> Callable[[], Awaitable[None]]:
        """Say something whose key comes later: when what is given is called."""
        client = self._nio
        client.olm.create_outbound_group_session(room)
        keys = list(
            client.olm.share_group_session_parallel(
                room, list(client.rooms[room].users), ignore_unverified_devices=True
            )
        )
        client.olm.outbound_group_sessions[room].shared = True
        await self.say(room, text)

        async def send_key() -> None:
            for number, (_, messages) in enumerate(keys):
                path = nio.Api.to_device(client.access_token, "m.room.encrypted", messages, number)
                response = await client.send(*path)
                assert response.status == 200

        return send_key

    async def drop(self, room: str, name: str, data: bytes) -> str:
        """Send a file, encrypted (specification, "Sending encrypted attachments")."""
        sealed, keys = encrypt_attachment(data)
        uploaded, _ = await self._nio.upload(
            lambda *_: sealed, "application/octet-stream", filesize=len(sealed)
        )
        content = {
            "msgtype": "m.file",
            "body": name,
            "filename": name,
            "info": {"size": len(data)},
            "file": {**keys, "url": accepted(uploaded).content_uri},
        }
        return await self._send(room, content)

    async def hears(
        self,
        is_it: Callable[[str], object],
        timeout: float = DEFAULT_TIMEOUT,  # noqa: ASYNC109
    ) -> str:
        """Wait for a message for whose text ``is_it`` holds, and forget all up to it."""

        async def found() -> str | None:
            for number, event in enumerate(self.heard):
                content = event["content"]
                body = str(content.get("m.new_content", content)["body"])
                if is_it(body):
                    del self.heard[: number + 1]
                    return body
            await self.sync()
            return None

        try:
            return str(await eventually(found, timeout=timeout))
        except TimeoutError as error:
            error.add_note(f"heard: {[one['content']['body'] for one in self.heard]}")
            raise

    async def pick_up(self, name: str) -> bytes:
        """Wait for an encrypted file of this name and read it."""

        async def found() -> bool:
            await self.sync()
            return any(one["content"]["filename"] == name for one in self.handed)

        try:
            await eventually(found)
        except TimeoutError as error:
            error.add_note(f"read: {self.read}")
            raise
        return await self.read_file(name)

    async def read_file(self, name: str) -> bytes:
        """Read the last encrypted file of this name that came."""
        named = [one["content"] for one in self.handed if one["content"]["filename"] == name]
        file = named[-1]["file"]
        stored = accepted(await self._nio.download(file["url"]))
        key, digest = file["key"]["k"], file["hashes"]["sha256"]
        return bytes(decrypt_attachment(stored.body, key, digest, file["iv"]))

    async def _send(self, room: str, content: dict[str, Any]) -> str:
        sent = await self._nio.room_send(
            room, "m.room.message", content, ignore_unverified_devices=True
        )
        return str(accepted(sent).event_id)


@asynccontextmanager
async def encrypted_person(
    url: str, mxid: str, password: str, folder: Path, device: str
) -> AsyncIterator[EncryptedPerson]:
    """Have somebody logged in on a new device for the time of the block."""
    config = nio.AsyncClientConfig(encryption_enabled=True, store_name=f"{device}.db")
    client = nio.AsyncClient(url, mxid, store_path=str(folder), config=config)
    try:
        accepted(await client.login(password, device_name=device))
        person = EncryptedPerson(client)
        await person.sync(full=True)
        yield person
    finally:
        await client.close()
