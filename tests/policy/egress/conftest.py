# SPDX-License-Identifier: AGPL-3.0-or-later
"""One homeserver with the module, and listeners it must not reach unless the policy says so."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from attrs import field, frozen

from tests.policy.egress.listeners import Answer, Heard, Listener
from tests.policy.federating import (
    HOST,
    Certificate,
    FederatingServer,
    Person,
    make_certificate,
    running,
)
from tests.policy.policy_file import PolicyFile
from tests.support.appservice import registration
from tests.support.ports import LOOPBACK, PortLease
from tests.support.synapse_config import write_registration
from tests.support.waiting import eventually

NOT_SAID_TO_BE_HERE = "127.1"
"""A name of this machine that only a resolver takes for one."""


@frozen
class Border:
    """The homeserver ``home`` with the module, two people on it, and everybody else.

    ``peer`` is an allowed server that sends us elsewhere; ``gateway`` takes pushes, ``site`` has
    pages, ``service`` is an application service; ``elsewhere`` speaks TLS, ``mail`` SMTP.
    """

    home: FederatingServer
    policy: PolicyFile
    certificate: Certificate
    alice: Person
    bob: Person
    peer: Listener
    elsewhere: Listener
    site: Listener
    gateway: Listener
    service: Listener
    mail: Listener
    behaviour: dict[str, Callable[[Heard], Answer]] = field(factory=dict)

    @property
    def peer_name(self) -> str:
        """Server name of the hostile peer."""
        return f"localhost:{self.peer.port}"

    async def put_in_force(self, **sections: Any) -> None:
        """Write a policy, with the peer always allowed, and wait until it is in force."""
        before = self._changes()
        federation = {"allow": [self.peer_name], **sections.pop("federation", {})}
        # The note makes each of them another policy, so that each is seen to come into force.
        egress = {"identity": [{"host": "unused.example", "note": str(before)}]}
        for purpose, hosts in sections.pop("egress", {}).items():
            egress[purpose] = [*egress.get(purpose, []), *hosts]
        self.policy.write(federation=federation, egress=egress, **sections)
        await eventually(lambda: self._changes() > before, describe="the new policy in force")

    def audit(self, action: str) -> list[dict[str, Any]]:
        """Give the records with this action written so far."""
        lines = [line for line in self.home.log().splitlines() if "policy_module.audit" in line]
        records = [json.loads(line[line.index("{") :]) for line in lines]
        return [record for record in records if record.get("action") == action]

    def _changes(self) -> int:
        return self.home.log().count("Policy in force")


@pytest.fixture(scope="package")
async def border(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Border]:
    folder = tmp_path_factory.mktemp("egress")
    async with AsyncExitStack() as stack:
        yield await open_border(folder, stack)


async def open_border(folder: Path, stack: AsyncExitStack) -> Border:
    certificate = make_certificate(folder)
    behaviour: dict[str, Callable[[Heard], Answer]] = {}

    def as_told(name: str) -> Callable[[Heard], Answer]:
        def respond(heard: Heard) -> Answer:
            told = behaviour.get(name)
            return Answer() if told is None else told(heard)

        return respond

    async def listener(name: str, certificate: Certificate | None = None) -> Listener:
        return await stack.enter_async_context(Listener(as_told(name)).listening(certificate))

    peer, elsewhere = await listener("peer", certificate), await listener("elsewhere", certificate)
    site, gateway = await listener("site"), await listener("gateway")
    service, mail = await listener("service"), await listener("mail")
    policy = PolicyFile(folder / "policy")
    policy.allow(f"localhost:{peer.port}")
    lease = PortLease()
    (folder / "home").mkdir()
    home = FederatingServer(
        folder / "home",
        certificate,
        lease,
        _home_config(folder, f"{HOST}:{lease.port}", policy, service, mail),
    )
    _log_changes_of_the_policy(home)
    await stack.enter_async_context(running(home))
    return Border(
        home,
        policy,
        certificate,
        await Person.register(home, "alice"),
        await Person.register(home, "bob"),
        peer,
        elsewhere,
        site,
        gateway,
        service,
        mail,
        behaviour,
    )


def _log_changes_of_the_policy(home: FederatingServer) -> None:
    path = home.data / "log.yaml"
    config = json.loads(path.read_text())
    path.write_text(json.dumps({**config, "loggers": {"policy_module": {"level": "INFO"}}}))


def _home_config(
    folder: Path, server_name: str, policy: PolicyFile, service: Listener, mail: Listener
) -> dict[str, Any]:
    registered = registration(
        "service",
        "service",
        "service_",
        f"http://{NOT_SAID_TO_BE_HERE}:{service.port}",
        server_name=server_name,
    )
    path = write_registration(folder, "service", registered.as_dict())
    return {
        "modules": [policy.module()],
        "federation_domain_whitelist": [],
        "url_preview_enabled": True,
        "url_preview_ip_range_blacklist": [],
        "app_service_config_files": [str(path)],
        "email": {
            "smtp_host": LOOPBACK,
            "smtp_port": mail.port,
            "notif_from": "home <noreply@home.example>",
        },
        "public_baseurl": "http://home.example/",
    }
