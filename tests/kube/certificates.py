"""Certificates of a server that lives as long as its tests."""

from __future__ import annotations

import subprocess
from pathlib import Path

_CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def make(openssl: Path, folder: Path) -> None:
    """Write `ca`, `server`, `client` and `accounts` (each NAME.crt, NAME.key) into `folder`.

    The client is in the group `system:masters`; with the key of `accounts` the server signs tokens.
    """
    _make(openssl, folder, "ca", "/CN=promoter test authority", None, "CA:TRUE", "keyCertSign,cRLSign")
    _make(openssl, folder, "accounts", "/CN=service accounts", None, "CA:FALSE", "digitalSignature")
    names = "subjectAltName=IP:127.0.0.1,DNS:localhost"
    _make(openssl, folder, "server", "/CN=kube-apiserver", "ca", "CA:FALSE", "digitalSignature", names)
    usage = "extendedKeyUsage=clientAuth"
    subject = "/O=system:masters/CN=certificate"
    _make(openssl, folder, "client", subject, "ca", "CA:FALSE", "digitalSignature", usage)


def _make(
    openssl: Path, folder: Path, name: str, subject: str, signer: str | None, basic: str, usage: str, *more: str
) -> None:
    signed = ["-CA", f"{signer}.crt", "-CAkey", f"{signer}.key"] if signer else []
    extensions = [f"basicConstraints=critical,{basic}", f"keyUsage=critical,{usage}", *more]
    command = [str(openssl), "req", "-x509", *_CURVE, "-sha256", "-days", "2", "-subj", subject]
    command += ["-keyout", f"{name}.key", "-out", f"{name}.crt", *signed]
    for extension in extensions:
        command += ["-addext", extension]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"openssl cannot make {name}.crt: {done.stderr.strip()}")
    (folder / f"{name}.key").chmod(0o600)
