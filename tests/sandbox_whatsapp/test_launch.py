# SPDX-License-Identifier: AGPL-3.0-or-later
"""The launcher says what it needs."""

import pytest

from sandbox.whatsapp.environment import CERTIFICATES, ROOT
from sandbox.whatsapp.launch import LaunchError, main


@pytest.mark.parametrize("missing", [CERTIFICATES, ROOT])
def test_the_environment_must_be_complete(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (CERTIFICATES, ROOT):
        monkeypatch.setenv(name, "00")
    monkeypatch.delenv(missing)
    with pytest.raises(LaunchError, match="name a module"):
        main(["platform"])
