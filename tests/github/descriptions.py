"""Get what GitHub publishes of its API from its own npm packages, at exact versions and with known checksums.

`python tests/github/descriptions.py FOLDER NPM ...` is a step of `make test`: NPM ... is the command `npm`, FOLDER gets
`openapi.json` (REST, github.com), `schema.graphql`, and `webhooks.json`: examples of what events carry.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Package:
    """One npm package, and the one file that is wanted of it."""

    name: str
    version: str
    sha256: str
    """Of the package's archive."""
    file: str
    into: str


PACKAGES = (
    Package(
        "@octokit/openapi",
        "23.0.2",
        "71a18407dd5e8464f4e0525daf03deabbe65abd9287d6adc7b5d98f516cd0d0c",
        "package/generated/api.github.com.json",
        "openapi.json",
    ),
    Package(
        "@octokit/graphql-schema",
        "15.26.1",
        "053e74249dafce2118fd9b7ae499b067d57c5f910c57745699ac45108bc68d1e",
        "package/schema.graphql",
        "schema.graphql",
    ),
    Package(
        "@octokit/webhooks-examples",
        "7.6.1",
        "89e6cb1c6345d32e3dd775617fa54effbdc26c859e514898d7728e95e9738280",
        "package/api.github.com/index.json",
        "webhooks.json",
    ),
)


def get(package: Package, npm: Sequence[str], folder: Path) -> None:
    """Write the file of `package` into `folder`."""
    with tempfile.TemporaryDirectory() as temporary:
        command = [*npm, "pack", "--silent", f"{package.name}@{package.version}"]
        done = subprocess.run(command, cwd=temporary, capture_output=True, text=True, check=False)
        found = list(Path(temporary).glob("*.tgz"))
        if done.returncode or len(found) != 1:
            sys.exit(f"{package.name} {package.version} cannot be downloaded: {done.stderr.strip()}")
        if hashlib.sha256(found[0].read_bytes()).hexdigest() != package.sha256:
            sys.exit(f"{package.name} {package.version} is not the archive that was reviewed")
        with tarfile.open(found[0]) as archive:
            member = archive.extractfile(package.file)
            if member is None:
                sys.exit(f"{package.name} {package.version} has no {package.file}")
            (folder / package.into).write_bytes(member.read())


def main(folder: Path, npm: Sequence[str]) -> None:
    """Write all files into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES:
        get(package, npm, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
