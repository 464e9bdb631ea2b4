# SPDX-License-Identifier: AGPL-3.0-or-later
"""pyaileys as it comes from PyPI: pure Python, nothing in common with whatsmeow."""

import asyncio
import base64
import sys
from pathlib import Path
from typing import Any

from pyaileys import WhatsAppClient
from pyaileys.socket_config import SocketConfig

from tests.sandbox_whatsapp.peer_protocol import serve, tell


class Account:
    """One client."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        self._url = url
        self._client: Any = None
        self._messages: dict[str, Any] = {}

    async def connect(self) -> None:
        config = SocketConfig(ws_url=self._url, verify_certificates=False)
        client, auth = await WhatsAppClient.from_auth_folder(str(self._folder), socket=config)
        self._client = client

        async def updated(update: Any) -> None:
            if update.qr:
                tell("qr", code=update.qr)
            if update.connection:
                tell("connection", state=update.connection)

        async def changed(_: Any) -> None:
            await auth.save_creds()

        async def received(message: dict[str, Any]) -> None:
            self._messages[message["id"]] = message["message"]
            tell(
                "message",
                id=message["id"],
                chat=message["chat_jid"],
                sender=message["sender_jid"],
                text=message["text"],
                file=message["message"].documentMessage.fileName,
            )

        async def receipt(node: Any) -> None:
            tell("receipt", id=node.attrs["id"], type=node.attrs.get("type", "delivered"))

        async def failed(failure: dict[str, Any]) -> None:
            tell("undecryptable", said=str(failure)[:500])

        client.on("message.decrypt_error", failed)
        client.on("connection.update", updated)
        client.on("creds.update", changed)
        client.on("message.decrypted", received)
        client.on("stanza.receipt", receipt)
        await client.connect()

    async def send(self, to: str, text: str) -> str:
        return str(await self._client.send_text(to, text))

    async def send_file(self, to: str, data: str, name: str) -> str:
        return str(await self._client.send_document(to, base64.b64decode(data), filename=name))

    async def download(self, id: str) -> str:  # noqa: A002
        data = await self._client.download_message_media(self._messages[id])
        return base64.b64encode(data).decode()

    async def available(self, there: bool) -> None:
        await self._client.set_presence(there)

    async def type(self, to: str) -> None:
        await self._client.set_typing(to)


async def _main() -> None:
    account = Account(Path(sys.argv[1]), sys.argv[2])
    names = [name for name in vars(Account) if not name.startswith("_")]
    await serve({name: getattr(account, name) for name in names})


asyncio.run(_main())
