# SPDX-License-Identifier: AGPL-3.0-or-later
"""The model of the one YAML.

The sections of bridges live beside the bridges that consume them (``bridges/core/config.py`` and each
network's ``config.py``); the rest is here. What the keys mean to an operator is written in
``config/karvon.example.yaml``, and a test keeps the two equal.
"""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from bridges.core.config import (
    BridgeConfig,
    ConfigPath,
    DatabaseUrl,
    HttpUrl,
    ListenConfig,
    NetworkConfig,
    Port,
    Section,
    Size,
    http_address,
)
from bridges.guide.config import GuideConfig
from bridges.telegram.config import TelegramConfig
from bridges.whatsapp.config import WhatsAppConfig

DEFAULT_DATA_DIR = Path("var")

_SERVER_NAME = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*"
    r"|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?"
)


def _check_server_name(name: str) -> str:
    if len(name) > 230 or _SERVER_NAME.fullmatch(name) is None:
        raise ValueError("must be a server name in lower case, such as example.org")
    return name


ServerName = Annotated[
    str, AfterValidator(_check_server_name), Field(examples=["matrix.example.org"])
]
"""A homeserver's name (Matrix specification, "Server Name"), in lower case."""


class DemoUserConfig(Section):
    """The first person on a homeserver that karvon runs."""

    username: str | None = Field(default="demo", pattern=r"^[a-z0-9._=/-]+$", examples=["ali"])
    """Localpart; null: nobody is made."""
    password: SecretStr | None = None
    """Password; null: made at the first start and kept in the data folder."""
    password_file: ConfigPath | None = None
    """File that holds the password instead."""


class HomeserverListenConfig(ListenConfig):
    """Where the managed homeserver accepts connections."""

    port: Port = 8008
    """TCP port."""


class HomeserverConfig(Section):
    """The section ``homeserver:``."""

    managed: bool = True
    """Karvon starts Synapse itself; false: an own homeserver is used."""
    server_name: ServerName = "karvon.localhost"
    """The part of every user id behind the colon."""
    url: HttpUrl | None = None
    """Address of the client API; null: made from ``listen``."""
    listen: HomeserverListenConfig = HomeserverListenConfig()
    """Where the managed homeserver accepts connections."""
    database: DatabaseUrl | None = None
    """The managed homeserver's database; null: SQLite in the data folder."""
    database_file: ConfigPath | None = None
    """File that holds the address instead."""
    registration_shared_secret: SecretStr | None = None
    """Lets karvon make users; null: made at the first start and kept in the data folder."""
    registration_shared_secret_file: ConfigPath | None = None
    """File that holds the secret instead."""
    media_store: ConfigPath | None = None
    """Folder for files people send; null: in the data folder."""
    max_upload_size: Size = "100M"
    """Largest file people can send."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "WARNING"
    """How much the managed homeserver logs."""
    extra_config: ConfigPath | None = None
    """YAML file with further Synapse settings, laid over the generated ones."""
    demo_user: DemoUserConfig = DemoUserConfig()

    @property
    def client_url(self) -> str:
        """Base of the client API, without a slash at the end."""
        return self.url or http_address(self.listen.host, self.listen.port)


class FederationConfig(Section):
    """The section ``federation:``."""

    enabled: bool = False
    """Whether other servers can connect at all; which of them may is in the policy file."""
    key_servers: tuple[ServerName, ...] | None = Field(
        default=None, examples=[["matrix.example.org"]]
    )
    """Allowed servers that vouch for others' keys; null: the first full names the policy allows."""


class PolicyConfig(Section):
    """The section ``policy:``."""

    file: ConfigPath | None = None
    """The policy file, made at the first start; null: ``policy.yaml`` in the data folder."""
    audit_keep_days: Annotated[int, Field(ge=1)] | None = 400
    """Days for which the audit log is kept; null: for ever."""


