# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is taken for a signed document, and every way of forging one."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from policy_module.lists import jws
from policy_module.lists.keys import ALGORITHMS, KeyFileError, PrivateKey, PublicKey
from tests.policy.lists.making import Signer, b64, general, signed, with_header

ANNA = Signer.new("anna", "EdDSA")
BORIS = Signer.new("boris", "ES256")
KEYS = {each.key_id: each.key.public for each in (ANNA, BORIS)}


@given(st.binary(max_size=200))
def test_what_was_signed_comes_back_with_those_who_signed(content: bytes) -> None:
    document = jws.parse(signed(content, ANNA, BORIS))

    assert document.content() == content
    assert jws.signers(document, KEYS) == {"anna", "boris"}


@given(st.sampled_from([ANNA, BORIS]), st.binary(max_size=60))
def test_compact_serialization_is_read_too(signer: Signer, content: bytes) -> None:
    document = jws.parse(compact(signed(content, signer)))

    assert document.content() == content
    assert jws.signers(document, KEYS) == {signer.key_id}


@pytest.mark.parametrize("bits", [0x01, 0x02, 0x10, 0x20, 0x80])
def test_every_changed_byte_is_refused(bits: int) -> None:
    """Wherever it is: payload, a header, a signature, or the JSON around them."""
    document = signed(b"the content of a list", ANNA, BORIS).strip()

    for place in range(len(document)):
        assert believed(changed(document, place, bits)) != {"anna", "boris"}, place


@pytest.mark.parametrize("bits", [0x01, 0x02, 0x10, 0x20, 0x80])
@pytest.mark.parametrize("signer", [ANNA, BORIS])
def test_every_changed_byte_of_the_compact_form_is_refused(signer: Signer, bits: int) -> None:
    document = compact(signed(b"the content of a list", signer))

    for place in range(len(document)):
        assert not believed(changed(document, place, bits)), place


@given(st.binary(max_size=300))
def test_nothing_else_is_read_and_nothing_breaks(noise: bytes) -> None:
    with pytest.raises(jws.JwsError):
        jws.parse(noise)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "kid": "anna"},
        {"alg": "HS256", "kid": "anna"},
        {"alg": "ES384", "kid": "anna"},
        {"alg": "RS256", "kid": "anna"},
        {"alg": "eddsa", "kid": "anna"},
        {"alg": ["EdDSA"], "kid": "anna"},
        {"alg": "EdDSA"},
        {"alg": "EdDSA", "kid": 1},
        {"kid": "anna"},
        {"alg": "EdDSA", "kid": "anna", "crit": ["exp"], "exp": 1},
        {"alg": "EdDSA", "kid": "anna", "crit": []},
        {"alg": "EdDSA", "kid": "anna", "b64": False, "crit": ["b64"]},
        {"alg": "EdDSA", "kid": "anna", "b64": True},
        {"alg": "EdDSA", "kid": "anna", "jku": "https://evil.example/keys"},
        {"alg": "EdDSA", "kid": "anna", "jwk": {"kty": "OKP", "crv": "Ed25519", "x": "AA"}},
        {"alg": "EdDSA", "kid": "anna", "x5u": "https://evil.example/chain"},
        {"alg": "EdDSA", "kid": "anna", "x5c": ["AA"]},
        {"alg": "EdDSA", "kid": "anna", "typ": "x" * 2000},
    ],
    ids=json.dumps,
)
def test_headers_that_would_choose_for_us_are_refused(header: dict[str, Any]) -> None:
    with pytest.raises(jws.JwsError):
        jws.parse(with_header(b"content", header, ANNA))


def test_the_type_may_be_named_in_the_header() -> None:
    document = jws.parse(
        with_header(b"content", {"alg": "EdDSA", "kid": "anna", "typ": "JOSE+JSON"}, ANNA)
    )

    assert jws.signers(document, KEYS) == {"anna"}


@pytest.mark.parametrize(
    "header",
    [
        b'{"alg":"ES256","alg":"EdDSA","kid":"anna"}',
        b'["EdDSA"]',
        b"{",
        b"\xff",
        b"[" * 900,
    ],
)
def test_headers_that_can_be_read_in_two_ways_are_refused(header: bytes) -> None:
    with pytest.raises(jws.JwsError):
        jws.parse(general(b"content", [(header, ANNA)]))


def test_the_algorithm_is_the_one_of_the_key() -> None:
    document = jws.parse(with_header(b"content", {"alg": "ES256", "kid": "anna"}, ANNA))

    with pytest.raises(jws.BadSignatureError, match="its key is for EdDSA"):
        jws.signers(document, KEYS)


