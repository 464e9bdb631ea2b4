# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a login does with what a phone or WhatsApp does seldom."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
from mautrix.types import UserID

from bridges.core.errors import LoginFailed, WrongInput
from bridges.core.ids import LoginID
from bridges.core.login import Claim, Complete, DisplayAndWait, DisplayKind, UserInput
from bridges.core.text import user_text
from bridges.whatsapp.linked.client import WorkerClient
from bridges.whatsapp.linked.hub import Hub
from bridges.whatsapp.linked.login import Linking, LinkLogin
from bridges.whatsapp.wire.messages import WorkerEvent
from tests.support.waiting import eventually
from tests.whatsapp.linked.double import DEVICE, LOGIN, Scene, scene

LINKED = {"jid": "992555000100:3@s.whatsapp.net", "lid": "100:3@lid", "push_name": "Alisa"}


@pytest.fixture
async def linked(tmp_path: Path) -> AsyncIterator[Scene]:
    """A worker and tables; the account they begin with is logged out."""
    async with scene(tmp_path) as made:
        await made.close()
        await made.accounts.wipe(LOGIN)
        yield made


async def _keep(_login: LoginID) -> None:
    """The account belongs to nobody else."""


async def _refuse(_login: LoginID) -> None:
    raise LoginFailed("LOGIN.TAKEN", user_text("taken"))


class Login:
    """A login process and the hub it listens to."""

    def __init__(self, linked: Scene, *, by_code: bool = False, taken: bool = False) -> None:
        self.hub = Hub(linked.worker, linked.clock)
        worker = cast("WorkerClient", linked.worker)
        linking = Linking(worker, self.hub, linked.accounts, linked.clock, lambda: DEVICE)
        claim = Claim(UserID("@alisa:home.test"), _refuse if taken else _keep)
        self.process = LinkLogin(linking, claim, by_code=by_code)


async def test_codes_are_renewed_until_the_phone_accepts(linked: Scene) -> None:
    login = Login(linked)
    first = await login.process.start()
    assert isinstance(first, DisplayAndWait)
    assert first.display is DisplayKind.QR
    assert "nobody here can undo that" in str(first.instructions)
    linked.worker.happens("qr", 0, code="second")
    second = await login.process.wait()
    assert isinstance(second, DisplayAndWait)
    assert second.data == "second"
    linked.worker.happens("linked", **LINKED)
    done = await login.process.wait()
    assert isinstance(done, Complete)
    assert (done.login.id, done.login.user, done.login.name) == (LOGIN, "lid-100", "Alisa")
    assert linked.worker.left == []
    await login.hub.stop()


async def test_what_comes_after_the_link_is_for_the_session(linked: Scene) -> None:
    login = Login(linked)
    await login.process.start()
    linked.worker.happens("linked", **LINKED)
    early = linked.worker.happens("history_sync", sync_type="RECENT")
    await login.process.wait()
    assert early not in linked.worker.acknowledged
    taken: list[WorkerEvent] = []

    async def take(event: WorkerEvent) -> None:
        taken.append(event)

    await login.hub.register(DEVICE, take)
    await eventually(lambda: early in linked.worker.acknowledged, describe="the history")
    assert [one.kind for one in taken] == ["history_sync"]
    await login.hub.stop()


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("err-unexpected-state", "passkey"),
        ("timeout", "Nobody has used the code"),
        ("err-client-outdated", "update it"),
        ("err-scanned-without-multidevice", "Update WhatsApp on your phone"),
    ],
)
async def test_an_end_without_a_link_says_why(linked: Scene, reason: str, words: str) -> None:
    login = Login(linked)
    await login.process.start()
    linked.worker.happens("link_ended", reason=reason)
    with pytest.raises(LoginFailed) as failed:
        await login.process.wait()
    assert words in str(failed.value.text)
    assert linked.worker.left == [f"forget {DEVICE}"]
    await login.hub.stop()


async def test_an_account_of_somebody_else_is_unlinked_again(linked: Scene) -> None:
    login = Login(linked, taken=True)
    await login.process.start()
    linked.worker.happens("linked", **LINKED)
    with pytest.raises(LoginFailed):
        await login.process.wait()
    assert linked.worker.left[0] == f"logout {DEVICE}"
    assert await linked.accounts.get(LOGIN) is None
    await login.hub.stop()


async def test_a_new_link_ends_the_one_before(linked: Scene) -> None:
    await linked.link()
    login = Login(linked)
    login.process._device = "another device"
    await login.process.start()
    linked.worker.happens_to("another device", "linked", **LINKED)
    await login.process.wait()
    account = await linked.accounts.get(LOGIN)
    assert account is not None
    assert account.device == "another device"
    assert linked.worker.left == [f"logout {DEVICE}"]
    await login.hub.stop()


async def test_by_code_the_number_is_asked_for_first(linked: Scene) -> None:
    login = Login(linked, by_code=True)
    asked = await login.process.start()
    assert isinstance(asked, UserInput)
    assert "nobody here can undo that" in str(asked.instructions)
    with pytest.raises(WrongInput):
        await login.process.submit({"phone": "nine"})
    shown = await login.process.submit({"phone": "+992 555 000-100"})
    assert isinstance(shown, DisplayAndWait)
    assert (shown.display, shown.data) == (DisplayKind.CODE, "ABCD-EFGH")
    await login.process.cancel()
    assert linked.worker.left == [f"forget {DEVICE}"]
    await login.hub.stop()
