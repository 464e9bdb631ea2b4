# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pictures come through the worker, and so do settings of chats go."""

import io

import pytest
from PIL import Image

from bridges.whatsapp.linked.channel import WorkerRefused
from sandbox.whatsapp import WhatsAppSandbox
from tests.whatsapp.worker.workers import RunningWorker


def jpeg() -> bytes:
    """A small picture."""
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "green").save(file, "JPEG")
    return file.getvalue()


async def test_a_picture_is_written_into_a_file(
    net: WhatsAppSandbox, worker: RunningWorker
) -> None:
    client = worker.client
    picture, fetched = client.files / "mine.jpg", client.files / "theirs.jpg"
    picture.write_bytes(jpeg())
    name = await client.set_own_picture("alisa", picture)
    lid = str(net.accounts.find("Alisa").jid())
    assert await client.fetch_picture("boris", lid, fetched) == name
    assert fetched.read_bytes() == picture.read_bytes()


async def test_where_there_is_no_picture_it_is_refused(
    net: WhatsAppSandbox, worker: RunningWorker
) -> None:
    lid = str(net.accounts.find("Boris").jid())
    with pytest.raises(WorkerRefused) as refused:
        await worker.client.fetch_picture("alisa", lid, worker.client.files / "none.jpg")
    assert refused.value.code == "STATUS_404"
