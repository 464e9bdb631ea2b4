# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keeping a bridge's border in step with the homeserver's policy file."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from bridges.core.config import PolicySettings
from bridges.core.egress.border import Border, OpenBorder, PolicyBorder
from bridges.core.network import MisconfiguredError
from bridges.core.tasks import ended
from policy_module.audit.loglines import LogLines
from policy_module.audit.refusals import RefusalLog
from policy_module.egress.judge import Judge
from policy_module.live.clock import ForwardClock
from policy_module.live.holder import PolicyInForce
from policy_module.live.reloader import INTERVAL, Reloader
from policy_module.live.source import LastGood, PolicyFiles, Reading
from policy_module.live.start import begin
from policy_module.rules.load import PolicyRefusedError


@asynccontextmanager
async def followed_border(
    settings: PolicySettings | None, server_name: str
) -> AsyncIterator[Border]:
    """Have a border that follows the policy file for the time of the block.

    Raises:
        MisconfiguredError: the file is bad and there is no good one from before.
    """
    if settings is None:
        yield OpenBorder()
        return
    files = PolicyFiles(settings.file, server_name)
    try:
        beginning = begin(files, LastGood.in_folder(settings.state, server_name))
    except PolicyRefusedError as error:
        raise MisconfiguredError(f"{settings.file}: {error}") from error
    if beginning.refusal is not None:
        _refused(beginning.refusal)
    clock = ForwardClock(time.time, _went_back, beginning.latest)
    in_force = PolicyInForce(beginning.policy, clock)
    reloader = Reloader(
        files, in_force, asyncio.to_thread, _loaded, _refused, beginning.reading.seen
    )
    following = asyncio.create_task(_follow(reloader), name="policy")
    try:
        yield PolicyBorder(in_force, Judge(in_force, RefusalLog(LogLines(), time.monotonic)))
    finally:
        await ended([following])


async def _follow(reloader: Reloader) -> None:
    while True:
        await asyncio.sleep(INTERVAL)
        try:
            await reloader.look()
        except Exception:  # noqa: BLE001
            # Whatever it was, the policy before stays in force and the file is looked at again.
            structlog.get_logger("karvon.policy").exception("the policy file cannot be followed")


def _loaded(reading: Reading) -> None:
    if isinstance(reading.outcome, PolicyRefusedError):
        _refused(reading.outcome)
        return
    structlog.get_logger("karvon.policy").info("policy in force", digest=reading.outcome.digest)


def _refused(error: PolicyRefusedError) -> None:
    structlog.get_logger("karvon.policy").error(
        "the policy file is refused, the policy before stays in force", error=str(error)
    )


def _went_back(seconds: float) -> None:
    structlog.get_logger("karvon.policy").error(
        "the clock has gone back; the policy goes on with the latest time it knows",
        seconds=round(seconds),
    )
