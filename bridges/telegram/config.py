# SPDX-License-Identifier: AGPL-3.0-or-later
"""The section ``telegram:`` of the one YAML."""

import base64
import binascii
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from bridges.core.config import ConfigPath, ListenConfig, NetworkConfig, Port, Section, SyncConfig

_MTPROXY_SECRET_BYTES = 16
_PADDED_SECRET = 0xDD
_FAKE_TLS_SECRET = 0xEE


class TelegramServerConfig(Section):
    """A Telegram server of one's own instead of the real one."""

    dc: int = Field(default=2, ge=1, le=999)
    """Number of the data centre."""
    ip: str = Field(min_length=1, examples=["127.0.0.1"])
    """Address of the server."""
    port: Port = 443
    """TCP port of the server."""
    rsa_public_key_file: ConfigPath
    """The server's public key: PEM, PKCS#1."""


class TelegramProxyConfig(Section):
    """A proxy on the way to Telegram."""

    type: Literal["socks5", "http", "mtproto"]
    """Kind of proxy."""
    host: str = Field(min_length=1, examples=["proxy.example.org"])
    """Name or address of the proxy."""
    port: Port
    """TCP port of the proxy."""
    username: str | None = None
    """User at a socks5 or http proxy."""
    password: SecretStr | None = None
    """Password at a socks5 or http proxy."""
    password_file: ConfigPath | None = None
    """File that holds the password instead."""
    secret: SecretStr | None = None
    """Secret of an mtproto proxy: 32 hexadecimal digits, or 34 that begin with dd."""
    secret_file: ConfigPath | None = None
    """File that holds the secret instead."""

    @field_validator("secret")
    @classmethod
    def _check_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            _check_mtproxy_secret(value.get_secret_value())
        return value

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        if self.type == "mtproto":
            if self.secret is None:
                raise ValueError("an mtproto proxy needs its secret")
            if self.username is not None or self.password is not None:
                raise ValueError("an mtproto proxy has a secret, no username and password")
        elif self.secret is not None:
            raise ValueError("only an mtproto proxy has a secret; use username and password")
        return self


def _check_mtproxy_secret(text: str) -> None:
    """Raise ``ValueError`` unless Telethon can use the secret.

    It knows neither fake TLS nor says so: it cuts an ``ee`` secret short and connects without TLS.
    """
    try:
        secret = bytes.fromhex(text)
    except ValueError:
        secret = _from_base64url(text)
    if secret and secret[0] == _FAKE_TLS_SECRET and len(secret) > _MTPROXY_SECRET_BYTES:
        raise ValueError(
            "secrets that begin with ee (fake TLS) are not supported; "
            "ask the proxy's operator for one that begins with dd"
        )
    padded = len(secret) == _MTPROXY_SECRET_BYTES + 1 and secret[0] == _PADDED_SECRET
    if len(secret) != _MTPROXY_SECRET_BYTES and not padded:
        raise ValueError("must be 32 hexadecimal digits, or 34 that begin with dd")


def _from_base64url(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


class TelegramSyncConfig(SyncConfig):
    """Which chats get rooms by themselves, and how much is fetched for them."""

    member_limit: int = Field(default=50, ge=0, le=10000)
    """Members that get into a group's room before they speak, administrators first."""


class TelegramMediaConfig(Section):
    """How files travel."""

    parallel_parts: int = Field(default=4, ge=1, le=16)
    """Parts of one file (512 KiB each) requested at the same time."""
    image_as_file_pixels: int = Field(default=16_777_216, ge=0)
    """Pictures of more pixels (width times height) are sent to Telegram as files, at full quality."""
    disappearing: bool = False
    """Carry photos and videos over that disappear in Telegram after they were seen; they stay in Matrix."""


def _check_api_hash(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if len(text) != 32 or not set(text.lower()) <= set("0123456789abcdef"):
        raise ValueError("must be the 32 hexadecimal digits from https://my.telegram.org/apps")
    return value


class TelegramListenConfig(ListenConfig):
    """Where the bridge accepts the homeserver's transactions."""

    port: Port = 29317
    """TCP port."""


class TelegramConfig(NetworkConfig):
    """The section ``telegram:``."""

    network_id: ClassVar[str] = "telegram"
    network_name: ClassVar[str] = "Telegram"

    listen: TelegramListenConfig = TelegramListenConfig()
    """Where the bridge accepts the homeserver's transactions."""
    api_id: int | None = Field(default=None, ge=1, examples=[1234567])
    """Number of your application at https://my.telegram.org/apps."""
    api_hash: Annotated[SecretStr, AfterValidator(_check_api_hash)] | None = None
    """Hash of your application at https://my.telegram.org/apps."""
    api_hash_file: ConfigPath | None = None
    """File that holds the hash instead."""
    server: TelegramServerConfig | None = None
    """A Telegram server of one's own; null: the real one."""
    proxy: TelegramProxyConfig | None = None
    """A proxy on the way to Telegram; null: none."""
    device_model: str = Field(default="Karvon", min_length=1)
    """What people see in Telegram's list of devices."""
    app_version: str | None = Field(default=None, min_length=1, examples=["1.0"])
    """Version shown there; null: the version of this software."""
    sync: TelegramSyncConfig = TelegramSyncConfig()
    media: TelegramMediaConfig = TelegramMediaConfig()

    @property
    def member_limit(self) -> int:
        """How many members of a group get into its room before they say something."""
        return self.sync.member_limit

    @model_validator(mode="after")
    def _check_application(self) -> Self:
        if (self.api_id is None) != (self.api_hash is None):
            raise ValueError("api_id and api_hash belong together: set both or none")
        return self
