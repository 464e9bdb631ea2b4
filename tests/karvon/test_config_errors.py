# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every mistake in a configuration is one line that says where it is and what would be right."""

from pathlib import Path

import pytest

from karvon.config import document
from karvon.config.load import load_config
from karvon.config.problems import ConfigError
from tests.karvon.configs import API_HASH, complaints, configured

MISTAKES = {
    "unknown section": (
        "telegramm: {}\n",
        "karvon.yaml:1:1: telegramm: unknown key; did you mean telegram?",
    ),
    "unknown key": (
        "telegram:\n  api_ids: 5\n",
        "karvon.yaml:2:3: telegram.api_ids: unknown key; did you mean api_id?",
    ),
    "key in the wrong section": (
        "api_id: 5\n",
        "karvon.yaml:1:1: api_id: unknown key here; did you mean telegram.api_id?",
    ),
    "unknown without a likeness": (
        "sandbox: {colour: red}\n",
        "karvon.yaml:1:11: sandbox.colour: unknown key; here may stand enabled, telegram, whatsapp",
    ),
    "text for a number": (
        f'telegram:\n  api_id: "5"\n  api_hash: {API_HASH}\n',
        "karvon.yaml:2:11: telegram.api_id: must be a whole number, for example 1234567",
    ),
    "number for text": (
        "homeserver: {server_name: 5}\n",
        (
            "karvon.yaml:1:27: homeserver.server_name: must be text; put it in quotes, "
            'for example "matrix.example.org"'
        ),
    ),
    "yes for true": (
        "bridge:\n  double_puppet: yes\n",
        "karvon.yaml:2:18: bridge.double_puppet: must be true or false, without quotes",
    ),
    "unknown word": (
        "logging:\n  level: info\n",
        "karvon.yaml:2:10: logging.level: must be one of DEBUG, INFO, WARNING or ERROR",
    ),
    "quoted switch": (
        'sandbox:\n  enabled: "false"\n',
        "karvon.yaml:2:12: sandbox.enabled: must be one of auto, true or false",
    ),
    "value for a section": (
        "sandbox: true\n",
        "karvon.yaml:1:10: sandbox: must be a section with the keys enabled, telegram, whatsapp",
    ),
    "text for a list": (
        "federation:\n  key_servers: matrix.example.org\n",
        (
            "karvon.yaml:2:16: federation.key_servers: must be a list such as [one, two], "
            'for example ["matrix.example.org"]'
        ),
    ),
    "bad list entry": (
        "federation:\n  key_servers:\n    - matrix.example.org\n    - https://example.org\n",
        (
            "karvon.yaml:4:7: federation.key_servers[1]: must be a server name in lower case, "
            "such as example.org"
        ),
    ),
    "port too large": (
        "homeserver:\n  listen:\n    port: 80080\n",
        "karvon.yaml:3:11: homeserver.listen.port: must be 65535 or less",
    ),
    "one port twice": (
        "homeserver:\n  listen:\n    port: 29317\n",
        (
            "karvon.yaml: telegram.listen.port: is the same port as homeserver.listen.port; "
            "choose another one"
        ),
    ),
    "unit that does not exist": (
        "homeserver:\n  max_upload_size: 5T\n",
        "karvon.yaml:2:20: homeserver.max_upload_size: must be a size such as 512K, 50M or 2G",
    ),
    "short key": (
        "bridge:\n  encryption_key: c2hvcnQ=\n",
        (
            "karvon.yaml:2:19: bridge.encryption_key: must be 32 bytes in base64; "
            "make one with: openssl rand -base64 32"
        ),
    ),
    "database without a name": (
        "bridge:\n  database: postgresql://localhost\n",
        (
            "karvon.yaml:2:13: bridge.database: must be postgresql://user:password@host/database "
            "or sqlite:/folder/file.db"
        ),
    ),
    "own homeserver without an address": (
        f"homeserver:\n  managed: false\ntelegram: {{api_id: 5, api_hash: {API_HASH}}}\n",
        (
            "karvon.yaml:1:1: homeserver.url: is needed when homeserver.managed is false, "
            "for example http://127.0.0.1:8008"
        ),
    ),
    "neither Telegram nor sandbox": (
        "sandbox: {enabled: false}\n",
        (
            "karvon.yaml: telegram.api_id: is needed, with api_hash: both are at "
            "https://my.telegram.org/apps"
        ),
    ),
    "id without hash": (
        "telegram:\n  api_id: 5\n",
        "karvon.yaml:1:1: telegram: api_id and api_hash belong together: set both or none",
    ),
    "half a server": (
        "telegram:\n  server: {dc: 2, ip: 192.0.2.7}\n",
        "karvon.yaml:2:11: telegram.server.rsa_public_key_file: is needed here",
    ),
    "fake TLS": (
        f"telegram:\n  proxy: {{type: mtproto, host: p.example, port: 1, secret: ee{'0' * 34}}}\n",
        (
            "karvon.yaml:2:60: telegram.proxy.secret: secrets that begin with ee (fake TLS) are not "
            "supported; ask the proxy's operator for one that begins with dd"
        ),
    ),
    "level that does not exist": (
        "bridge:\n  permissions: {example.org: boss}\n",
        "karvon.yaml:2:30: bridge.permissions.example.org: must be one of none, user or admin",
    ),
    "duplicate key": (
        "telegram:\n  api_id: 5\n  api_id: 6\n",
        "karvon.yaml:3:3: telegram.api_id: is already set in line 2; keep one of the two",
    ),
    "tab": ("telegram:\n\tapi_id: 5\n", "karvon.yaml:2:1: a tab cannot indent YAML; use spaces"),
    "second document": (
        "telegram: {}\n---\ntelegram: {}\n",
        "karvon.yaml:2:1: a second document begins; remove the line ---",
    ),
    "list as root": ("- telegram\n", "karvon.yaml: must hold sections such as telegram:"),
    "empty": (
        "",
        (
            "karvon.yaml: is empty; copy config/karvon.example.yaml, or leave --config out to use "
            "the defaults"
        ),
    ),
    "only comments": (
        "# nothing yet\n",
        (
            "karvon.yaml: is empty; copy config/karvon.example.yaml, or leave --config out to use "
            "the defaults"
        ),
    ),
    "tag": (
        "data_dir: !!python/name:os.system x\n",
        "karvon.yaml:1:11: tags (words after !) are not supported; remove it",
    ),
    "merge key": (
        "<<: {data_dir: x}\n",
        "karvon.yaml:1:1: merge keys (<<) are not supported; write the keys out",
    ),
    "unknown alias": ("data_dir: *here\n", "karvon.yaml:1:11: *here names no earlier &here"),
    "control character": (
        "data_dir: a\x07b\n",
        "karvon.yaml:1:12: the character U+0007 is not allowed in YAML; remove it",
    ),
    "escaped NUL": (
        'data_dir: "a\\0b"\n',
        "karvon.yaml:1:11: contains a character that is no text; remove it",
    ),
    "too deep": (
        f"data_dir: {'[' * 50}{']' * 50}\n",
        "karvon.yaml:1:42: is nested too deeply; nothing in this file is",
    ),
    "missing secret file": (
        "telegram:\n  api_id: 5\n  api_hash_file: ./nowhere\n",
        (
            "karvon.yaml:3:18: telegram.api_hash_file: there is no such file; make it, or correct "
            "the name"
        ),
    ),
    "secret and file": (
        f"telegram:\n  api_id: 5\n  api_hash: {API_HASH}\n  api_hash_file: ./nowhere\n",
        "karvon.yaml:4:18: telegram.api_hash_file: api_hash is set too; keep one of the two",
    ),
    "missing key of the server": (
        "telegram:\n  server: {ip: 192.0.2.7, rsa_public_key_file: ./nowhere.pem}\n",
        (
            "karvon.yaml:2:48: telegram.server.rsa_public_key_file: the file cannot be read: "
            "No such file or directory"
        ),
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_clear_line(mistake: str, tmp_path: Path) -> None:
    text, line = MISTAKES[mistake]
    assert complaints(text, tmp_path) == [line]


def test_several_mistakes_are_one_line_each_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = "telegram:\n  api_ids: 5\nbridge:\n  metrics: maybe\nlogging:\n  level: loud\n"
    places = [line.split(" ")[0] for line in complaints(text, tmp_path)]
    assert places == ["karvon.yaml:2:3:", "karvon.yaml:4:12:", "karvon.yaml:6:10:"]


def test_an_alias_bomb_is_defused_before_it_grows(tmp_path: Path) -> None:
    layers = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    for below, name in zip("abcdefghi", "bcdefghij", strict=True):
        layers.append(f"{name}: &{name} [{', '.join([f'*{below}'] * 10)}]")
    lines = complaints("\n".join(layers), tmp_path)
    assert lines == ["karvon.yaml:5:8: aliases (*) expand to too much; write the values out"]


def test_an_alias_that_contains_itself_is_refused(tmp_path: Path) -> None:
    assert complaints("data_dir: &a [*a]\n", tmp_path) == [
        "karvon.yaml:1:15: *a names no earlier &a"
    ]


def test_a_section_without_keys_changes_nothing(tmp_path: Path) -> None:
    text = "data_dir: x\ntelegram:\n  # api_id: 5\nhomeserver:\n  listen:\n"
    assert configured(text, tmp_path) == configured("data_dir: x\n", tmp_path)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "the file is empty; put the secret into it"),
        (b"\n", "the file is empty; put the secret into it"),
        (b"\xff\xfe", "the file must hold text in UTF-8"),
        (b"x" * 70_000, "the file is larger than 64 KiB; is it the right one?"),
    ],
)
def test_an_unusable_secret_file_is_named_and_not_quoted(
    content: bytes, complaint: str, tmp_path: Path
) -> None:
    (tmp_path / "hash").write_bytes(content)
    text = "telegram:\n  api_id: 5\n  api_hash_file: hash\n"
    assert complaints(text, tmp_path) == [f"karvon.yaml:3:18: telegram.api_hash_file: {complaint}"]


