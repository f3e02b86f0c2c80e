"""SSH signatures of commits, as git makes and checks them with `gpg.format=ssh`.

Sources: `git help config` (gpg.ssh.*), git's gpg-interface.c, PROTOCOL.sshsig of OpenSSH. The signed bytes are those of
the commit without its signature; that stands in the header `gpgsig`, its further lines begin with a space. Keys never
pass through here: `ssh-keygen` reads the file that is named.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from promoter.errors import EdgeFailed

NAMESPACE: Final = "git"
_WHO: Final = "promoter"  # the principal of every allowed key: who among them signed makes no difference
_HEADER: Final = b"gpgsig "
_SECONDS: Final = 30.0


def sign(payload: bytes, key: Path, path: str | None = None) -> bytes:
    """Sign `payload` with the private key in the file `key` (or by the agent, when `key` is a public key).

    `path` is a PATH to find ssh-keygen on. Raises EdgeFailed.
    """
    code, out, err = _run(["-Y", "sign", "-n", NAMESPACE, "-f", str(key)], payload, path)
    if code != 0 or not out.startswith(b"-----BEGIN SSH SIGNATURE-----"):
        raise EdgeFailed(
            f"cannot sign with {key}: {err or 'ssh-keygen gave no signature'}",
            "PROMOTER_SIGNING_KEY names the file of a private SSH key without a passphrase, which only you can read.",
        )
    return out


def verify(payload: bytes, signature: bytes, keys: Sequence[str], path: str | None = None) -> bool:
    """Tell whether one of `keys` (public keys as in authorized_keys) made `signature` of `payload`."""
    if not keys:
        return False
    with tempfile.TemporaryDirectory(prefix="promoter-") as folder:
        allowed, made = Path(folder, "allowed"), Path(folder, "signature")
        allowed.write_text("".join(f'{_WHO} namespaces="{NAMESPACE}" {key}\n' for key in keys), "utf-8")
        made.write_bytes(signature)
        arguments = ["-Y", "verify", "-f", str(allowed), "-I", _WHO, "-n", NAMESPACE, "-s", str(made)]
        return _run(arguments, payload, path)[0] == 0


def with_signature(commit: bytes, signature: bytes) -> bytes:
    """Give the bytes of `commit`, which has no signature, with `signature` as the last line of its head."""
    head, _, body = commit.partition(b"\n\n")
    return head + b"\n" + _HEADER + signature.rstrip(b"\n").replace(b"\n", b"\n ") + b"\n\n" + body


def split_signature(commit: bytes) -> tuple[bytes, bytes | None]:
    """Give the bytes that were signed, and the signature; None when the commit has none, or several."""
    head, gap, body = commit.partition(b"\n\n")
    kept: list[bytes] = []
    found: list[list[bytes]] = []
    inside = False
    for line in head.split(b"\n"):
        if line.startswith(_HEADER):
            inside = True
            found.append([line.removeprefix(_HEADER)])
        elif inside and line.startswith(b" "):
            found[-1].append(line[1:])
        else:
            inside = False
            kept.append(line)
    signature = b"\n".join(found[0]) + b"\n" if len(found) == 1 else None
    return b"\n".join(kept) + gap + body, signature


def _run(arguments: Sequence[str], stdin: bytes, path: str | None) -> tuple[int, bytes, str]:
    env = {**os.environ, "SSH_ASKPASS_REQUIRE": "never", "LC_ALL": "C"}
    if path is not None:
        env["PATH"] = path
    try:
        # A session of its own has no terminal to ask for a passphrase on.
        done = subprocess.run(
            ["ssh-keygen", *arguments], input=stdin, capture_output=True, env=env, timeout=_SECONDS,
            start_new_session=True, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise EdgeFailed(f"ssh-keygen was stopped after {_SECONDS:g} seconds") from error
    except OSError as error:
        raise EdgeFailed(f"cannot run ssh-keygen: {error}", "Install OpenSSH 8.2 or newer.") from error
    return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace").strip()
