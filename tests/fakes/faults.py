# SPDX-License-Identifier: AGPL-3.0-or-later
"""Errors that strike an account's requests on demand."""

from collections.abc import Iterator
from contextlib import contextmanager

from attrs import frozen


@frozen
class Fault:
    """`error` strikes `method` once; with `done_first`, after the request has had its effect."""

    method: str
    error: Exception
    done_first: bool = False


class Faults:
    """The faults that wait for one account, in order."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(
        self, method: str, error: Exception, *, times: int = 1, done_first: bool = False
    ) -> None:
        """Have the next `times` calls of a session's method fail."""
        self._waiting += [Fault(method, error, done_first)] * times

    def clear(self) -> None:
        """Forget those that have not struck."""
        self._waiting.clear()

    @contextmanager
    def around(self, method: str) -> Iterator[None]:
        """Raise before or after the block what is waiting for `method`."""
        fault = next((one for one in self._waiting if one.method == method), None)
        if fault is not None:
            self._waiting.remove(fault)
            if not fault.done_first:
                raise fault.error
        yield
        if fault is not None:
            raise fault.error
