"""Certificates of a server that lives as long as its tests."""

from __future__ import annotations

from pathlib import Path

from cryptography.x509.oid import NameOID

from tests.certificates import Authority


def make(folder: Path) -> None:
    """Write `ca` (the certificate alone), `server`, `client` and `accounts` (each NAME.crt, NAME.key) into `folder`.

    The client is in the group `system:masters`; with the key of `accounts` the server signs tokens.
    """
    authority = Authority(folder)
    authority.issue()
    authority.client("certificate", "system:masters")
    authority.write("accounts", [(NameOID.COMMON_NAME, "service accounts")], 1)
