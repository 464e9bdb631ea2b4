# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the bridges are configured to talk to and what they keep, from ``karvon.yaml``."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from bridges.core.config import NetworkConfig
from bridges.whatsapp.config import LinkedConfig, WhatsAppConfig
from karvon.config.layout import Layout
from karvon.config.model import KarvonConfig
from karvon.config.settings import database_of
from policy_module.residency.at_rest import FOR_EVER, DataAtRest, places
from policy_module.residency.endpoints import (
    Endpoint,
    Local,
    Purpose,
    Remote,
    Target,
    target_of_host,
    target_of_url,
)
from policy_module.residency.postgres import url_targets
from policy_module.residency.storage import Disks

FILE = "karvon.yaml"

TELEGRAM = Remote("149.154.167.51", 443)
"""Telegram's data centre that a client begins with (Telethon's default)."""

WHATSAPP = Remote("web.whatsapp.com", 443)
"""Where linked devices connect (whatsmeow's address)."""

CLOUD_API = Remote("graph.facebook.com", 443)
"""Meta's Cloud API."""

CLOUD_FILES = Remote("lookaside.fbsbx.com", 443)
"""Where the Cloud API has its files."""

_SQLITE = "sqlite:"


def bridge_endpoints(config: KarvonConfig, environ: Mapping[str, str]) -> tuple[Endpoint, ...]:
    """Give every place that the bridges' configuration names.

    ``environ`` is the environment of the bridges.
    """
    if not config.networks and not config.uses_guide:
        return ()
    target = target_of_url(config.homeserver.client_url)
    homeserver = Endpoint(Purpose.HOMESERVER, f"{FILE}: homeserver.url", target)
    found = (network_endpoints(config, network, environ) for network in config.networks)
    guide = _database(config, "guide", environ) if config.uses_guide else ()
    return (homeserver, *(endpoint for part in found for endpoint in part), *guide)


def network_endpoints(
    config: KarvonConfig, network: NetworkConfig, environ: Mapping[str, str]
) -> Iterator[Endpoint]:
    """Give every place that one network's bridge is configured to talk to."""
    yield from _database(config, network.network_id, environ)
    key = f"{FILE}: {network.network_id}.url"
    yield Endpoint(Purpose.APPLICATION_SERVICE, key, target_of_url(network.appservice_url))
    made_up = config.uses_whatsapp_sandbox
    if network is config.telegram:
        yield from _telegram(config)
    if network is config.whatsapp:
        yield from _whatsapp_sandbox(config) if made_up else _whatsapp(config.whatsapp)


def bridge_data(
    config: KarvonConfig, endpoints: tuple[Endpoint, ...], disks: Disks
) -> tuple[DataAtRest, ...]:
    """Give what the bridges and the command keep; ``endpoints`` are those of the bridges."""
    layout = Layout.of(config)
    bridged = _bridged(config, layout, endpoints, disks) if config.networks else ()
    linked = _linked_accounts(config, layout, endpoints, disks)
    guided = _guided(layout, endpoints, disks) if config.uses_guide else ()
    return (*bridged, *linked, *guided, _audit_log(layout, disks), _secrets(layout, disks))


def _bridged(
    config: KarvonConfig, layout: Layout, endpoints: tuple[Endpoint, ...], disks: Disks
) -> tuple[DataAtRest, ...]:
    database = places(endpoints, Purpose.DATABASE, disks)
    return (
        DataAtRest(
            "bridge logins: authorisation keys of people's accounts",
            database.where,
            f"sealed with AES-256-GCM (bridge.encryption_key); {database.encryption}",
            "until logout or delete-my-data",
        ),
        DataAtRest(
            "messages on their way through a bridge, and what could not be carried over",
            database.where,
            f"readable; {database.encryption}",
            f"{config.bridge.limits.queue_retention_days} days after they were handled",
        ),
        DataAtRest(
            "chats, names of people on the network, ids of messages",
            database.where,
            f"readable; {database.encryption}",
            "until logout or delete-my-data",
        ),
        DataAtRest(
            "files on their way through a bridge",
            ", ".join(str(layout.network(one.network_id)) for one in config.networks),
            f"readable; {_disk(layout.root, disks)}",
            "minutes",
        ),
    )


def _linked_accounts(
    config: KarvonConfig, layout: Layout, endpoints: tuple[Endpoint, ...], disks: Disks
) -> tuple[DataAtRest, ...]:
    """Give what is kept of linked WhatsApp accounts beside what every bridge keeps."""
    whatsapp = config.whatsapp
    if not (whatsapp.enabled and whatsapp.linked.enabled):
        return ()
    database = places(endpoints, Purpose.DATABASE, disks)
    store = whatsapp.linked.worker_store or layout.network(whatsapp.network_id) / "worker"
    where = "in the worker's own place" if whatsapp.linked.worker is not None else str(store)
    return (
        DataAtRest(
            "keys of linked WhatsApp accounts, and what was received and is not stored yet",
            where,
            f"readable for the owner alone; {_disk(store, disks)}",
            "until logout",
        ),
        DataAtRest(
            "old WhatsApp messages as phones have handed them over",
            database.where,
            f"sealed with AES-256-GCM (bridge.encryption_key); {database.encryption}",
            "until logout or delete-my-data",
        ),
    )


