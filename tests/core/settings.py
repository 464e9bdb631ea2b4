# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings of a bridge process as the tests of single parts need them."""

from pathlib import Path

from bridges.core.config import (
    BotConfig,
    BridgeSettings,
    DatabaseSettings,
    Level,
    LimitsConfig,
    ListenConfig,
    LogSettings,
    MessageStatusConfig,
    NetworkConfig,
    Permissions,
    Registration,
)

SERVER = "home.test"


class TestNetworkConfig(NetworkConfig):
    """A network without settings of its own."""

    __test__ = False
    network_id = "test"
    network_name = "Test"


def bridge_settings(
    username_template: str = "test_{userid}", displayname_template: str = "{displayname} (Test)"
) -> BridgeSettings:
    """Settings that no process is started with."""
    listen = ListenConfig(host="127.0.0.1", port=1)
    return BridgeSettings(
        homeserver_url="http://127.0.0.1:1",
        server_name=SERVER,
        registration=Registration(
            id="test",
            url="http://127.0.0.1:1",
            as_token="as-token",
            hs_token="hs-token",
            bot_localpart="testbot",
            username_template=username_template,
            namespaces=(),
        ),
        listen=listen,
        database=DatabaseSettings("sqlite:/nowhere", None),
        encryption_key=bytes(32),
        previous_encryption_keys=(),
        data_dir=Path("/nowhere"),
        permissions=Permissions({SERVER: Level.USER}),
        command_prefix="!test",
        displayname_template=displayname_template,
        bot=BotConfig(),
        message_status=MessageStatusConfig(),
        reconcile_interval=30,
        settings_interval=0,
        limits=LimitsConfig(),
        double_puppet_token=None,
        personal_space=True,
        leave_chats=False,
        metrics=False,
        log=LogSettings("INFO", "console"),
        policy=None,
        network=TestNetworkConfig(listen=listen),
    )
