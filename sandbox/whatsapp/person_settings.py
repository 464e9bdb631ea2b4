# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a person sets for chats and contacts, which all their devices know (app state)."""

import asyncio
import base64
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from attrs import define
from pyaileys.appstate.keys import ExpandedAppStateKeys, expand_app_state_keys
from pyaileys.appstate.processor import (
    HashState,
    b64_index,
    generate_content_mac,
    generate_patch_mac,
)
from pyaileys.crypto.aes import aes_encrypt_cbc_pkcs7
from pyaileys.crypto.hkdf import hmac_sha256
from pyaileys.proto import WAProto_pb2

from sandbox.whatsapp.jids import SERVER, Jid
from sandbox.whatsapp.keys import RandomBytes
from sandbox.whatsapp.person_client import PersonClient, element

_PATIENCE = 10.0
_VECTOR = 16
_COLLECTIONS = {
    "mute": ("regular_high", 2),
    "pin_v1": ("regular_low", 5),
    "archive": ("regular_low", 3),
    "markChatAsRead": ("regular_low", 3),
    "contact": ("critical_unblock_low", 2),
    "setting_pushName": ("critical_block", 1),
}
"""Where each action is kept, and the version of its form."""


@define
class ChatSetting:
    """What is set for a chat; `unread` is the mark people set themselves."""

    muted: bool = False
    archived: bool = False
    pinned: bool = False
    unread: bool = False


