# SPDX-License-Identifier: AGPL-3.0-or-later
"""A homeserver fetches a signed list from a web server, and lets in whom it names."""

import ssl
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from attrs import define, field

from tests.policy.federating import HOST, lets_in, make_certificate
from tests.policy.lists.making import Signer, content_today, signed
from tests.policy.policy_file import PolicyFile
from tests.support.ports import LOOPBACK, PortLease
from tests.support.synapse import SynapseServer, SynapseSettings
from tests.support.waiting import eventually

pytestmark = pytest.mark.synapse

ANNA = Signer.new("anna")
LISTED = f"{HOST}:1"
"""Nobody answers there, which is found out at once."""
ELSEWHERE = "https://elsewhere.example/clinics.jws"
LIST = content_today(2, LISTED)


@define
class Host:
    """A web server with a list, and a homeserver that has fetched it."""

    port: int
    homeserver: SynapseServer
    policy: PolicyFile
    answer: web.Response = field(factory=web.Response)
    asked: list[str] = field(factory=list)

    async def respond(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        return web.Response(
            status=self.answer.status, body=self.answer.body, headers=self.answer.headers
        )

    def offer(self, path: str) -> None:
        """Have the policy name the list under another path, which is fetched at once.

        That is all the policy says: a list's host need not be listed again under ``egress``.
        """
        one = {
            "name": "clinics",
            "source": f"https://{HOST}:{self.port}/{path}",
            "keys": [{"id": "anna", "file": "anna.pem"}],
        }
        self.policy.write(federation={"lists": [one]})

    async def lets_in(self, server: str = LISTED) -> bool:
        return await lets_in(self.homeserver.url, server)

    async def refused(self, words: str) -> None:
        """Wait until the log says so."""
        await eventually(lambda: words in self.homeserver.log(), describe=self.homeserver.log)


@pytest.fixture(scope="module")
async def host(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Host]:
    folder = tmp_path_factory.mktemp("fetching")
    certificate = make_certificate(folder)
    policy = PolicyFile(folder / "policy")
    policy.allow()
    (policy.folder / "anna.pem").write_bytes(ANNA.key.public.pem())
    (folder / "home").mkdir()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.certificate, certificate.key)
    with PortLease() as lease, pytest.MonkeyPatch.context() as environment:
        # Where OpenSSL looks for certificates to trust; Synapse asks the operating system's.
        environment.setenv("SSL_CERT_FILE", str(certificate.certificate))
        homeserver = SynapseServer(
            folder / "home",
            SynapseSettings(modules=[policy.module()]),
        )
        made = Host(lease.port, homeserver, policy)
        application = web.Application(client_max_size=2**26)
        application.router.add_get("/{path:.*}", made.respond)
        runner = web.AppRunner(application)
        await runner.setup()
        try:
            site = web.TCPSite(
                runner, LOOPBACK, lease.port, ssl_context=context, reuse_address=True
            )
            await site.start()
            await homeserver.start()
            assert not await made.lets_in()
            made.answer = web.Response(body=signed(LIST, ANNA))
            made.offer("good")
            await eventually(made.lets_in, describe=homeserver.log)
            yield made
        finally:
            await homeserver.close()
            await runner.cleanup()


async def test_a_list_is_fetched_and_counts(host: Host) -> None:
    """That nobody was let in before is seen when the scene is set."""
    assert host.asked[0] == "/good"
    assert await host.lets_in()
    assert not await host.lets_in("elsewhere.example")


@pytest.mark.parametrize(
    ("path", "answer", "said"),
    [
        ("older", web.Response(body=signed(content_today(1), ANNA)), "rolled_back"),
        (
            "forged",
            web.Response(body=signed(content_today(3), Signer.new("anna"))),
            "bad_signature",
        ),
        ("missing", web.Response(status=404), "Got error 404"),
        ("moved", web.Response(status=302, headers={"Location": ELSEWHERE}), "Got error 403"),
        ("endless", web.Response(body=bytes(17 * 2**20)), "too large"),
    ],
    ids=str,
)
async def test_what_is_not_good_leaves_the_list_before(
    host: Host, path: str, answer: web.Response, said: str
) -> None:
    host.answer = answer
    host.offer(path)

    await host.refused(said)
    assert host.asked[-1] == f"/{path}"
    assert await host.lets_in()


async def test_the_list_is_there_after_a_restart_without_the_web_server(host: Host) -> None:
    await host.homeserver.restart()

    assert await host.lets_in()
