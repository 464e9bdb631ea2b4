# SPDX-License-Identifier: AGPL-3.0-or-later
"""Errors as the Graph API words them."""

from collections.abc import Mapping

from attrs import frozen

from sandbox.whatsapp_cloud.world import Json

_TITLES: Mapping[int, tuple[int, str]] = {
    1: (500, "API Unknown"),
    4: (400, "Application request limit reached"),
    10: (403, "Application does not have permission for this action"),
    100: (400, "Invalid parameter"),
    190: (401, "Error validating access token: Session has expired"),
    130429: (400, "Rate limit hit"),
    131000: (500, "Something went wrong"),
    131009: (400, "Parameter value is not valid"),
    131021: (400, "Recipient cannot be sender"),
    131026: (400, "Message undeliverable"),
    131047: (400, "Re-engagement message"),
    131051: (400, "Unsupported message type"),
    131052: (400, "Media download error"),
    131053: (400, "Media upload error"),
    131056: (400, "(Business Account, Consumer Account) pair rate limit hit"),
    132000: (400, "Number of parameters does not match the expected number of params"),
    132001: (404, "Template name does not exist in the translation"),
}


@frozen
class GraphError(Exception):
    """What is answered instead of success."""

    code: int

    @property
    def status(self) -> int:
        """Status of the HTTP answer."""
        return _TITLES.get(self.code, (400, ""))[0]

    @property
    def title(self) -> str:
        """Meta's words."""
        return _TITLES.get(self.code, (400, "Unknown error"))[1]

    def body(self) -> Json:
        """The answer."""
        return {
            "error": {
                "message": f"(#{self.code}) {self.title}",
                "type": "OAuthException",
                "code": self.code,
                "error_data": {"messaging_product": "whatsapp", "details": self.title},
                "fbtrace_id": "Sandbox",
            }
        }

    def in_status(self) -> Json:
        """The same in a webhook's status."""
        return {
            "code": self.code,
            "title": self.title,
            "message": self.title,
            "error_data": {"details": self.title},
        }
