"""Certificates of the tests' own authority: good, expired, for another name, of nobody known."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


class Authority:
    """A CA in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        made = self._builder(self.name, self.key.public_key(), days=2)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        usage = x509.KeyUsage(
            digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
            key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
            decipher_only=False,
        )  # fmt: skip
        made = made.add_extension(usage, critical=True)
        made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
        self.file = folder / "ca.crt"
        self.pem = made.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM)
        self.file.write_bytes(self.pem)

    def issue(self, address: str = "127.0.0.1", days: int = 1) -> tuple[Path, Path]:
        """Write a server's certificate and its key; `days` below zero: it has expired."""
        return self.write("server", [(NameOID.COMMON_NAME, "kube-apiserver")], days, _server(address))

    def client(self, name: str, group: str) -> tuple[Path, Path]:
        """Write the certificate and the key of `name`, as Kubernetes reads users and groups from a subject."""
        subject = [(NameOID.ORGANIZATION_NAME, group), (NameOID.COMMON_NAME, name)]
        return self.write("client", subject, 1, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]))

    def write(
        self, file: str, subject: Sequence[tuple[x509.ObjectIdentifier, str]], days: int, *more: x509.ExtensionType
    ) -> tuple[Path, Path]:
        """Write FILE.crt, for `days`, and FILE.key, which nobody else may read."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(oid, text) for oid, text in subject])
        made = self._builder(name, key.public_key(), days)
        known = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        for extension in (known, *more):
            made = made.add_extension(extension, critical=False)
        files = self.folder / f"{file}.crt", self.folder / f"{file}.key"
        files[0].write_bytes(made.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM))
        files[1].touch(0o600)
        files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return files

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, days: int) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=10))
            .not_valid_after(now + timedelta(days=days))
        )


def _server(address: str) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address)), x509.DNSName("localhost")])
