# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files, locks and ports: what stands between two runs, and what must not."""

import os
import socket
import stat
import sys
from pathlib import Path

import pytest

from karvon.config.secretstore import SecretStore
from karvon.errors import OperatorError
from karvon.stack.lock import data_lock
from karvon.stack.ports import check_free, owner_of
from tests.support.process import ChildProcess


def test_secrets_are_kept_private_and_differ(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    store = SecretStore(folder)
    assert store.token("a") == SecretStore(folder).token("a") != store.token("b")
    assert len(store.password("c")) == 12
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_one_karvon_per_data_folder(tmp_path: Path) -> None:
    with data_lock(tmp_path), pytest.raises(OperatorError) as caught, data_lock(tmp_path):
        pass
    assert str(caught.value) == (
        f"karvon already runs with this data folder (process {os.getpid()}); "
        "stop it, or set data_dir to another folder"
    )
    with data_lock(tmp_path):
        pass


HOLDER = """
import sys, time
from pathlib import Path
from karvon.stack.lock import data_lock
with data_lock(Path(sys.argv[1])):
    print("locked", flush=True)
    time.sleep(600)
"""


async def test_a_killed_karvon_leaves_no_lock(tmp_path: Path) -> None:
    holder = ChildProcess(
        [sys.executable, "-c", HOLDER, tmp_path], log=tmp_path / "log", name="holder"
    )
    async with holder:
        await holder.wait_for_line("locked")
        with pytest.raises(OperatorError), data_lock(tmp_path):
            pass
        await holder.kill()
        with data_lock(tmp_path):
            pass


def test_a_port_in_use_is_named_with_its_owner_and_key() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        owner = owner_of(port)
        assert owner is not None
        assert owner[0] == os.getpid()
        with pytest.raises(OperatorError) as caught:
            check_free({("homeserver", "listen", "port"): ("127.0.0.1", port)})
    line = str(caught.value)
    assert line.startswith(f"port {port} is in use by process {os.getpid()} (")
    assert line.endswith("; stop that program, or set homeserver.listen.port to another port")


def test_an_address_that_is_not_ours_is_named(free_port: int) -> None:
    with pytest.raises(OperatorError) as caught:
        check_free({("telegram", "listen", "port"): ("192.0.2.1", free_port)})
    assert str(caught.value) == (
        f"cannot listen on 192.0.2.1:{free_port}: Cannot assign requested address; "
        "change telegram.listen.host or telegram.listen.port"
    )


def test_a_host_that_is_no_address_is_named(free_port: int) -> None:
    with pytest.raises(OperatorError) as caught:
        check_free({("telegram", "listen", "port"): ("no.such.host.invalid", free_port)})
    assert "cannot listen on no.such.host.invalid" in str(caught.value)


def test_free_ports_are_no_problem(free_port: int) -> None:
    check_free({("telegram", "listen", "port"): ("127.0.0.1", free_port)})
