# SPDX-License-Identifier: AGPL-3.0-or-later
"""Votes in polls, changes and reactions, which are sealed with the secret of what they are about."""

import hashlib
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pyaileys.proto import WAProto_pb2

from sandbox.whatsapp.jids import Jid
from sandbox.whatsapp.keys import KEY_SIZE, RandomBytes

_NONCE = 12


def seal(
    poll: str,
    author: Jid,
    secret: bytes,
    voter: Jid,
    chosen: list[bytes],
    random_bytes: RandomBytes,
) -> Any:
    """Return the ``PollEncValue`` of a vote for answers, named by their hashes.

    `poll` is the id of the message and `secret` what it came with.
    """
    vote = WAProto_pb2.Message.PollVoteMessage(selectedOptions=chosen)
    nonce = random_bytes(_NONCE)
    key, bound = _key(poll, author, secret, voter)
    sealed = AESGCM(key).encrypt(nonce, vote.SerializeToString(), bound)
    return WAProto_pb2.Message.PollEncValue(encPayload=sealed, encIv=nonce)


def opened(poll: str, author: Jid, secret: bytes, voter: Jid, sealed: Any) -> frozenset[bytes]:
    """Return the hashes of the answers somebody has chosen.

    Raises `cryptography.exceptions.InvalidTag` where the vote is not of this voter or poll.
    """
    key, bound = _key(poll, author, secret, voter)
    vote = AESGCM(key).decrypt(bytes(sealed.encIv), bytes(sealed.encPayload), bound)
    return frozenset(WAProto_pb2.Message.PollVoteMessage.FromString(vote).selectedOptions)


def seal_change(
    changed: str, author: Jid, secret: bytes, message: Any, random_bytes: RandomBytes
) -> Any:
    """Return the ``Message`` that changes an own one in the way of newer apps.

    `changed` is the id of the message and `secret` what it came with.
    """
    nonce = random_bytes(_NONCE)
    purpose = f"{changed}{author.bare}{author.bare}Message Edit".encode()
    key = HKDF(SHA256(), KEY_SIZE, None, purpose).derive(secret)
    envelope = WAProto_pb2.Message()
    sealed = envelope.secretEncryptedMessage
    sealed.encIv = nonce
    sealed.encPayload = AESGCM(key).encrypt(nonce, message.SerializeToString(), None)
    sealed.secretEncType = WAProto_pb2.Message.SecretEncryptedMessage.MESSAGE_EDIT
    return envelope


def seal_reaction(
    about: str, author: Jid, secret: bytes, sender: Jid, reaction: Any, random_bytes: RandomBytes
) -> Any:
    """Return a reaction as it is sent in the group for announcements of a community.

    `about` is the id of the message and `secret` what it came with; `reaction` names the message.
    """
    nonce = random_bytes(_NONCE)
    inside = WAProto_pb2.Message.ReactionMessage()
    inside.CopyFrom(reaction)
    inside.ClearField("key")
    cipher = AESGCM(_reaction_key(about, author, secret, sender))
    envelope = WAProto_pb2.Message()
    envelope.encReactionMessage.targetMessageKey.CopyFrom(reaction.key)
    envelope.encReactionMessage.encIv = nonce
    envelope.encReactionMessage.encPayload = cipher.encrypt(nonce, inside.SerializeToString(), None)
    return envelope


def opened_reaction(about: str, author: Jid, secret: bytes, sender: Jid, sealed: Any) -> Any:
    """Return the ``ReactionMessage``, without its key.

    Raises `cryptography.exceptions.InvalidTag` where it is not of this sender or message.
    """
    cipher = AESGCM(_reaction_key(about, author, secret, sender))
    inside = cipher.decrypt(bytes(sealed.encIv), bytes(sealed.encPayload), None)
    return WAProto_pb2.Message.ReactionMessage.FromString(inside)


def _reaction_key(about: str, author: Jid, secret: bytes, sender: Jid) -> bytes:
    purpose = f"{about}{author.bare}{sender.bare}Enc Reaction".encode()
    return HKDF(SHA256(), KEY_SIZE, None, purpose).derive(secret)


def answer_hash(answer: str) -> bytes:
    """Return what an answer is called in a vote."""
    return hashlib.sha256(answer.encode()).digest()


def _key(poll: str, author: Jid, secret: bytes, voter: Jid) -> tuple[bytes, bytes]:
    purpose = f"{poll}{author.bare}{voter.bare}Poll Vote".encode()
    key = HKDF(SHA256(), KEY_SIZE, None, purpose).derive(secret)
    return key, f"{poll}\0{voter.bare}".encode()
