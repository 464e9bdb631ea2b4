# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings of Synapse that show or send more than they need, whatever the policy decides.

Some give answers before the policy is asked; others would have the homeserver connect to somebody if
nothing stood in the way. So it is said at the start that they are open.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import frozen

from policy_module.rules.document import Purpose, PushContent
from policy_module.rules.policy import Policy


def _always(policy: Policy) -> bool:
    return True


def _with_others(policy: Policy) -> bool:
    return bool(len(policy.allowed))


def _nowhere(purpose: Purpose) -> Callable[[Policy], bool]:
    return lambda policy: not len(policy.egress[purpose])


def _pushes_in_full(policy: Policy) -> bool:
    return policy.document.push.content is PushContent.FULL


@frozen
class Switch:
    """A setting of homeserver.yaml: what it is if left out, what it should be, and why.

    ``name`` has dots where the YAML is nested. ``attribute`` is where Synapse 1.163 keeps it in its
    configuration, as section and name. A list counts as true if it has entries. ``matters`` says
    whether a policy leaves it any meaning.
    """

    name: str
    attribute: str
    default: bool
    wanted: bool
    otherwise: str
    matters: Callable[[Policy], bool] = _always


SWITCHES = (
    Switch(
        "require_auth_for_profile_requests",
        "server.require_auth_for_profile_requests",
        default=False,
        wanted=True,
        otherwise="anybody can look up people's names and pictures without a login",
    ),
    Switch(
        "allow_profile_lookup_over_federation",
        "federation.allow_profile_lookup_over_federation",
        default=True,
        wanted=False,
        otherwise="allowed servers can look up the name and picture of anybody here",
        matters=_with_others,
    ),
    Switch(
        "allow_public_rooms_without_auth",
        "server.allow_public_rooms_without_auth",
        default=False,
        wanted=False,
        otherwise="anybody can read the room directory without a login",
    ),
    Switch(
        "allow_public_rooms_over_federation",
        "server.allow_public_rooms_over_federation",
        default=False,
        wanted=False,
        otherwise="other servers see the room directory",
    ),
    Switch(
        "allow_device_name_lookup_over_federation",
        "federation.allow_device_name_lookup_over_federation",
        default=False,
        wanted=False,
        otherwise="other servers see what people call their devices",
    ),
    Switch(
        "enable_authenticated_media",
        "media.enable_authenticated_media",
        default=True,
        wanted=True,
        otherwise="anybody can fetch media without a login",
    ),
    Switch(
        "federation_verify_certificates",
        "tls.federation_verify_certificates",
        default=True,
        wanted=True,
        otherwise="whoever sits on the way can pass for an allowed server",
    ),
    Switch(
        "federation_certificate_verification_whitelist",
        "tls.federation_certificate_verification_whitelist",
        default=False,
        wanted=False,
        otherwise="whoever sits on the way can pass for the servers named there",
    ),
    Switch(
        "enable_3pid_lookup",
        "registration.enable_3pid_lookup",
        default=True,
        wanted=False,
        otherwise=(
            "who is invited by e-mail address or number would be looked up at an identity server;"
            " egress.identity lists none"
        ),
        matters=_nowhere(Purpose.IDENTITY),
    ),
    Switch(
        "url_preview_enabled",
        "media.url_preview_enabled",
        default=False,
        wanted=False,
        otherwise="links would be fetched; egress.previews lists no host",
        matters=_nowhere(Purpose.PREVIEWS),
    ),
    Switch(
        "push.include_content",
        "push.push_include_content",
        default=True,
        wanted=False,
        otherwise="push.content is full: gateways are told what people write",
        matters=_pushes_in_full,
    ),
    Switch(
        "report_stats",
        "metrics.report_stats",
        default=False,
        wanted=False,
        otherwise="figures about this homeserver go to its makers",
    ),
    Switch(
        "opentracing.homeserver_whitelist",
        "tracing.opentracer_whitelist",
        default=False,
        wanted=False,
        otherwise="other servers are told which requests of ours belong together",
    ),
)


def loose(settings: Mapping[str, Any], policy: Policy) -> Iterator[str]:
    """Say which settings are not what they should be, and what follows from that.

    ``settings`` has the values by the names of the switches; what is not there is left out.
    """
    for switch in SWITCHES:
        value = settings.get(switch.name)
        is_on = switch.default if value is None else bool(value)
        if is_on is not switch.wanted and switch.matters(policy):
            yield f"{switch.name} is {'true' if is_on else 'false'}: {switch.otherwise}"


def settings_in_yaml(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the values of all switches from ``homeserver.yaml``, by name."""
    return {switch.name: _at(content, switch.name.split(".")) for switch in SWITCHES}


def _at(content: Any, path: list[str]) -> Any:
    for key in path:
        content = content.get(key) if isinstance(content, Mapping) else None
    return content