def _guided(
    layout: Layout, endpoints: tuple[Endpoint, ...], disks: Disks
) -> tuple[DataAtRest, ...]:
    database = places(endpoints, Purpose.DATABASE, disks)
    return (
        DataAtRest(
            "address books, answers about them, and what dropped files are called",
            database.where,
            f"sealed with AES-256-GCM (bridge.encryption_key); {database.encryption}",
            "until their owner says forget everything",
        ),
        DataAtRest(
            "files that people have dropped for the guide, and keys of its device",
            str(layout.guide),
            f"files readable for the owner alone, keys encrypted; {_disk(layout.guide, disks)}",
            "files until they are brought over or forgotten",
        ),
    )


def _audit_log(layout: Layout, disks: Disks) -> DataAtRest:
    return DataAtRest(
        "log of what the border decided and what left: servers, rooms, event ids, no contents",
        str(layout.audit),
        f"people by pseudonyms whose key can be destroyed; {_disk(layout.audit, disks)}",
        "as docs/audit.md says",
    )


def _secrets(layout: Layout, disks: Disks) -> DataAtRest:
    return DataAtRest(
        "secrets that were made up: tokens, keys, passwords",
        str(layout.secrets),
        f"readable for the owner alone; {_disk(layout.secrets, disks)}",
        FOR_EVER,
    )


def _disk(path: Path, disks: Disks) -> str:
    return disks.encryption_of(str(path.absolute()))


def _database(config: KarvonConfig, part: str, environ: Mapping[str, str]) -> Iterator[Endpoint]:
    url = database_of(config, part).url
    key = f"{FILE}: bridge.database ({part})"
    if url.startswith(_SQLITE):
        yield Endpoint(Purpose.DATABASE, key, Local(url.removeprefix(_SQLITE)))
        return
    for target in url_targets(url, environ):
        yield Endpoint(Purpose.DATABASE, key, target)


def _telegram(config: KarvonConfig) -> Iterator[Endpoint]:
    telegram = config.telegram
    if telegram.proxy is not None and not config.uses_sandbox:
        proxy = Remote(telegram.proxy.host, telegram.proxy.port)
        remark = "what lies behind the proxy must be allowed there"
        yield Endpoint(Purpose.PROXY, f"{FILE}: telegram.proxy", proxy, remark)
    target, remark = _telegram_server(config)
    yield Endpoint(Purpose.NETWORK, f"{FILE}: telegram", target, remark)


def _whatsapp_sandbox(config: KarvonConfig) -> Iterator[Endpoint]:
    sandbox = Remote("127.0.0.1", config.sandbox.whatsapp.front_port)
    yield Endpoint(Purpose.NETWORK, f"{FILE}: sandbox.whatsapp", sandbox, "the sandbox")


def _whatsapp(whatsapp: WhatsAppConfig) -> Iterator[Endpoint]:
    if whatsapp.linked.enabled:
        yield from _whatsapp_linked(whatsapp.linked)
    if whatsapp.cloud.enabled:
        key, target = f"{FILE}: whatsapp.cloud.graph_url", target_of_url(whatsapp.cloud.graph_url)
        yield Endpoint(Purpose.NETWORK, key, target)
        if target == CLOUD_API:
            yield Endpoint(Purpose.NETWORK, key, CLOUD_FILES, "files come from there")


def _whatsapp_linked(linked: LinkedConfig) -> Iterator[Endpoint]:
    if linked.proxy is not None:
        target = target_of_url(linked.proxy.get_secret_value())
        remark = "what lies behind the proxy must be allowed there"
        yield Endpoint(Purpose.PROXY, f"{FILE}: whatsapp.linked.proxy", target, remark)
    remark = (
        "the worker of linked accounts connects here; files come from *.whatsapp.net, abroad too"
    )
    yield Endpoint(Purpose.NETWORK, f"{FILE}: whatsapp.linked", WHATSAPP, remark)


def _telegram_server(config: KarvonConfig) -> tuple[Target, str]:
    if config.uses_sandbox:
        return Remote("127.0.0.1", config.sandbox.telegram.port), "the sandbox"
    server = config.telegram.server
    if server is not None:
        return target_of_host(server.ip, server.port), ""
    return TELEGRAM, "the first of Telegram's data centres; it names the others, all of them abroad"