class SettingDoings:
    """The settings in the hands of one person. `share_key` has the phone send the key for them."""

    def __init__(
        self,
        client: PersonClient,
        share_key: Callable[[], Awaitable[None]],
        random_bytes: RandomBytes,
    ) -> None:
        self._client = client
        self._share_key = share_key
        self._random = random_bytes
        self._chats: dict[str, ChatSetting] = {}
        self._one_at_a_time = asyncio.Lock()
        client.library._apply_app_state_mutation = self._apply  # noqa: SLF001 - it keeps names only

    async def of(self, chat: Jid) -> ChatSetting:
        """What is set for a chat, also by other devices."""
        async with self._one_at_a_time:
            await self._key()
            await self._fetch("regular_high", "regular_low")
        return self._chats.get(str(chat), ChatSetting())

    def known(self, chat: Jid) -> ChatSetting:
        """What this device knows to be set for a chat."""
        return self._chats.get(str(chat), ChatSetting())

    async def mute(self, chat: Jid, muted: bool) -> None:
        """Mute a chat for ever, or no more."""
        value = WAProto_pb2.SyncActionValue()
        value.muteAction.muted = muted
        if muted:
            value.muteAction.muteEndTimestamp = -1
        await self._set(value, "mute", str(chat))

    async def pin(self, chat: Jid, pinned: bool) -> None:
        """Pin a chat to the top of the list, or no more."""
        value = WAProto_pb2.SyncActionValue()
        value.pinAction.pinned = pinned
        await self._set(value, "pin_v1", str(chat))

    async def archive(self, chat: Jid, archived: bool) -> None:
        """Put a chat out of sight, or back."""
        value = WAProto_pb2.SyncActionValue()
        value.archiveChatAction.archived = archived
        await self._set(value, "archive", str(chat))

    async def mark_unread(self, chat: Jid, unread: bool) -> None:
        """Mark a chat as unread, or as read."""
        value = WAProto_pb2.SyncActionValue()
        value.markChatAsReadAction.read = not unread
        await self._set(value, "markChatAsRead", str(chat))

    async def save_contact(self, number: Jid, lid: Jid, name: str) -> None:
        """Put somebody into the address book."""
        value = WAProto_pb2.SyncActionValue()
        value.contactAction.fullName = name
        value.contactAction.lidJid = str(lid)
        await self._set(value, "contact", str(number))

    async def push_name(self, name: str) -> None:
        """Hand one's own name to one's other devices, as a phone does when they are linked."""
        value = WAProto_pb2.SyncActionValue()
        value.pushNameSetting.name = name
        await self._set(value, "setting_pushName")

    async def _set(self, value: Any, *index: str) -> None:
        collection, version = _COLLECTIONS[index[0]]
        value.timestamp = int(time.time() * 1000)
        async with self._one_at_a_time:
            name, keys = await self._key()
            await self._fetch(collection)
            state = await self._state(collection)
            mutation = self._mutation(value, list(index), version, name, keys)
            patch = _patch(mutation, collection, state, name, keys)
            inside = element("patch", patch.SerializeToString())
            asked = element(
                "collection",
                [inside],
                name=collection,
                version=str(state.version - 1),
                return_snapshot="false",
            )
            sync = element("sync", [asked])
            await self._client.ask("set", "w:sync:app:state", str(SERVER), sync)
            await self._fetch(collection)

    async def _key(self) -> tuple[bytes, ExpandedAppStateKeys]:
        creds = self._client.library.socket.auth.creds
        if not creds.my_app_state_key_id:
            await self._share_key()
            async with asyncio.timeout(_PATIENCE):
                await self._client.has_state_key.wait()
        found = await self._client.keys.get("app-state-sync-key", [creds.my_app_state_key_id])
        data = WAProto_pb2.Message.AppStateSyncKeyData.FromString(found[creds.my_app_state_key_id])
        return base64.b64decode(creds.my_app_state_key_id), expand_app_state_keys(
            bytes(data.keyData)
        )

    async def _fetch(self, *collections: str) -> None:
        await self._client.library.resync_app_state(collections=list(collections))

    async def _state(self, collection: str) -> HashState:
        kept = await self._client.keys.get("app-state-sync-version", [collection])
        return HashState.from_store(kept.get(collection))

    def _mutation(
        self, value: Any, index: list[str], version: int, name: bytes, keys: ExpandedAppStateKeys
    ) -> Any:
        packed = json.dumps(index, separators=(",", ":")).encode()
        data = WAProto_pb2.SyncActionData(index=packed, value=value, version=version)
        vector = self._random(_VECTOR)
        plain = data.SerializeToString()
        sealed = vector + aes_encrypt_cbc_pkcs7(plain, key=keys.value_encryption, iv=vector)
        mutation = WAProto_pb2.SyncdMutation(operation=WAProto_pb2.SyncdMutation.SET)
        mutation.record.index.blob = hmac_sha256(keys.index, packed)
        mutation.record.value.blob = sealed + generate_content_mac(0, sealed, name, keys.value_mac)
        mutation.record.keyId.id = name
        return mutation

    def _apply(self, mutation: Any) -> None:
        action, *place = mutation.index
        if mutation.action_value is None or action not in _COLLECTIONS or not place:
            return
        chat = place[0]
        setting = self._chats.setdefault(chat, ChatSetting())
        value = mutation.action_value
        if action == "mute":
            setting.muted = value.muteAction.muted
        elif action == "pin_v1":
            setting.pinned = value.pinAction.pinned
        elif action == "archive":
            setting.archived = value.archiveChatAction.archived
        elif action == "markChatAsRead":
            setting.unread = not value.markChatAsReadAction.read


def _patch(
    mutation: Any, collection: str, state: HashState, name: bytes, keys: ExpandedAppStateKeys
) -> Any:
    """Return the patch with one mutation, and count `state` on to it."""
    known: dict[str, bytes] = state.indexValueMap

    def before(index: bytes, _: int) -> bytes | None:
        return known.get(b64_index(index))

    state.update_hash([mutation], before)
    state.version += 1
    patch = WAProto_pb2.SyncdPatch()
    patch.mutations.append(mutation)
    patch.keyId.id = name
    patch.snapshotMac = state.generate_snapshot_mac(collection, keys.snapshot_mac)
    patch.patchMac = generate_patch_mac(patch, collection, keys.patch_mac, state.version)
    return patch
