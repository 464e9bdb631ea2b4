# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a person's phone does: it links devices, by QR code or by a code, and hands them old chats."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from functools import partial

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pyaileys.proto import WAProto_pb2

from sandbox.whatsapp.history import HistoryKind, OldChat, history_message
from sandbox.whatsapp.jids import SERVER
from sandbox.whatsapp.keys import KEY_SIZE, KeyPair
from sandbox.whatsapp.linking import CodeRequest, Linking, LinkingError, Promise
from sandbox.whatsapp.node import leaf, node
from sandbox.whatsapp.peer_messages import PeerMessages
from sandbox.whatsapp.records import Account, Device
from sandbox.whatsapp.session import Session
from sandbox.whatsapp.switchboard import Switchboard
from sandbox.whatsapp.world import World

_SIGNED_BY_ACCOUNT = b"\x06\x00"
_APP_STATE_KEY_SHARE = 6  # ProtocolMessage.Type
_CODE_ROUNDS = 2 << 16
_SALT, _VECTOR, _NONCE = 32, 16, 12


class Phone:
    """One person's phone."""

    def __init__(
        self, world: World, switchboard: Switchboard, linking: Linking, account: Account
    ) -> None:
        self._world = world
        self._switchboard = switchboard
        self._linking = linking
        self._account = account
        self._identity = KeyPair(account.identity)
        self._peers = PeerMessages(world, switchboard, account)

    def scan(self, qr: str) -> None:
        """Link the device that shows this QR code. Raises `LinkingError`."""
        parts = qr.rpartition("#")[2].split(",")
        try:
            reference, _, identity, secret = parts[:4]
            keys = base64.b64decode(identity, validate=True), base64.b64decode(secret)
        except (ValueError, binascii.Error) as error:
            raise LinkingError("this is no QR code of a device to link") from error
        session = self._linking.scanned(reference)
        self._accept(session, *keys)
        self._switchboard.flush()

    def type_code(self, code: str) -> None:
        """Type the code a client shows; it goes on when the client answers.

        Raises `LinkingError` if no client has asked for this number.
        """
        code = code.replace("-", "").upper()
        reference, request = self._linking.waiting_for_code(self._account.phone)
        ephemeral = KeyPair.generate(self._world.random_bytes)
        salt, vector = self._world.random_bytes(_SALT), self._world.random_bytes(_VECTOR)
        wrapped = salt + vector + _with_code(code, salt, vector, ephemeral.public)
        request.typed = partial(self._finish_code, request, code, ephemeral)
        inside = node(
            "link_code_companion_reg",
            {"stage": "primary_hello"},
            leaf("link_code_pairing_wrapped_primary_ephemeral_pub", wrapped),
            leaf("primary_identity_pub", self._identity.public),
            leaf("link_code_pairing_ref", reference.encode()),
        )
        attrs = {
            "from": str(SERVER),
            "type": "link_code_companion_reg",
            "id": self._world.new_id(),
            "t": str(self._world.now()),
        }
        self._switchboard.answer(request.session, node("notification", attrs, inside))
        self._switchboard.flush()

    async def send_history(
        self,
        device: Device,
        chats: Sequence[OldChat],
        kind: HistoryKind = HistoryKind.RECENT,
        *,
        order: int = 1,
        progress: int = 100,
    ) -> None:
        """Hand old chats to one of the person's devices. Raises `NoKeysError`."""
        store = self._world.store
        names = {one.jid(): one.name for one in self._world.accounts if one is not self._account}
        known = names if kind is HistoryKind.NAMES else None
        message = history_message(store, chats, kind, order=order, progress=progress, names=known)
        await self._peers.send(device, message)

    async def share_app_state_key(self, device: Device) -> None:
        """Give a device the key of what the person's devices have in common.

        Raises `NoKeysError`.
        """
        key = self._world.app_state.key(self._account)
        message = WAProto_pb2.Message()
        message.protocolMessage.type = _APP_STATE_KEY_SHARE
        shared = message.protocolMessage.appStateSyncKeyShare.keys.add()
        shared.keyId.keyId = key.name
        shared.keyData.keyData = key.key
        shared.keyData.fingerprint.rawId = 1
        shared.keyData.timestamp = self._world.now() * 1000
        await self._peers.send(device, message.SerializeToString())

    def _finish_code(
        self, request: CodeRequest, code: str, ephemeral: KeyPair, bundle: bytes, identity: bytes
    ) -> None:
        salt, vector, wrapped = _split(request.wrapped_key, _SALT, _VECTOR)
        try:
            shared = ephemeral.shared(_with_code(code, salt, vector, wrapped))
            salt, nonce, sealed = _split(bundle, _SALT, _NONCE)
            key = _derive(shared, salt, b"link_code_pairing_key_bundle_encryption_key")
            opened = AESGCM(key).decrypt(nonce, sealed, None)
        except (InvalidTag, ValueError) as error:
            raise LinkingError("the code was wrong") from error
        sealed_identity, own, secret = _split(opened, KEY_SIZE, KEY_SIZE)
        if own != self._identity.public or identity != sealed_identity:
            raise LinkingError("the client's answer is for somebody else")
        both = shared + self._identity.shared(identity) + secret
        self._accept(request.session, identity, _derive(both, None, b"adv_secret"))

    def _accept(self, session: Session, identity: bytes, secret: bytes) -> None:
        number = self._world.accounts.next_number(self._account)
        details = WAProto_pb2.ADVDeviceIdentity(
            rawId=1, timestamp=self._world.now(), keyIndex=number
        ).SerializeToString()
        signed = WAProto_pb2.ADVSignedDeviceIdentity(
            details=details,
            accountSignatureKey=self._identity.public,
            accountSignature=self._identity.sign(_SIGNED_BY_ACCOUNT + details + identity),
        ).SerializeToString()
        proof = WAProto_pb2.ADVSignedDeviceIdentityHMAC(
            details=signed, hmac=hmac.digest(secret, signed, hashlib.sha256)
        ).SerializeToString()
        self._linking.promise(session, Promise(self._account, number, details, identity))
        account = self._account
        inside = node(
            "pair-success",
            {},
            leaf("device-identity", proof),
            node(
                "device",
                {"jid": str(account.jid(number, lid=False)), "lid": str(account.jid(number))},
            ),
            node("platform", {"name": "android"}),
        )
        attrs = {
            "from": str(SERVER),
            "type": "set",
            "id": self._world.new_id(),
            "xmlns": "md",
            "t": str(self._world.now()),
        }
        self._switchboard.answer(session, node("iq", attrs, inside))


def _split(data: bytes, first: int, second: int) -> tuple[bytes, bytes, bytes]:
    return data[:first], data[first : first + second], data[first + second :]


def _derive(secret: bytes, salt: bytes | None, info: bytes) -> bytes:
    return HKDF(SHA256(), KEY_SIZE, salt, info).derive(secret)


def _with_code(code: str, salt: bytes, vector: bytes, data: bytes) -> bytes:
    key = hashlib.pbkdf2_hmac("sha256", code.encode(), salt, _CODE_ROUNDS, KEY_SIZE)
    engine = Cipher(algorithms.AES(key), modes.CTR(vector)).encryptor()
    return engine.update(data) + engine.finalize()
