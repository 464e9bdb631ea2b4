# SPDX-License-Identifier: AGPL-3.0-or-later
"""The library's events as the bridge sees them."""

import base64
from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import frozen

from bridges.whatsapp.worker import jids
from bridges.whatsapp.worker.jids import bare
from bridges.whatsapp.worker.library import Foreign
from bridges.whatsapp.worker.plain import message_dict, plain
from bridges.whatsapp.worker.stanzas import Stanza

KINDS: Final[Mapping[int, str]] = {
    2: "pair_status",
    3: "connected",
    4: "keepalive_timeout",
    5: "keepalive_restored",
    6: "logged_out",
    7: "stream_replaced",
    8: "temporary_ban",
    9: "connect_failure",
    10: "client_outdated",
    11: "stream_error",
    12: "disconnected",
    17: "message",
    18: "receipt",
    19: "chat_presence",
    20: "presence",
    21: "joined_group",
    22: "group_info",
    23: "picture",
    24: "identity_change",
    25: "privacy_settings",
    26: "offline_sync_preview",
    27: "offline_sync_completed",
    30: "blocklist",
    31: "blocklist_change",
    32: "newsletter_join",
    33: "newsletter_leave",
    34: "newsletter_mute_change",
    35: "newsletter_live_update",
    36: "call_offer",
    37: "call_accept",
    38: "call_pre_accept",
    39: "call_transport",
    40: "call_offer_notice",
    41: "call_relay_latency",
    42: "call_terminate",
    43: "call_unknown",
    44: "undecryptable",
    45: "rotate_adv_secret",
}
"""What is subscribed to, by the library's numbers."""

TRANSIENT: Final = frozenset(
    {"presence", "chat_presence", "offline_sync_preview", "keepalive_timeout", "keepalive_restored"}
)
"""Of no worth later: not kept."""

_NO_CONTENT = {"senderKeyDistributionMessage", "messageContextInfo"}
_TAKEN_AWAY = "8"
"""What is taken away from a channel comes again without content."""
_HISTORY_PART = 200
"""Messages of one chat that go into one event."""

_MILLISECONDS = 1000

Data = dict[str, Any]


@frozen
class Happened:
    """One event, not yet numbered."""

    kind: str
    data: Data


def read(kind: str, event: Foreign) -> list[Happened]:
    """Translate one event: none if it says nothing.

    One that cannot be translated is kept as it came, as ``unreadable``.
    """
    try:
        return _read(kind, event)
    except Exception as error:  # noqa: BLE001 - the library would go on without this event
        raw = base64.b64encode(event.SerializePartialToString()).decode()
        return [Happened("unreadable", {"kind": kind, "error": repr(error), "raw": raw})]


def _read(kind: str, event: Foreign) -> list[Happened]:
    data = _READERS.get(kind, plain)(event)
    if kind == "message" and says_nothing(data["message"]) and data["edit"] != _TAKEN_AWAY:
        return []
    return [Happened(kind, data)]


def says_nothing(message: Mapping[str, Any]) -> bool:
    """Tell whether a message only hands over keys: the first of a group comes with such a one."""
    return set(message) <= _NO_CONTENT


def history_parts(history: Mapping[str, Any]) -> list[Data]:
    """Cut a history into events of bounded size.

    The first holds all but the chats (``sync_type``, ``progress``, ``chunk_order``, ``push_names``,
    ``parts``); each of the others one chat, or a part of it, in protobuf's JSON form: ``conversation``.
    """
    chats = [
        {**chat, "messages": messages[start : start + _HISTORY_PART]}
        for chat in history.get("conversations", ())
        for messages in [chat.get("messages", [])]
        for start in range(0, max(len(messages), 1), _HISTORY_PART)
    ]
    common: Data = {
        "sync_type": history.get("syncType", ""),
        "progress": int(history.get("progress", 0)),
        "chunk_order": int(history.get("chunkOrder", 0)),
        "parts": len(chats),
    }
    names = {one.get("ID", ""): one.get("pushname", "") for one in history.get("pushnames", ())}
    head = {**common, "part": 0, "push_names": names}
    return [head, *({**common, "part": i, "conversation": one} for i, one in enumerate(chats, 1))]