def test_a_signature_under_somebody_elses_name_is_refused() -> None:
    mallory = Signer.new("anna")

    with pytest.raises(jws.BadSignatureError):
        jws.signers(jws.parse(signed(b"content", mallory)), KEYS)


def test_a_false_signature_beside_a_good_one_is_refused() -> None:
    document = json.loads(signed(b"content", ANNA, BORIS))
    document["signatures"][1]["signature"] = b64(bytes(64))

    with pytest.raises(jws.BadSignatureError, match="boris"):
        jws.signers(jws.parse(json.dumps(document).encode()), KEYS)


def test_a_stranger_counts_for_nothing() -> None:
    document = jws.parse(signed(b"content", ANNA, Signer.new("carla", "ES256")))

    assert jws.signers(document, KEYS) == {"anna"}


def test_signing_twice_counts_once() -> None:
    header = b'{"alg":"EdDSA","kid":"anna"}'
    document = jws.parse(general(b"content", [(header, ANNA), (header, ANNA)]))

    assert jws.signers(document, KEYS) == {"anna"}


def test_signing_again_replaces_the_signature() -> None:
    document = jws.parse(signed(b"content", ANNA, BORIS, ANNA))

    assert [each.key_id for each in document.signatures] == ["boris", "anna"]


@pytest.mark.parametrize(
    "change",
    [
        {"header": {"kid": "anna"}},
        {"extra": 1},
        {"protected": None},
        {"signature": 5},
    ],
    ids=json.dumps,
)
def test_members_without_protection_are_refused(change: dict[str, Any]) -> None:
    document = json.loads(signed(b"content", ANNA))
    document["signatures"][0] |= change

    with pytest.raises(jws.JwsError):
        jws.parse(json.dumps(document).encode())


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b'{"payload":"","signatures":[]}',
        b'{"payload":"","signatures":{}}',
        b'{"payload":1,"signatures":[]}',
        b'{"payload":"","payload":"","signatures":[]}',
        b"{" * 100_000,
        b'{"a":' * 100_000,
        b"a.b",
        b"a.b.c.d",
        '{"payload":"é"}'.encode(),
        b" " * (jws.MAX_DOCUMENT + 1),
    ],
    ids=range(12),
)
def test_what_is_no_document(text: bytes) -> None:
    with pytest.raises(jws.JwsError):
        jws.parse(text)


def test_too_many_signatures_are_refused_before_any_is_checked() -> None:
    document = json.loads(signed(b"content", ANNA))
    document["signatures"] *= jws.MAX_SIGNATURES + 1

    with pytest.raises(jws.JwsError, match="1 to 64"):
        jws.parse(json.dumps(document).encode())


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_keys_are_written_and_read(algorithm: Any) -> None:
    key = PrivateKey.generate(algorithm)
    again = PrivateKey.parse(key.pem())

    assert again.algorithm == algorithm
    assert PublicKey.parse(again.public.pem()).thumbprint == key.public.thumbprint


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"secret",
        ed448.Ed448PrivateKey.generate()
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        ec.generate_private_key(ec.SECP384R1())
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        ANNA.key.public.jwk.as_bytes(encoding="DER"),
    ],
    ids=["empty", "secret", "Ed448", "P-384", "DER"],
)
def test_other_keys_are_refused(data: bytes) -> None:
    with pytest.raises(KeyFileError, match="Ed25519 or P-256"):
        PublicKey.parse(data)
    with pytest.raises(KeyFileError, match="Ed25519 or P-256"):
        PrivateKey.parse(data)


def test_a_private_key_is_no_key_to_trust() -> None:
    with pytest.raises(KeyFileError, match="only its signer"):
        PublicKey.parse(ANNA.key.pem())


def believed(data: bytes) -> frozenset[str]:
    """Those who are believed to have signed a document, nobody if it is refused."""
    try:
        return jws.signers(jws.parse(data), KEYS)
    except (jws.JwsError, jws.BadSignatureError):
        return frozenset()


def changed(data: bytes, place: int, bits: int) -> bytes:
    """Turn some bits of one byte around."""
    return data[:place] + bytes([data[place] ^ bits]) + data[place + 1 :]


def compact(data: bytes) -> bytes:
    """Write a document with one signature in compact serialization."""
    document = json.loads(data)
    (only,) = document["signatures"]
    return f"{only['protected']}.{document['payload']}.{only['signature']}".encode()
