"""Signatures of images, checked by the program `cosign` (https://github.com/sigstore/cosign, version 2.6 or newer).

Invariants: no shell, a time limit, a home of its own; a password reaches it by Docker's `config.json`, never as an
argument. Only its word on exactly the digest that was asked for counts; that nobody signed is what its exit codes
10, 12 and 13 say (`cmd/cosign/errors/exit_codes.go`), anything else is not known.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from promoter.errors import EdgeFailed
from promoter.policy.image_name import HUB, ImageName
from promoter.registry.login import Login

_NO_SIGNATURE: Final = 10
_NO_MATCH: Final = 12
_NO_CERTIFICATE: Final = 13
_OTHER_KEY: Final = b"accepted signatures do not match threshold"
"""What it says of a bundle by another key, for which it has no exit code."""
_HUB_KEY: Final = "https://index.docker.io/v1/"


@dataclass(frozen=True, slots=True)
class Signers:
    """Who may sign: whoever has the key, or an identity of an issuer."""

    key: bytes = b""
    """A public key; empty: an identity counts."""
    identity: str = ""
    """As certificates have it; `*` stands for anything."""
    issuer: str = ""
    root: bytes = b""
    """Whose certificates and logs count (`trusted_root.json` of Sigstore); empty: the public ones."""
    logged: bool = True
    """What they sign must stand in a transparency log."""

    def options(self, folder: Path) -> Iterator[str]:
        """Give the arguments that say so; what they name is written into `folder`."""
        if self.key:
            yield from ("--key", _written(folder / "key.pub", self.key))
        elif "*" in self.identity:
            pattern = ".*".join(map(re.escape, self.identity.split("*")))
            yield from ("--certificate-identity-regexp", f"^{pattern}$")
        else:
            yield from ("--certificate-identity", self.identity)
        if not self.key:
            yield from ("--certificate-oidc-issuer", self.issuer)
        if self.root:
            yield from ("--trusted-root", _written(folder / "root.json", self.root))
        if not self.logged:
            yield "--insecure-ignore-tlog=true"
            if not self.key:
                yield "--insecure-ignore-sct=true"


def _written(file: Path, content: bytes) -> str:
    file.write_bytes(content)
    return str(file)


def why_not_signed(
    image: ImageName, digest: str, by: Signers, login: Login | None, seconds: float, path: str | None
) -> str:
    """Give why nobody of `by` signed `digest` of `image`; empty: somebody did.

    `path` is a PATH to find the program on. Raises EdgeFailed when that cannot be found out.
    """
    program = shutil.which("cosign", path=path)
    if program is None:
        raise EdgeFailed("there is no cosign here", "The job that runs promoter installs it.")
    with tempfile.TemporaryDirectory(prefix="promoter-") as folder:
        options = list(by.options(Path(folder)))
        reference = str(ImageName(image.registry, image.path, "", digest))
        command = [program, "verify", "--output", "json", *options, reference]
        env = {"PATH": path or os.environ.get("PATH", os.defpath), "HOME": folder, **_docker(folder, image, login)}
        env |= {name: os.environ[name] for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if name in os.environ}
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, env=env, cwd=folder, timeout=max(seconds, 0.1),
                start_new_session=True, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise EdgeFailed(f"cosign was stopped after {seconds:.0f} seconds") from None
        except OSError as error:
            raise EdgeFailed(f"cannot run cosign: {error.strerror}") from error
    if done.returncode == _NO_SIGNATURE:
        return "it is not signed"
    if done.returncode in (_NO_MATCH, _NO_CERTIFICATE) or (done.returncode != 0 and _OTHER_KEY in done.stderr):
        return f"no signature is by {'this key' if by.key else 'this identity'}"
    if done.returncode != 0:
        raise EdgeFailed(f"cosign failed: {_last_line(done.stderr)}")
    if not _says(done.stdout, digest):
        raise EdgeFailed("cosign speaks of something else than this digest")
    return ""


def _docker(folder: str, image: ImageName, login: Login | None) -> Mapping[str, str]:
    """Give the variable that names the folder of Docker's `config.json`."""
    if login is None:
        home = os.environ.get("DOCKER_CONFIG") or os.path.join(os.environ.get("HOME", folder), ".docker")  # noqa: PTH118
        return {"DOCKER_CONFIG": home}
    host = _HUB_KEY if image.registry == HUB else image.registry
    auth = login.basic.removeprefix("Basic ")
    Path(folder, "config.json").write_text(json.dumps({"auths": {host: {"auth": auth}}}), "utf-8")
    return {"DOCKER_CONFIG": folder}


def _says(out: bytes, digest: str) -> bool:
    try:
        found = json.loads(out)
        named = [each["critical"]["image"]["docker-manifest-digest"] for each in found]
    except (ValueError, TypeError, KeyError, RecursionError):
        return False
    return bool(named) and all(one == digest for one in named)


def _last_line(err: bytes) -> str:
    lines = [line for line in err.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1][-200:] if lines else "it says nothing"
