# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a client gets that may not connect: an answer, as from a web filter on the way."""

import json
from http import HTTPStatus
from typing import Any

from synapse.api.errors import Codes
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure
from twisted.web.client import ResponseDone
from twisted.web.http_headers import Headers
from twisted.web.iweb import IResponse
from zope.interface import implementer

from policy_module.rules.requests import Deny, sentence


@implementer(IResponse)
class Refusal:
    """A response 403 with a Matrix error that says why.

    An error instead would count as a failure of the other side: the federation client would repeat
    the request and then not talk to an allowed server for minutes, because of where that sends us.
    """

    version = (b"HTTP", 1, 1)
    code = HTTPStatus.FORBIDDEN.value
    phrase = b"Forbidden by policy"
    request = None

    def __init__(self, denial: Deny) -> None:
        error = {"errcode": Codes.FORBIDDEN, "error": sentence(denial)}
        self._body = json.dumps(error).encode()
        self.length = len(self._body)
        self.headers = Headers({"Content-Type": ["application/json"]})
        self.previousResponse: Any = None  # the interface's name

    def deliverBody(self, protocol: Protocol) -> None:  # noqa: N802
        """Give the body at once (``IResponse``)."""
        protocol.dataReceived(self._body)
        protocol.connectionLost(Failure(ResponseDone()))  # type: ignore[no-untyped-call]

    def setPreviousResponse(self, response: object) -> None:  # noqa: N802
        """Remember the redirect that led here (``IResponse``)."""
        self.previousResponse = response
