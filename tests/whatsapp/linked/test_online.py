# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is online is asked for where the operator wants it, and only while somebody does something."""

from bridges.core.ids import ChatID, ChatKey
from bridges.whatsapp.config import LinkedConfig
from tests.support.waiting import eventually
from tests.whatsapp.linked.double import LOGIN, Scene

_BORIS = ChatKey(ChatID("200@lid"), LOGIN)


async def _open(scene: Scene) -> None:
    await scene.close()
    scene.config = scene.config.model_copy(update={"linked": LinkedConfig(presence="while_active")})
    await scene.open()


async def _types(scene: Scene) -> None:
    assert scene.session is not None
    await scene.session.set_typing(_BORIS, True)


def _shown(scene: Scene) -> list[tuple[str, bool]]:
    return [(one.user.user, one.is_online) for one in scene.handle.online]


async def test_nothing_is_said_and_asked_by_itself(linked: Scene) -> None:
    await _types(linked)
    number = linked.worker.happens("presence", **{"from": "200@lid", "unavailable": False})
    await linked.until_taken(number)
    assert not linked.worker.presences
    assert not linked.worker.watched
    assert not linked.handle.online


async def test_the_other_is_seen_while_one_is_active(linked: Scene) -> None:
    await _open(linked)
    await linked.until_taken(linked.worker.happens("presence", **{"from": "200@lid"}))
    assert linked.handle.online == []
    await _types(linked)
    await eventually(lambda: linked.worker.watched == ["200@lid"])
    assert linked.worker.presences == [True]
    linked.worker.happens("presence", **{"from": "200@lid", "unavailable": False})
    await eventually(lambda: _shown(linked) == [("lid-200", True)])
    linked.clock.passes(seconds=50)
    await _types(linked)
    linked.clock.passes(seconds=50)
    assert linked.worker.presences == [True]
    linked.clock.passes(seconds=50)
    await eventually(lambda: linked.worker.presences == [True, False])
    assert _shown(linked) == [("lid-200", True), ("lid-200", False)]


async def test_a_new_connection_is_told_and_asked_anew(linked: Scene) -> None:
    await _open(linked)
    await _types(linked)
    await eventually(lambda: linked.worker.watched == ["200@lid"])
    linked.worker.happens("connected")
    await eventually(lambda: linked.worker.watched == ["200@lid"] * 2)
    assert linked.worker.presences == [True, True]


async def test_who_logs_out_of_the_bridge_is_offline(linked: Scene) -> None:
    await _open(linked)
    await _types(linked)
    await eventually(lambda: linked.worker.presences == [True])
    await linked.close()
    assert linked.worker.presences == [True, False]