def test_a_folder_is_no_secret_file(tmp_path: Path) -> None:
    text = "telegram:\n  api_id: 5\n  api_hash_file: .\n"
    assert complaints(text, tmp_path) == [
        "karvon.yaml:3:18: telegram.api_hash_file: the file cannot be read: Is a directory"
    ]


def test_a_wrong_secret_is_never_shown(tmp_path: Path) -> None:
    (tmp_path / "hash").write_text("hunter2-hunter2")
    text = "telegram:\n  api_id: 5\n  api_hash_file: hash\nbridge: {encryption_key: hunter2}\n"
    lines = complaints(text, tmp_path)
    assert len(lines) == 2
    assert not any("hunter2" in line for line in lines)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"a: \xff\n", "karvon.yaml:1:4: is not UTF-8 text here; save the file with the encoding"),
        ("data_dir: x\n".encode("utf-16"), "karvon.yaml:1:1: is not UTF-8 text here"),
        (b"#" * 300_000, "karvon.yaml: is larger than 256 KiB"),
    ],
)
def test_a_file_that_is_no_text_is_refused(content: bytes, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "karvon.yaml").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_config(None, {}, cwd=tmp_path)
    assert str(caught.value).startswith(complaint)
    assert len(caught.value.problems) == 1


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(Path("other.yaml"), {}, cwd=tmp_path)
    assert str(caught.value).startswith("other.yaml: there is no such file; copy ")


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path, {}, cwd=tmp_path)
    assert str(caught.value) == f"{tmp_path}: cannot be read: Is a directory"


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "karvon.yaml").write_bytes(b"\xef\xbb\xbfdata_dir: x\r\n")
    assert load_config(None, {}, cwd=tmp_path).data_dir == tmp_path / "x"


def test_unquoted_scalars_follow_the_core_schema() -> None:
    values = {
        "~": None, "Null": None, "": None, "TRUE": True, "false": False, "yes": "yes", "on": "on",
        "007": 7, "0o17": 15, "0xff": 255, "-3": -3, "1_000": "1_000", "0b11": "0b11",
        "1.5": 1.5, ".5": 0.5, "1e3": 1000.0, ".inf": ".inf", "2001-01-01": "2001-01-01",
        "9" * 5000: "9" * 5000,
    }  # fmt: skip
    assert {text: document.scalar(text) for text in values} == values
