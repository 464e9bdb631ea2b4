# SPDX-License-Identifier: AGPL-3.0-or-later
"""What README.md promises a newcomer, done as a newcomer does it: clone, `make demo`, `make up`, again."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import aiohttp
import pytest

from tests.support.ports import PortLease
from tests.support.process import ChildProcess

ROOT = Path(__file__).parent.parent
INSTALL_SECONDS = 900.0
START_SECONDS = 90.0
GREETING = r"wrote to @demo:karvon\.localhost on the sandbox's "
LISTENERS = (
    "HOMESERVER__LISTEN__PORT",
    "TELEGRAM__LISTEN__PORT",
    "SANDBOX__TELEGRAM__PORT",
    "SANDBOX__TELEGRAM__CONTROL_PORT",
    "WHATSAPP__LISTEN__PORT",
    "SANDBOX__WHATSAPP__PORT",
    "SANDBOX__WHATSAPP__FRONT_PORT",
    "SANDBOX__WHATSAPP__CONTROL_PORT",
    "SUPERVISOR__LISTEN__PORT",
)

pytestmark = [pytest.mark.slow, pytest.mark.synapse]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of what is committed."""
    folder = tmp_path_factory.mktemp("newcomer") / "karvon"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    return folder


@pytest.fixture(scope="module")
def environment() -> Iterator[Mapping[str, str]]:
    """A newcomer's environment: nothing of this virtual environment, and ports that are free here."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("VIRTUAL_ENV", "PYTHON", "PYTEST", "KARVON"))
    }
    own = str(ROOT / ".venv")
    path = [one for one in inherited["PATH"].split(os.pathsep) if not one.startswith(own)]
    inherited["PATH"] = os.pathsep.join(path)
    with contextlib.ExitStack() as stack:
        for name in LISTENERS:
            lease = stack.enter_context(PortLease())
            inherited[f"KARVON__{name}"] = str(lease.port)
        yield inherited


@pytest.fixture(scope="module")
def installed(clone: Path, environment: Mapping[str, str]) -> str:
    """What `make demo` printed, which installs everything first."""
    done = subprocess.run(
        ["make", "demo"],
        cwd=clone,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def test_make_demo_installs_everything_and_every_line_arrives(installed: str) -> None:
    assert "arrived exactly once and in order" in installed
    assert "│ Telegram │" in installed
    assert "│ WhatsApp │" in installed


async def test_make_up_ends_in_a_bridged_message_and_goes_on_the_second_time(
    installed: str, clone: Path, environment: Mapping[str, str], tmp_path: Path
) -> None:
    for start in ("first", "second"):
        process = ChildProcess(
            ["make", "up"], log=tmp_path / f"{start}.log", env=environment, cwd=clone
        )
        try:
            await process.start()
            for network in ("Telegram", "WhatsApp"):
                await process.wait_for_line(GREETING + network, timeout=START_SECONDS)
            port = environment["KARVON__SUPERVISOR__LISTEN__PORT"]
            url = f"http://127.0.0.1:{port}/ready"
            async with aiohttp.ClientSession() as http, http.get(url) as answer:
                assert answer.status == 200
            os.killpg(process.pid, signal.SIGINT)  # As a terminal does it on Ctrl-C.
            await process.wait(START_SECONDS)
            assert "killing" not in process.output()
            assert process.output().count("stopped") >= 3
        finally:
            await process.close()


def test_nothing_but_what_git_ignores_was_written(installed: str, clone: Path) -> None:
    changed = subprocess.run(
        ["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True
    )
    assert changed.stdout == ""