class SandboxTelegramConfig(Section):
    """Ports of the sandbox's Telegram."""

    port: Port = 29443
    """Where it speaks MTProto."""
    control_port: Port = 29444
    """Where it is controlled and observed."""


class SandboxWhatsAppConfig(Section):
    """The sandbox's WhatsApp."""

    enabled: Literal["auto", True, False] = "auto"
    """Use it; auto: beside the sandbox's Telegram, as long as ``whatsapp.enabled`` is false."""
    port: Port = 29445
    """Where it speaks WhatsApp's protocol."""
    front_port: Port = 29446
    """Where it is reached by the names of the real one, as a proxy."""
    control_port: Port = 29447
    """Where it is controlled and observed."""


class SandboxConfig(Section):
    """The section ``sandbox:``."""

    enabled: Literal["auto", True, False] = "auto"
    """Use the made-up Telegram; auto: as long as ``telegram.api_id`` is not set."""
    telegram: SandboxTelegramConfig = SandboxTelegramConfig()
    whatsapp: SandboxWhatsAppConfig = SandboxWhatsAppConfig()


class RestartConfig(Section):
    """How soon a part that ended is started again."""

    initial: float = Field(default=1, gt=0, le=3600)
    """Seconds before the first new start; doubles with each further one."""
    max: float = Field(default=60, gt=0, le=86400)
    """Longest wait, in seconds."""


class SupervisorListenConfig(ListenConfig):
    """Where ``/live`` and ``/ready`` are served."""

    port: Port = 29300
    """TCP port."""


class SupervisorConfig(Section):
    """The section ``supervisor:``."""

    listen: SupervisorListenConfig = SupervisorListenConfig()
    """Where ``/live`` and ``/ready`` are served."""
    restart: RestartConfig = RestartConfig()
    stop_timeout: float = Field(default=15, gt=0, le=600)
    """Seconds a part may take to stop before it is killed."""


class LoggingConfig(Section):
    """The section ``logging:``."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """How much is logged."""
    format: Literal["console", "json"] = "console"
    """Lines for people, or one JSON object per line."""


class KarvonConfig(Section):
    """The one YAML."""

    data_dir: ConfigPath = DEFAULT_DATA_DIR
    """Folder for everything that is kept."""
    homeserver: HomeserverConfig = HomeserverConfig()
    federation: FederationConfig = FederationConfig()
    policy: PolicyConfig = PolicyConfig()
    bridge: BridgeConfig = BridgeConfig()
    telegram: TelegramConfig = TelegramConfig()
    whatsapp: WhatsAppConfig = WhatsAppConfig()
    guide: GuideConfig = GuideConfig()
    sandbox: SandboxConfig = SandboxConfig()
    supervisor: SupervisorConfig = SupervisorConfig()
    logging: LoggingConfig = LoggingConfig()

    @property
    def uses_sandbox(self) -> bool:
        """Tell whether Telegram is the sandbox's."""
        if self.sandbox.enabled == "auto":
            wanted = self.homeserver.managed and self.telegram.api_id is None
        else:
            wanted = self.sandbox.enabled
        return wanted and self.telegram.enabled

    @property
    def uses_whatsapp_sandbox(self) -> bool:
        """Tell whether WhatsApp is the sandbox's, which switches its bridge on."""
        if self.sandbox.whatsapp.enabled == "auto":
            return self.uses_sandbox and self.homeserver.managed and not self.whatsapp.enabled
        return self.sandbox.whatsapp.enabled

    @property
    def uses_guide(self) -> bool:
        """Tell whether the guide is wanted."""
        if self.guide.enabled == "auto":
            return self.homeserver.managed
        return self.guide.enabled

    @property
    def networks(self) -> tuple[NetworkConfig, ...]:
        """The networks that are switched on."""
        switched_on = (
            (self.telegram, self.telegram.enabled),
            (self.whatsapp, self.whatsapp.enabled or self.uses_whatsapp_sandbox),
        )
        return tuple(network for network, is_on in switched_on if is_on)