def _message(event: Foreign) -> Data:
    data = {
        **_info(event.Info),
        "message": message_dict(event.Message),
        "is_ephemeral": event.IsEphemeral,
        "is_view_once": event.IsViewOnce or event.IsViewOnceV2 or event.IsViewOnceV2Extension,
        "is_document_with_caption": event.IsDocumentWithCaption,
        "is_lottie_sticker": event.IsLottieSticker,
        "is_edit": event.IsEdit,
        "retry_count": event.RetryCount,
        "unavailable_request_id": event.UnavailableRequestID,
    }
    if event.HasField("NewsLetterMeta"):
        data["newsletter"] = plain(event.NewsLetterMeta)
    return data


def _undecryptable(event: Foreign) -> Data:
    return {
        **_info(event.Info),
        "is_unavailable": event.IsUnavailable,
        "hide": event.DecryptFailMode == event.DECRYPT_FAIL_HIDE,
    }


def undecryptable(stanza: Stanza) -> Happened:
    """Return the event for a message of which nothing is left but its stanza."""
    chat = bare(stanza.get("from"))
    is_group = bool(stanza.get("participant"))
    return Happened(
        "undecryptable",
        {
            "chat": chat,
            "sender": bare(stanza.sender),
            "sender_device": 0,
            "sender_alt": bare(stanza.get("sender_pn") or stanza.get("participant_pn")),
            "recipient_alt": "",
            "from_me": False,
            "is_group": is_group,
            "broadcast_owner": "",
            "id": stanza.id,
            "server_id": 0,
            "type": stanza.get("type"),
            "push_name": stanza.get("notify"),
            "timestamp": int(stanza.get("t")) if stanza.get("t").isdecimal() else 0,
            "category": "",
            "media_type": "",
            "edit": "",
            "verified_name": "",
            "destination": "",
            "is_unavailable": False,
            "hide": False,
        },
    )


def _info(info: Foreign) -> Data:
    return {
        **_source(info.MessageSource),
        "id": info.ID,
        "server_id": info.ServerID,
        "type": info.Type,
        "push_name": info.Pushname,
        "timestamp": info.Timestamp // _MILLISECONDS,
        "category": info.Category,
        "media_type": info.MediaType,
        "edit": info.Edit,
        "verified_name": info.VerifiedName.Details.verifiedName,
        "destination": info.DeviceSentMeta.DestinationJID,
    }


def _source(source: Foreign) -> Data:
    return {
        "chat": jids.to_text(source.Chat),
        "sender": jids.to_text(source.Sender),
        "sender_device": source.Sender.Device,
        "sender_alt": jids.to_text(source.SenderAlt),
        "recipient_alt": jids.to_text(source.RecipientAlt),
        "from_me": source.IsFromMe,
        "is_group": source.IsGroup,
        "broadcast_owner": jids.to_text(source.BroadcastListOwner),
    }


def _receipt(event: Foreign) -> Data:
    kinds = event.DESCRIPTOR.enum_types_by_name["ReceiptType"].values_by_number
    kind = kinds[event.Type].name.lower()
    return {
        **_source(event.MessageSource),
        "ids": list(event.MessageIDs),
        "timestamp": event.Timestamp,
        # neonize mistakes the one for the other, and fails on the other.
        "type": "played_self" if kind == "server_error" else kind,
    }


def _chat_presence(event: Foreign) -> Data:
    return {
        **_source(event.MessageSource),
        "composing": event.State == event.COMPOSING,
        "audio": event.Media == event.AUDIO,
    }


_READERS: Final[Mapping[str, Callable[[Foreign], Data]]] = {
    "message": _message,
    "undecryptable": _undecryptable,
    "receipt": _receipt,
    "chat_presence": _chat_presence,
}
