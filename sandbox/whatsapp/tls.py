# SPDX-License-Identifier: AGPL-3.0-or-later
"""A certificate authority of the sandbox's own, and a certificate for the service's names."""

import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from attrs import frozen
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_NAMES = ("web.whatsapp.com", "*.whatsapp.net", "*.cdn.whatsapp.net", "localhost")
_LIFE = timedelta(days=365)


@frozen
class TlsIdentity:
    """The authority's certificate, and the server's key and certificate; all PEM."""

    authority: str
    server: str

    @classmethod
    def issue(cls) -> "TlsIdentity":
        """Make both, valid from a day ago for a year; the authority's key is forgotten."""
        authority_key = ec.generate_private_key(ec.SECP256R1())
        server_key = ec.generate_private_key(ec.SECP256R1())
        issuer = _name("Sandbox test authority")
        authority = (
            _draft(issuer, issuer, authority_key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(authority_key, SHA256())
        )
        names = [x509.DNSName(name) for name in _NAMES]
        server = (
            _draft(_name(_NAMES[0]), issuer, server_key)
            .add_extension(
                x509.SubjectAlternativeName([*names, x509.IPAddress(ip_address("127.0.0.1"))]),
                critical=False,
            )
            .sign(authority_key, SHA256())
        )
        key = server_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return cls(
            authority.public_bytes(Encoding.PEM).decode(),
            (key + server.public_bytes(Encoding.PEM)).decode(),
        )

    def context(self) -> ssl.SSLContext:
        """Return the server's side of TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # The ssl module reads keys from files only.
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
            file.write(self.server)
            file.flush()
            context.load_cert_chain(file.name)
        return context


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _draft(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFE)
    )
