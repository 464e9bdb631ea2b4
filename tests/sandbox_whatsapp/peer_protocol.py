# SPDX-License-Identifier: AGPL-3.0-or-later
"""A client library in a process of its own, spoken to in lines of JSON.

Requests are ``{"call": number, "do": name, …}``; answers and events carry ``MARK`` in front,
because the libraries print things of their own.
"""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

MARK = "@peer "
Do = Callable[..., Awaitable[Any]]


def tell(event: str, **fields: Any) -> None:
    """Report an event from inside the process."""
    sys.stdout.write(f"{MARK}{json.dumps({'event': event, **fields})}\n")
    sys.stdout.flush()


async def serve(operations: Mapping[str, Do]) -> None:
    """Answer requests from standard input until it ends."""
    reader = asyncio.StreamReader(limit=1 << 24)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    tell("ready")
    running = set()
    while line := await reader.readline():
        task = asyncio.create_task(_answer(operations, json.loads(line)))
        running.add(task)
        task.add_done_callback(running.discard)
    # Client libraries keep threads that do not end by themselves.
    os._exit(0)


async def _answer(operations: Mapping[str, Do], request: dict[str, Any]) -> None:
    number, name = request.pop("call"), request.pop("do")
    try:
        result = await operations[name](**request)
    except Exception as error:  # noqa: BLE001 - whatever it is, the test is to see it
        tell("answer", call=number, error=repr(error))
    else:
        tell("answer", call=number, result=result)
