# SPDX-License-Identifier: AGPL-3.0-or-later
"""``karvon policy keygen | sign | verify | publish``: the signed lists of servers."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from karvon.errors import OperatorError
from policy_module.files import create_once, write_atomically
from policy_module.lists import document, jws
from policy_module.lists import publish as publishing
from policy_module.lists.document import FederationList, ListContentError
from policy_module.lists.keys import KeyFileError, PrivateKey, PublicKey
from policy_module.lists.store import read_limited
from policy_module.lists.verify import ListTrust, Refusal, SignedList, TrustError
from policy_module.lists.verify import verify as verified

_List = Annotated[Path, typer.Argument(metavar="LIST", help="The signed list.")]
_Keys = Annotated[
    list[str],
    typer.Option("--key", metavar="ID=FILE", help="A public key to trust; repeat for more."),
]
_Threshold = Annotated[int, typer.Option(min=1, help="How many of the keys must have signed.")]


def keygen(
    file: Annotated[
        Path, typer.Argument(help="Where the private key goes; FILE.pub is the other.")
    ],
    algorithm: Annotated[Literal["EdDSA", "ES256"], typer.Option()] = "EdDSA",
) -> None:
    """Make a key that signs lists."""
    key = PrivateKey.generate(algorithm)
    public = file.with_name(f"{file.name}.pub")
    if public.exists() or create_once(file, key.pem()) != key.pem():
        raise OperatorError(f"{file} or {public} exists; a key is never overwritten")
    write_atomically(public, key.public.pem(), mode=0o644)
    print(f"Private key: {file} (keep it; whoever has it can sign)")
    print(f"Public key:  {public} (give it to those who use your list)")
    print(f"Key id:      {key.public.thumbprint}")


def sign(
    file: Annotated[Path, typer.Argument(metavar="LIST", help="A list, or one already signed.")],
    key: Annotated[Path, typer.Option(help="The private key.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the signed list goes.")],
    key_id: Annotated[
        str | None,
        typer.Option("--id", help="The id others know the key by; by default its thumbprint."),
    ] = None,
) -> None:
    """Sign a list; one that is already signed keeps its signatures and gets one more."""
    try:
        private = PrivateKey.parse(key.read_bytes())
    except KeyFileError as error:
        raise OperatorError(f"{key} {error}") from None
    try:
        data, listed = publishing.sign(
            read_limited(file), private, key_id or private.public.thumbprint
        )
    except publishing.NotSignedError as error:
        raise OperatorError(f"{file}: {error}") from None
    write_atomically(output, data, mode=0o644)
    print(f"Signed {_summary(listed)}")
    print(f"Written to {output}")


def verify(file: _List, key: _Keys, threshold: _Threshold = 1) -> None:
    """Say whether a homeserver with these keys would take a list, and what it says."""
    data = read_limited(file)
    found = verified(data, _trust(data, file, key, threshold), None, time.time())
    if isinstance(found, Refusal):
        raise OperatorError(f"{file}: refused ({found.cause}): {found.detail}")
    _print_signed(found)


def publish(
    file: _List,
    site: Annotated[Path, typer.Argument(help="The folder your web server shows as /.")],
    key: _Keys,
    threshold: _Threshold = 1,
) -> None:
    """Lay a list where homeservers fetch it; never an older one over a newer one."""
    data = read_limited(file)
    trust = _trust(data, file, key, threshold)
    try:
        path, found = publishing.publish(data, site, trust, time.time())
    except publishing.NotPublishedError as error:
        raise OperatorError(f"{file}: not published: {error}") from None
    _print_signed(found)
    print(f"Published as {path}")
    print(f"Its address: https://YOUR-HOST/{path.relative_to(site).as_posix()}")


def _trust(data: bytes, file: Path, keys: Sequence[str], threshold: int) -> ListTrust:
    try:
        name = document.parse(jws.parse(data).content()).name
    except (jws.JwsError, ListContentError) as error:
        raise OperatorError(f"{file}: {error}") from None
    try:
        return ListTrust(name, dict(map(_public_key, keys)), threshold)
    except TrustError as error:
        raise OperatorError(str(error)) from None


def _public_key(option: str) -> tuple[str, PublicKey]:
    key_id, separator, file = option.partition("=")
    if not (key_id and separator and file):
        raise OperatorError(f"--key {option}: write the id and the file, as in anna=anna.pub")
    try:
        return key_id, PublicKey.parse(Path(file).read_bytes())
    except KeyFileError as error:
        raise OperatorError(f"{file} {error}") from None


def _print_signed(found: SignedList) -> None:
    print(f"Right: {_summary(found.content)}")
    print(f"Signed by {', '.join(sorted(found.signers))}; digest {found.digest}")


def _summary(listed: FederationList) -> str:
    expires = datetime.fromtimestamp(listed.expires, UTC).isoformat(timespec="seconds")
    return (
        f"{listed.name} version {listed.version}: {len(listed.servers)} allowed,"
        f" {len(listed.deny)} denied, until {expires}"
    )
