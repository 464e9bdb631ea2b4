# SPDX-License-Identifier: AGPL-3.0-or-later
"""Phone calls and secret chats, as far as others hear of them: nobody can talk here.

https://core.telegram.org/api/end-to-end/video-calls and /api/end-to-end. They end with the process.
"""

from typing import Any

from attrs import frozen
from telethon.tl import types

from sandbox.telegram.clock import Clock
from sandbox.telegram.posts import Posts
from sandbox.telegram.records import Peer
from sandbox.telegram.rpc import bad_request
from sandbox.telegram.updates import Updates
from sandbox.telegram.wire import RandomBytes

_HASH_BYTES = 32
_DH_BYTES = 256


@frozen
class Talk:
    """A call or a secret chat that was asked for."""

    id: int
    caller: int
    callee: int
    video: bool = False


class Calls:
    """Lets people call each other and ask for secret chats."""

    def __init__(
        self, posts: Posts, updates: Updates, clock: Clock, random_bytes: RandomBytes
    ) -> None:
        self._posts = posts
        self._updates = updates
        self._clock = clock
        self._random = random_bytes
        self._calls: dict[int, Talk] = {}
        self._secrets: dict[int, Talk] = {}

    # -- calls

    def ring(self, caller: int, callee: int, *, video: bool = False) -> Talk:
        """Call somebody: the callee's devices ring."""
        talk = Talk(self._number(7), caller, callee, video)
        self._calls[talk.id] = talk
        protocol = types.PhoneCallProtocol(65, 92, ["5.0.0"], udp_p2p=True, udp_reflector=True)
        shared = {
            "id": talk.id,
            "access_hash": talk.id,
            "date": self._clock.moment(),
            "admin_id": caller,
            "participant_id": callee,
            "protocol": protocol,
            "video": video or None,
        }
        requested = types.PhoneCallRequested(g_a_hash=self._random(_HASH_BYTES), **shared)
        self._tell(callee, talk, types.UpdatePhoneCall(requested))
        self._tell(caller, talk, types.UpdatePhoneCall(types.PhoneCallWaiting(**shared)))
        return talk

    def end(self, number: int, reason: Any = None, duration: int = 0) -> None:
        """End a call, which leaves a service message; raises CALL_PEER_INVALID.

        `reason` is a TL ``PhoneCallDiscardReason``, `duration` in seconds, 0 if nobody answered.
        """
        talk = self._calls.pop(number, None)
        if talk is None:
            raise bad_request("CALL_PEER_INVALID")
        video = talk.video or None
        over = types.PhoneCallDiscarded(
            talk.id, video=video, reason=reason, duration=duration or None
        )
        for account in (talk.caller, talk.callee):
            self._tell(account, talk, types.UpdatePhoneCall(over))
        action = types.MessageActionPhoneCall(talk.id, video, reason, duration or None)
        self._posts.send(self._posts.draft(talk.caller, Peer.user(talk.callee), action=action))

    # -- secret chats

    def ask_secret(self, asker: int, other: int) -> Talk:
        """Ask somebody for a secret chat."""
        talk = Talk(self._number(3), asker, other)
        self._secrets[talk.id] = talk
        requested = types.EncryptedChatRequested(
            id=talk.id,
            access_hash=talk.id,
            date=self._clock.moment(),
            admin_id=asker,
            participant_id=other,
            g_a=self._random(_DH_BYTES),
        )
        self._tell(other, talk, types.UpdateEncryption(requested, self._clock.moment()))
        return talk

    def end_secret(self, number: int) -> None:
        """Refuse or end a secret chat; raises CHAT_ID_INVALID."""
        talk = self._secrets.pop(number, None)
        if talk is None:
            raise bad_request("CHAT_ID_INVALID")
        over = types.EncryptedChatDiscarded(talk.id)
        for account in (talk.caller, talk.callee):
            self._tell(account, talk, types.UpdateEncryption(over, self._clock.moment()))

    # -- inside

    def _tell(self, account: int, talk: Talk, update: Any) -> None:
        peers = [Peer.user(talk.caller), Peer.user(talk.callee)]
        self._updates.passing(account, update, peers)

    def _number(self, size: int) -> int:
        return int.from_bytes(self._random(size), "big") + 1
