# SPDX-License-Identifier: AGPL-3.0-or-later
"""Faults on request: failing methods, late and lost answers, disturbed pushes.

Each fault names whom it concerns (an account id, or nobody for all) and how often it strikes.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from attrs import define

from sandbox.telegram.rpc import RpcFailureError


@define
class MethodFault:
    """Strikes calls of a method (a name such as ``messages.sendMessage``, or ``*``).

    `error` fails the call before it is handled. `kill_answer` handles it and cuts the connection
    instead of answering. `delay` (seconds) handles it at once and answers late. `until` ends the
    fault by the clock, as a flood wait does; `count` None means every time.
    """

    method: str
    account: int | None = None
    count: int | None = 1
    error: tuple[int, str] | None = None
    kill_answer: bool = False
    delay: float = 0.0
    until: float | None = None
    struck: int = 0


class PushEffect(StrEnum):
    """What can happen to an update on its way to a client."""

    DUPLICATE = "duplicate"
    OMIT = "omit"
    SWAP = "swap"


@define
class PushFault:
    """Strikes pushed updates; a swapped one is held back until the next was sent."""

    effect: PushEffect
    account: int | None = None
    count: int | None = 1


@define
class Effect:
    """What is to happen to the answer of a call that is handled."""

    kill_answer: bool = False
    delay: float = 0.0


class Faults:
    """The faults that wait to strike."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._methods: list[MethodFault] = []
        self._pushes: list[PushFault] = []
        self._held: dict[int, list[Any]] = {}

    def clear(self) -> None:
        """Take all waiting faults back."""
        self._methods.clear()
        self._pushes.clear()

    # -- arranging

    def flood_wait(
        self, method: str, seconds: int, *, account: int | None = None, count: int | None = 1
    ) -> MethodFault:
        """Fail calls with FLOOD_WAIT; without a `count`, for as long as the wait says."""
        until = self._clock() + seconds if count is None else None
        error = (420, f"FLOOD_WAIT_{seconds}")
        return self.add(MethodFault(method, account, count, error, until=until))

    def slow_mode(
        self, seconds: int, *, account: int | None = None, count: int | None = 1
    ) -> MethodFault:
        """Fail sends with SLOWMODE_WAIT."""
        error = (420, f"SLOWMODE_WAIT_{seconds}")
        return self.add(MethodFault("messages.sendMessage", account, count, error))

    def fail(
        self,
        method: str,
        code: int,
        name: str,
        *,
        account: int | None = None,
        count: int | None = 1,
    ) -> MethodFault:
        """Fail calls with any error, for example 500 INTERNAL or -503 Timeout."""
        return self.add(MethodFault(method, account, count, (code, name)))

    def delay(
        self, method: str, seconds: float, *, account: int | None = None, count: int | None = 1
    ) -> MethodFault:
        """Answer late."""
        return self.add(MethodFault(method, account, count, delay=seconds))

    def kill_answer(
        self, method: str, *, account: int | None = None, count: int | None = 1
    ) -> MethodFault:
        """Handle the call, then cut the connection before the answer."""
        return self.add(MethodFault(method, account, count, kill_answer=True))

    def push(
        self, effect: PushEffect, *, account: int | None = None, count: int | None = 1
    ) -> PushFault:
        """Disturb pushed updates."""
        fault = PushFault(effect, account, count)
        self._pushes.append(fault)
        return fault

    def add(self, fault: MethodFault) -> MethodFault:
        """Arrange a fault; its `struck` tells how often it has struck."""
        self._methods.append(fault)
        return fault

    # -- striking

    def before(self, method: str, account: int | None) -> Effect:
        """Raise or return what a call is to suffer."""
        effect = Effect()
        now = self._clock()
        self._methods = [f for f in self._methods if f.until is None or f.until > now]
        for fault in list(self._methods):
            if fault.method not in {method, "*"} or fault.account not in {None, account}:
                continue
            _use(fault, self._methods)
            fault.struck += 1
            if fault.error is not None:
                raise RpcFailureError(*fault.error)
            effect.kill_answer |= fault.kill_answer
            effect.delay += fault.delay
        return effect

    def shape(self, account: int, update: Any) -> list[Any]:
        """Return what is really sent when an update is to be pushed to an account."""
        fault = next((f for f in self._pushes if f.account in {None, account}), None)
        if fault is None:
            return [update, *self._held.pop(account, [])]
        _use(fault, self._pushes)
        if fault.effect is PushEffect.OMIT:
            return []
        if fault.effect is PushEffect.DUPLICATE:
            return [update, update]
        self._held.setdefault(account, []).append(update)
        return []


def _use(fault: Any, waiting: list[Any]) -> None:
    if fault.count is None:
        return
    fault.count -= 1
    if fault.count <= 0:
        waiting.remove(fault)
