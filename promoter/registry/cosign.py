"""Signatures of images, checked by the program `cosign` (https://github.com/sigstore/cosign, version 2.6 or newer).

Invariants: no shell, a time limit, a home of its own; a password reaches it by Docker's `config.json`, never as an
argument. Only its word on exactly the digest that was asked for counts; that nobody signed is what its exit codes 10
and 12 say (`cmd/cosign/errors/exit_codes.go`), anything else is not known.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from promoter.errors import EdgeFailed
from promoter.policy.image_name import HUB, ImageName
from promoter.registry.login import Login

_NO_SIGNATURE: Final = 10
_NO_MATCH: Final = 12
_OTHER_KEY: Final = b"accepted signatures do not match threshold"
"""What it says of a bundle by another key, for which it has no exit code."""
_HUB_KEY: Final = "https://index.docker.io/v1/"


@dataclass(frozen=True, slots=True)
class Key:
    """A public key, and whether its signatures must stand in the transparency log."""

    pem: bytes
    logged: bool


def why_not_signed(
    image: ImageName, digest: str, key: Key, login: Login | None, seconds: float, path: str | None
) -> str:
    """Give why nobody with `key` signed `digest` of `image`; empty: somebody did.

    `path` is a PATH to find the program on. Raises EdgeFailed when that cannot be found out.
    """
    program = shutil.which("cosign", path=path)
    if program is None:
        raise EdgeFailed("there is no cosign here", "The job that runs promoter installs it.")
    with tempfile.TemporaryDirectory(prefix="promoter-") as folder:
        file = Path(folder, "key.pub")
        file.write_bytes(key.pem)
        options = [] if key.logged else ["--insecure-ignore-tlog=true"]
        reference = str(ImageName(image.registry, image.path, "", digest))
        command = [program, "verify", "--key", str(file), "--output", "json", *options, reference]
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
    if done.returncode != 0 and _OTHER_KEY in done.stderr:
        return "no signature is by this key"
    if done.returncode in (_NO_SIGNATURE, _NO_MATCH):
        return "it is not signed" if done.returncode == _NO_SIGNATURE else "no signature is by this key"
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
