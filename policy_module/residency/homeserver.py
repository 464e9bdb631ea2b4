# SPDX-License-Identifier: AGPL-3.0-or-later
"""What Synapse is configured to talk to, from its parsed configuration (Synapse 1.163)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from synapse.config.workers import InstanceTcpLocationConfig

from policy_module.residency import logs
from policy_module.residency.endpoints import (
    Endpoint,
    Local,
    Purpose,
    Remote,
    Target,
    Unknown,
    at_urls,
    target_of_host,
    target_of_url,
)
from policy_module.residency.postgres import connection_targets

if TYPE_CHECKING:
    from synapse.appservice import ApplicationService
    from synapse.config.homeserver import HomeServerConfig

FILE = "homeserver.yaml"

DELEGATES = (
    "a server name may lead elsewhere by .well-known or SRV; the address is checked again by the"
    " address sets when connecting"
)
DISCOVERED = "more endpoints may be in the discovery document of the issuer"
IN_BROWSERS = "people's browsers are sent there too"
BY_CLIENTS = "people's devices connect, not this server"

_DATABASE_DEFAULT = "sqlite3"
_S3_KEYS = ("endpoint_url", "endpoint", "url", "host", "hostname", "account_url")


def homeserver_endpoints(
    config: "HomeServerConfig",
    services: Iterable["ApplicationService"],
    environ: Mapping[str, str],
) -> tuple[Endpoint, ...]:
    """Give every place that a homeserver's configuration names.

    Args:
        config: as Synapse parsed it.
        services: the application services it loads from ``app_service_config_files``.
        environ: the environment of the homeserver.
    """
    return tuple(
        endpoint
        for part in (
            _databases(config, environ),
            _redis(config),
            _replication(config),
            _media(config),
            _mail(config),
            _oidc(config),
            _other_sign_on(config),
            _captcha(config),
            _identity(config),
            _calls(config),
            _monitoring(config),
            logs.log_endpoints(config.logging.log_config),
            _key_servers(config),
            _application_services(services),
            _previews(config),
            _proxies(config),
            _clients(config),
            _modules(config),
        )
        for endpoint in part
    )


def _at(purpose: Purpose, key: str, target: Target, remark: str = "") -> Endpoint:
    return Endpoint(purpose, f"{FILE}: {key}", target, remark)


def _urls(
    purpose: Purpose, named: Mapping[str, str | None], remark: str = ""
) -> Iterator[Endpoint]:
    return at_urls(purpose, ((f"{FILE}: {key}", url) for key, url in named.items()), remark)


def _databases(config: "HomeServerConfig", environ: Mapping[str, str]) -> Iterator[Endpoint]:
    several = len(config.database.databases) > 1
    for database in config.database.databases:
        key = f"databases.{database.name}.args" if several else "database.args"
        arguments = database.config.get("args") or {}
        if database.config.get("name", _DATABASE_DEFAULT) == _DATABASE_DEFAULT:
            yield _at(Purpose.DATABASE, key, Local(str(arguments.get("database", ""))))
            continue
        for target in connection_targets(arguments, environ):
            yield _at(Purpose.DATABASE, key, target)


def _redis(config: "HomeServerConfig") -> Iterator[Endpoint]:
    redis = config.redis
    if not redis.redis_enabled:
        return
    if redis.redis_path:
        yield _at(Purpose.REDIS, "redis.path", Local(redis.redis_path))
    else:
        yield _at(Purpose.REDIS, "redis.host", Remote(redis.redis_host, redis.redis_port))


def _replication(config: "HomeServerConfig") -> Iterator[Endpoint]:
    for name, place in config.worker.instance_map.items():
        target: Target
        if isinstance(place, InstanceTcpLocationConfig):
            target = Remote(place.host, place.port)
        else:
            target = Local(place.path)
        yield _at(Purpose.REPLICATION, f"instance_map.{name}", target)


def _media(config: "HomeServerConfig") -> Iterator[Endpoint]:
    media = config.media
    yield _at(Purpose.MEDIA_STORAGE, "media_store_path", Local(media.media_store_path))
    for index, (provider, settings, _) in enumerate(media.media_storage_providers):
        key = f"media_storage_providers[{index}]"
        yield _at(Purpose.MEDIA_STORAGE, key, _storage(provider, settings))


def _storage(provider: type, settings: object) -> Target:
    """Tell where a storage provider stores, from what its ``parse_config`` made of its settings."""
    if isinstance(settings, str):  # Synapse's own, with the folder as its configuration
        return Local(settings)
    if isinstance(settings, Mapping):
        for key in _S3_KEYS:
            value = settings.get(key)
            if isinstance(value, str) and value:
                return target_of_url(value) if "://" in value else target_of_host(value)
        if settings.get("bucket"):
            region = settings.get("region_name")
            middle = f"s3.{region}" if region else "s3"
            return Remote(f"{middle}.amazonaws.com", 443)
    return Unknown(f"{provider.__name__} does not say where it stores; look at its own settings")


def _mail(config: "HomeServerConfig") -> Iterator[Endpoint]:
    email = config.email
    if email.can_verify_email or email.email_enable_notifs:
        target = Remote(email.email_smtp_host, email.email_smtp_port)
        remark = "the mail server passes letters on to wherever people read them"
        yield _at(Purpose.MAIL, "email.smtp_host", target, remark)


def _oidc(config: "HomeServerConfig") -> Iterator[Endpoint]:
    for provider in config.oidc.oidc_providers:
        key = f"oidc_providers.{provider.idp_id}"
        named = {
            f"{key}.issuer": provider.issuer,
            f"{key}.token_endpoint": provider.token_endpoint,
            f"{key}.userinfo_endpoint": provider.userinfo_endpoint,
            f"{key}.jwks_uri": provider.jwks_uri,
        }
        remark = DISCOVERED if provider.discover else ""
        yield from _urls(Purpose.SIGN_ON, named, remark)
        in_browsers = {f"{key}.authorization_endpoint": provider.authorization_endpoint}
        yield from _urls(Purpose.SIGN_ON, in_browsers, BY_CLIENTS)


def _other_sign_on(config: "HomeServerConfig") -> Iterator[Endpoint]:
    if config.mas.enabled:
        delegated = {"matrix_authentication_service.endpoint": str(config.mas.endpoint)}
        yield from _urls(Purpose.SIGN_ON, delegated, DISCOVERED)
    if config.cas.cas_enabled:
        cas = {"cas_config.server_url": config.cas.cas_server_url}
        yield from _urls(Purpose.SIGN_ON, cas, IN_BROWSERS)
    if config.saml2.saml2_enabled:
        yield from _saml(config.saml2.saml2_sp_config)
    rendezvous = config.experimental.msc4108_delegation_endpoint
    key = "experimental_features.msc4108_delegation_endpoint"
    yield from _urls(Purpose.SIGN_ON, {key: rendezvous}, BY_CLIENTS)


def _saml(service_provider: Any) -> Iterator[Endpoint]:
    """Give where pysaml2 loads metadata from: its store is keyed by URL, path or a number."""
    key = "saml2_config.sp_config.metadata"
    sources = getattr(getattr(service_provider, "metadata", None), "metadata", {})
    remark = "browsers are sent to the identity providers that the metadata names"
    for source in sources:
        if isinstance(source, str):
            target = target_of_url(source) if "://" in source else Local(source)
            yield _at(Purpose.SIGN_ON, key, target, remark)
        else:
            yield _at(Purpose.SIGN_ON, key, Unknown("the metadata is written in the configuration"))


def _captcha(config: "HomeServerConfig") -> Iterator[Endpoint]:
    captcha = config.captcha
    if captcha.enable_registration_captcha or captcha.recaptcha_private_key:
        yield from _urls(
            Purpose.CAPTCHA,
            {"recaptcha_siteverify_api": captcha.recaptcha_siteverify_api},
            "people's browsers load its script and are seen by its makers",
        )


def _identity(config: "HomeServerConfig") -> Iterator[Endpoint]:
    registration = config.registration
    delegate = {"account_threepid_delegates.msisdn": registration.account_threepid_delegate_msisdn}
    yield from _urls(Purpose.IDENTITY, delegate)
    default = {"default_identity_server": registration.default_identity_server}
    yield from _urls(Purpose.IDENTITY, default, BY_CLIENTS)


def _calls(config: "HomeServerConfig") -> Iterator[Endpoint]:
    uris = config.voip.turn_uris
    listed = [uris] if isinstance(uris, str) else uris or ()
    servers = {f"turn_uris[{index}]": str(uri) for index, uri in enumerate(listed)}
    yield from _urls(Purpose.CALLS, servers, BY_CLIENTS)
    for index, transport in enumerate(config.matrix_rtc.transports):
        named = {
            f"matrix_rtc.transports[{index}].{key}": transport.get(key)
            for key in ("url", "livekit_service_url")
        }
        yield from _urls(Purpose.CALLS, named, BY_CLIENTS)


def _monitoring(config: "HomeServerConfig") -> Iterator[Endpoint]:
    metrics = config.metrics
    if metrics.sentry_enabled:
        remark = "reports may hold names and parts of requests"
        yield from _urls(Purpose.MONITORING, {"sentry.dsn": metrics.sentry_dsn}, remark)
    if metrics.report_stats:
        statistics = {"report_stats_endpoint": metrics.report_stats_endpoint}
        yield from _urls(Purpose.MONITORING, statistics)
    if config.tracing.opentracer_enabled:
        agent = config.tracing.jaeger_config.get("local_agent") or {}
        yield _at(
            Purpose.MONITORING,
            "opentracing.jaeger_config.local_agent",
            Remote(
                str(agent.get("reporting_host", "localhost")), agent.get("reporting_port", 6831)
            ),
            "the agent passes traces on to its collector",
        )


def _key_servers(config: "HomeServerConfig") -> Iterator[Endpoint]:
    for index, server in enumerate(config.key.key_servers):
        key = f"trusted_key_servers[{index}].server_name"
        yield _at(Purpose.KEY_SERVER, key, target_of_host(server.server_name, 8448), DELEGATES)


def _application_services(services: Iterable["ApplicationService"]) -> Iterator[Endpoint]:
    for service in services:
        named = {"url": service.url, "io.element.msc4512.proxy_url": service.proxy_url}
        yield from at_urls(
            Purpose.APPLICATION_SERVICE,
            ((f"registration {service.id}: {key}", url) for key, url in named.items()),
            "what it does with events is not seen from here",
        )


def _previews(config: "HomeServerConfig") -> Iterator[Endpoint]:
    if config.media.url_preview_enabled:
        why = Unknown(
            "links, and the oEmbed providers of pages, lead anywhere; egress.previews of the policy says"
            " which are followed"
        )
        yield _at(Purpose.PREVIEWS, "url_preview_enabled", why)


def _proxies(config: "HomeServerConfig") -> Iterator[Endpoint]:
    proxies = config.server.proxy_config
    remark = "names are resolved by the proxy: what lies behind it must be allowed there"
    for key, address in (("http_proxy", proxies.http_proxy), ("https_proxy", proxies.https_proxy)):
        if address:
            target = target_of_url(address if "://" in address else f"http://{address}")
            yield _at(Purpose.PROXY, key, target, remark)


def _clients(config: "HomeServerConfig") -> Iterator[Endpoint]:
    remark = "a web proxy or delivery network there sees everything people send"
    yield from _urls(Purpose.CLIENTS, {"public_baseurl": config.server.public_baseurl}, remark)
    sent_there = {"web_client_location": config.server.web_client_location}
    if config.email.can_verify_email or config.email.email_enable_notifs:
        sent_there["email.invite_client_location"] = config.email.invite_client_location
    if config.email.email_enable_notifs:
        sent_there["email.client_base_url"] = config.email.email_riot_base_url
    for key, value in config.server.extra_well_known_client_content.items():
        sent_there |= _urls_in(f"extra_well_known_client_content.{key}", value)
    yield from _urls(Purpose.CLIENTS, sent_there, BY_CLIENTS)


def _urls_in(key: str, value: object) -> dict[str, str | None]:
    """Find the addresses in settings of any shape, by their keys."""
    if isinstance(value, str):
        return {key: value} if value.startswith(("http://", "https://")) else {}
    found: dict[str, str | None] = {}
    if isinstance(value, Mapping):
        for name, one in value.items():
            found |= _urls_in(f"{key}.{name}", one)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            found |= _urls_in(f"{key}[{index}]", one)
    return found


def _modules(config: "HomeServerConfig") -> Iterator[Endpoint]:
    """Name what others have added: it may connect to whatever its own settings say."""
    loaded = {
        "modules": [module for module, _ in config.modules.loaded_modules],
        "password_providers": [module for module, _ in config.authproviders.password_providers],
        "spam_checker": [module for module, _ in config.spamchecker.spam_checkers],
        "third_party_event_rules": [
            module for module, _ in filter(None, (config.thirdpartyrules.third_party_event_rules,))
        ],
        "presence.presence_router": [
            module for module in (config.server.presence_router_module_class,) if module is not None
        ],
        "oidc_providers.user_mapping_provider": [
            provider.user_mapping_provider_class for provider in config.oidc.oidc_providers
        ],
    }
    for key, found in loaded.items():
        for module in found:
            if module.__module__.partition(".")[0] not in {"policy_module", "synapse"}:
                why = f"{module.__name__} may connect to anything; look at its own settings"
                yield _at(Purpose.MODULE, key, Unknown(why))
