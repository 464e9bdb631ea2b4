# SPDX-License-Identifier: AGPL-3.0-or-later
"""The section ``whatsapp.cloud:`` of the one YAML."""

import re
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from bridges.core.config import ConfigPath, HttpUrl, ListenConfig, Port, Section

_MXID = re.compile(r"@[^:\s]+:\S+")


class CloudListenConfig(ListenConfig):
    """Where webhooks are accepted; a reverse proxy with TLS stands before it."""

    port: Port = 29319
    """TCP port."""


class CloudNumberConfig(Section):
    """A number of the organisation and who answers for it."""

    phone_number_id: str = Field(pattern=r"^[0-9]{1,32}$", examples=["106540352242922"])
    """Meta's id of the number (not the number itself)."""
    access_token: SecretStr | None = None
    """Token of a system user with whatsapp_business_messaging and whatsapp_business_management."""
    access_token_file: ConfigPath | None = None
    """File that holds the token instead."""
    app_secret: SecretStr | None = None
    """Secret of the Meta app, with which webhooks are signed."""
    app_secret_file: ConfigPath | None = None
    """File that holds the secret instead."""
    verify_token: SecretStr | None = None
    """What Meta has to show when it checks the webhook's address; you choose it."""
    verify_token_file: ConfigPath | None = None
    """File that holds it instead."""
    business_account: str = Field(default="", pattern=r"^[0-9]{0,32}$")
    """Id of the WhatsApp business account, for its templates; empty: learned from webhooks."""
    agents: tuple[str, ...] = Field(default=(), examples=[["@farhod:example.org"]])
    """Who may answer for the number without knowing these secrets."""

    @model_validator(mode="after")
    def _check_secrets(self) -> Self:
        if None in (self.access_token, self.app_secret, self.verify_token):
            raise ValueError(
                "a number needs access_token, app_secret and verify_token, or files with them"
            )
        return self

    @field_validator("agents")
    @classmethod
    def _check_agents(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if _MXID.fullmatch(one) is None:
                raise ValueError(f"{one!r} must be a user such as @farhod:example.org")
        return value


class CloudConfig(Section):
    """An organisation's numbers, by Meta's Cloud API."""

    enabled: bool = False
    """Whether numbers can be used that way."""
    listen: CloudListenConfig = CloudListenConfig()
    path: str = Field(default="/whatsapp/webhook", pattern=r"^/[\w./-]*$")
    """Path of the webhook's address."""
    graph_url: HttpUrl = "https://graph.facebook.com"
    """Address of the Graph API."""
    api_version: str = Field(default="v26.0", pattern=r"^v[0-9]+\.[0-9]+$")
    """Version of the Graph API."""
    messages_per_second: float = Field(default=20.0, gt=0, le=1000)
    """How many requests one number makes at most; Meta allows 80, and more on request."""
    own_numbers: bool = True
    """People may add numbers by giving their secrets to the bot."""
    number: CloudNumberConfig | None = None
    """The organisation's number, so that nobody has to type a secret; null: only as people add them."""
