# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is let into the library beside whom."""

import threading
from collections.abc import Callable, Iterator

import pytest

from bridges.whatsapp.worker.gate import Gate
from bridges.whatsapp.worker.library import Gated
from bridges.whatsapp.worker.refusals import RefusedError

_ONE, _OTHER = b"one/1", b"other/2"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Scene:
    """A gate with two devices, and threads that stand before it."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.gate = Gate(self.clock)
        self.gate.open(_ONE)
        self.gate.open(_OTHER)
        self._threads: list[threading.Thread] = []

    def begins(self, action: Callable[[], None]) -> Callable[[], bool]:
        """Do it in a thread; returns what tells whether it is through."""
        thread = threading.Thread(target=action, daemon=True)
        self._threads.append(thread)
        thread.start()

        def through() -> bool:
            thread.join(0.15)
            return not thread.is_alive()

        return through

    def close(self) -> None:
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()


@pytest.fixture
def scene() -> Iterator[Scene]:
    made = Scene()
    yield made
    made.close()


def test_a_change_waits_for_a_call_that_has_just_begun(scene: Scene) -> None:
    with scene.gate.looking(_ONE):
        through = scene.begins(scene.gate.begin_change)
        assert not through()
        scene.clock.now += 1  # it has found its device by now, and waits for the service
        assert through()
    scene.gate.end_change()


def test_a_call_waits_for_a_change(scene: Scene) -> None:
    scene.gate.begin_change()

    def call() -> None:
        with scene.gate.looking(_ONE):
            pass

    through = scene.begins(call)
    assert not through()
    scene.gate.end_change()
    assert through()


def test_changes_come_one_after_another(scene: Scene) -> None:
    scene.gate.begin_change()
    through = scene.begins(scene.gate.begin_change)
    assert not through()
    scene.gate.end_change()
    assert through()
    scene.gate.end_change()


def test_a_change_waits_for_a_connection_but_not_for_one_that_hangs(scene: Scene) -> None:
    scene.gate.begin_connecting(_ONE)
    through = scene.begins(scene.gate.begin_change)
    assert not through()
    with scene.gate.looking(_OTHER):
        pass  # calls go on meanwhile
    scene.clock.now += 6
    assert through()
    scene.gate.end_change()


def test_devices_connect_when_all_are_on_the_map(scene: Scene) -> None:
    scene.gate.begin_change()
    connects = scene.begins(lambda: scene.gate.begin_connecting(_ONE))
    second = scene.begins(scene.gate.begin_change)
    scene.gate.end_change()
    assert second()
    assert not connects()
    scene.gate.end_change()
    assert connects()
    scene.gate.end_connecting(_ONE)
    with scene.gate.changing():
        pass


def test_a_device_is_let_go_when_nobody_asks_about_it_any_more(scene: Scene) -> None:
    with scene.gate.looking(_ONE):
        scene.gate.shut(_ONE)
        assert not scene.gate.emptied(_ONE, 0.05)
        assert scene.gate.emptied(_OTHER, 0.05)
        with scene.gate.looking(_ONE, last=True):
            pass
    assert scene.gate.emptied(_ONE, 0.05)


def test_a_device_that_is_gone_is_not_asked_about(scene: Scene) -> None:
    asked: list[bytes] = []

    class Core:
        """The library's function ends the process for a device it does not know."""

        def GetChatSettings(self, handle: bytes, size: int) -> int:  # noqa: N802
            asked.append(handle)
            return size

    go = Gated(Core(), scene.gate)
    assert go.GetChatSettings(_ONE, 3) == 3
    scene.gate.shut(_ONE)
    with pytest.raises(RefusedError, match="NOT_CONNECTED"):
        go.GetChatSettings(_ONE, 3)
    assert asked == [_ONE]
