# SPDX-License-Identifier: AGPL-3.0-or-later
"""E-mail: the mail server is a destination as any other."""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from synapse.api.errors import Codes, SynapseError

from policy_module.egress.addresses import GuardedReactor
from policy_module.egress.hosts import host_and_port
from policy_module.egress.judge import Judge
from policy_module.rules.document import Purpose
from policy_module.rules.requests import sentence

if TYPE_CHECKING:
    from synapse.server import HomeServer

SMTP_PORT = 25

Send = Callable[..., Coroutine[Any, Any, None]]


def guard_mail(hs: "HomeServer", judge: Judge) -> None:
    """Have every e-mail ask before Synapse connects to its mail server.

    Raises (the function replaced):
        SynapseError: 403 with the sentence of the decision.
    """
    handler = hs.get_send_email_handler()
    send: Send = handler._sendmail

    def may_connect(host: str, port: int, address: str) -> bool:
        return judge.refusal_of_address((Purpose.EMAIL,), host, port, address) is None

    async def send_if_allowed(
        reactor: Any, host: str, port: int, *args: Any, **kwargs: Any
    ) -> None:
        denial = judge.refusal((Purpose.EMAIL,), host_and_port(host, port, SMTP_PORT))
        if denial is not None:
            raise SynapseError(403, sentence(denial), Codes.FORBIDDEN)
        await send(GuardedReactor(reactor, may_connect), host, port, *args, **kwargs)

    guarded: Any = send_if_allowed
    handler._sendmail = guarded
