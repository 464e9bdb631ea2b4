# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where log handlers send to, whatever is in the file."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_module.residency.endpoints import Local, Remote, Target, Unknown
from policy_module.residency.logs import handler_endpoints, log_endpoints


@pytest.mark.parametrize(
    ("handler", "target"),
    [
        ({"class": "synapse.logging.RemoteHandler", "host": "a", "port": 9}, Remote("a", 9)),
        ({"class": "logging.handlers.SysLogHandler"}, Remote("localhost", 514)),
        ({"class": "logging.handlers.SysLogHandler", "address": "/dev/log"}, Local("/dev/log")),
        ({"class": "logging.handlers.SysLogHandler", "address": ["a", 514]}, Remote("a", 514)),
        ({"class": "logging.handlers.HTTPHandler", "host": "a:80"}, Remote("a", 80)),
        ({"class": "logging.handlers.SMTPHandler", "mailhost": ["a", 25]}, Remote("a", 25)),
    ],
)
def test_handlers_that_send(handler: dict[str, object], target: Target) -> None:
    [endpoint] = handler_endpoints({"handlers": {"one": handler}}, "log.yaml")
    assert endpoint.target == target
    assert endpoint.where_configured == "log.yaml: handlers.one"


def test_files_are_not_sent() -> None:
    handler = {"class": "logging.FileHandler", "filename": "/var/log/x"}
    assert list(handler_endpoints({"handlers": {"one": handler}}, "log.yaml")) == []


WORDS = st.sampled_from(["handlers", "class", "host", "address", "mailhost", "port", "one"])
YAML = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=10,
)


@given(YAML)
def test_any_configuration_is_read(document: object) -> None:
    for endpoint in handler_endpoints({"handlers": document}, "log.yaml"):
        assert isinstance(endpoint.target, Remote | Local | Unknown)
    list(handler_endpoints(document, "log.yaml"))


def test_no_configuration_sends_nowhere(tmp_path: Path) -> None:
    assert list(log_endpoints(None)) == []
    (tmp_path / "log.yaml").write_text("{ not yaml")
    assert len(list(log_endpoints(str(tmp_path / "log.yaml")))) == 1
