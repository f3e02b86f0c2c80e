"""Whether a commit is signed by one of certain keys: SSH (`promoter.git.signature`) or OpenPGP, as git makes both.

OpenPGP is checked by `gpg` with a key ring of its own, which holds these keys and nothing else; what it says is read
from its status lines (doc/DETAILS of GnuPG). A key or a signature that is expired or revoked does not count.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from promoter.errors import EdgeFailed
from promoter.git.signature import split_signature, verify

_SECONDS: Final = 30.0
_STATUS = re.compile(rb"^\[GNUPG:\] (\w+)", re.MULTILINE)
_REFUSED: Final = {
    b"BADSIG": "the signature is not of this commit",
    b"EXPSIG": "the signature has expired",
    b"EXPKEYSIG": "the key has expired",
    b"REVKEYSIG": "the key was revoked",
    b"ERRSIG": "it is signed by a key that is not allowed",
}


@dataclass(frozen=True, slots=True)
class Keys:
    """Who may sign: public SSH keys, and files of OpenPGP public keys by name."""

    ssh: Sequence[str]
    openpgp: Mapping[str, bytes]


def why_not_signed(commit: bytes, keys: Keys, path: str | None = None) -> str:
    """Give why none of `keys` signed `commit` (its bytes); empty: one did.

    `path` is a PATH to find programs on. Raises EdgeFailed when that cannot be found out.
    """
    payload, signature = split_signature(commit)
    if signature is None:
        return "it is not signed"
    if signature.startswith(b"-----BEGIN SSH SIGNATURE-----"):
        allowed = bool(keys.ssh) and verify(payload, signature, keys.ssh, path)
        return "" if allowed else "it is signed by a key that is not allowed"
    if not signature.startswith(b"-----BEGIN PGP SIGNATURE-----"):
        return "its signature is neither SSH nor OpenPGP"
    if not keys.openpgp:
        return "it is signed by a key that is not allowed"
    with tempfile.TemporaryDirectory(prefix="promoter-") as folder:
        ring = Path(folder, "ring")
        ring.mkdir(mode=0o700)
        for name, content in keys.openpgp.items():
            _, said = _gpg(ring, ["--import", "-"], content, path)
            if b"IMPORT_OK" not in _STATUS.findall(said):
                raise EdgeFailed(f"{name} holds no OpenPGP public key", "gpg --armor --export writes one.")
        made = Path(folder, "signature")
        made.write_bytes(signature)
        _, said = _gpg(ring, ["--trust-model", "always", "--verify", str(made), "-"], payload, path)
    return _read(_STATUS.findall(said))


def _read(status: Sequence[bytes]) -> str:
    """Give what gpg's status lines mean; several signatures in one are nobody's."""
    for word, reason in _REFUSED.items():
        if word in status:
            return reason
    if status.count(b"GOODSIG") == 1 and status.count(b"VALIDSIG") == 1:
        return ""
    raise EdgeFailed("gpg does not say who signed it")


def _gpg(ring: Path, arguments: Sequence[str], stdin: bytes, path: str | None) -> tuple[int, bytes]:
    options = ["--batch", "--no-tty", "--no-options", "--no-autostart", "--no-auto-key-retrieve", "--status-fd", "1"]
    env = {**os.environ, "LC_ALL": "C", "GNUPGHOME": str(ring)}
    if path is not None:
        env["PATH"] = path
    try:
        done = subprocess.run(
            ["gpg", "--homedir", str(ring), *options, *arguments], input=stdin, capture_output=True, env=env,
            timeout=_SECONDS, start_new_session=True, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise EdgeFailed(f"gpg was stopped after {_SECONDS:g} seconds") from error
    except OSError as error:
        raise EdgeFailed(f"cannot run gpg: {error.strerror}", "Install GnuPG 2.") from error
    return done.returncode, done.stdout
