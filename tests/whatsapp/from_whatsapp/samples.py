# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages as the worker gives them: made of WhatsApp's own protobuf, so that no field is misnamed."""

from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from neonize.proto.waE2E.WAWebProtobufsE2E_pb2 import Message

KEY = "a2V5"
HASH = "aGFzaA=="
FILE = {
    "URL": "https://mmg.whatsapp.net/v/x",
    "directPath": "/v/x",
    "mediaKey": KEY,
    "fileSHA256": HASH,
    "fileEncSHA256": HASH,
    "fileLength": "2048",
}


def checked(**content: Any) -> dict[str, Any]:
    """A message; fails if WhatsApp's protobuf has no such fields, or would write them otherwise."""
    found: dict[str, Any] = MessageToDict(ParseDict(content, Message()))
    return found


def wrapped(kind: str, **content: Any) -> dict[str, Any]:
    """A message in another one."""
    return checked(**{kind: {"message": content}})
