# SPDX-License-Identifier: AGPL-3.0-or-later
"""What goes wrong on demand."""

from attrs import define, field

from sandbox.whatsapp_cloud.errors import GraphError


@define
class Faults:
    """Faults of the Graph endpoint.

    Attributes:
        lost_answers: how many messages are taken and the connection closed without an answer.
        dropped_requests: how many messages are dropped and the connection closed without an answer.
        expired_token: no access token is valid.
    """

    lost_answers: int = 0
    dropped_requests: int = 0
    expired_token: bool = False
    _refusals: list[int] = field(factory=list)
    _failures: list[int] = field(factory=list)

    def refuse(self, code: int, times: int = 1) -> None:
        """Answer the next messages with an error."""
        self._refusals += [code] * times

    def fail(self, code: int, times: int = 1) -> None:
        """Take the next messages, and report afterwards that they failed."""
        self._failures += [code] * times

    def clear(self) -> None:
        """Let all go well again."""
        self.lost_answers = self.dropped_requests = 0
        self.expired_token = False
        self._refusals.clear()
        self._failures.clear()

    def strike(self) -> None:
        """Raise the next refusal, if there is one."""
        if self._refusals:
            raise GraphError(self._refusals.pop(0))

    def failure(self) -> GraphError | None:
        """The next failure, if there is one."""
        return GraphError(self._failures.pop(0)) if self._failures else None
