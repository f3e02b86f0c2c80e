"""Commits that git signed, with keys of every kind that it knows."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from promoter.errors import EdgeFailed
from promoter.git.repository import Repository
from promoter.git.signature import split_signature, with_signature
from promoter.git.signer import Keys, why_not_signed
from promoter.model.names import Oid
from tests.git.test_signature import make_key
from tests.repos import make_repo

OTHER = "it is signed by a key that is not allowed"


@dataclass
class Ring:
    """Somebody's OpenPGP keys."""

    folder: Path

    def gpg(self, *arguments: str, stdin: bytes = b"") -> bytes:
        command = [
            "gpg",
            "--homedir",
            str(self.folder),
            "--batch",
            "--quiet",
            "--pinentry-mode",
            "loopback",
            *arguments,
        ]
        return subprocess.run(command, input=stdin, capture_output=True, check=True).stdout

    def make(self, name: str, expire: str = "never") -> bytes:
        """Make a key, and give its public part."""
        self.gpg("--passphrase", "", "--quick-generate-key", f"{name} <{name}@example.com>", "ed25519", "sign", expire)
        return self.public(name)

    def public(self, name: str) -> bytes:
        return self.gpg("--armor", "--export", f"{name}@example.com")

    def revoke(self, name: str) -> bytes:
        """Revoke a key, and give its public part."""
        listed = self.gpg("--list-keys", "--with-colons", f"{name}@example.com").decode()
        (fingerprint, *_) = [line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:")]
        said = (self.folder / "openpgp-revocs.d" / f"{fingerprint}.rev").read_text()
        self.gpg("--import", stdin=said.replace("\n:---", "\n---").encode())
        return self.public(name)


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Ring:
    folder = tmp_path_factory.mktemp("ring")
    folder.chmod(0o700)
    return Ring(folder)


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return make_repo(tmp_path / "a.git", {"x": "1"})


def signed(repo: Repository, *options: str, env: dict[str, str] | None = None, flag: str = "-S") -> bytes:
    """Give a commit that git made."""
    config = [part for option in ("user.name=Kim", "user.email=kim@example.com", *options) for part in ("-c", option)]
    tree = repo.store.commit(repo.refs()["refs/heads/main"]).tree
    command = ["git", f"--git-dir={repo.url}", *config, "commit-tree", *([flag] if flag else []), "-m", "x", tree]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={"PATH": "/usr/bin:/bin", **(env or {})}
    )
    return repo.store.commit_bytes(Oid(done.stdout.strip()))


def refused(commit: bytes, key: bytes) -> bool:
    try:
        return why_not_signed(commit, Keys([], {"key.asc": key})) != ""
    except EdgeFailed:
        return True


def test_by_ssh(repo: Repository, tmp_path: Path) -> None:
    kim, public = make_key(tmp_path, "kim")
    _, other = make_key(tmp_path, "other")
    commit = signed(repo, "gpg.format=ssh", f"user.signingkey={kim}")
    assert why_not_signed(commit, Keys([public], {})) == ""
    assert why_not_signed(commit, Keys([other, public], {})) == ""
    assert why_not_signed(commit, Keys([other], {})) == OTHER
    assert why_not_signed(commit, Keys([], {})) == OTHER
    assert why_not_signed(commit.replace(b"\n\nx", b"\n\ny"), Keys([public], {})) == OTHER


def test_by_openpgp(repo: Repository, ring: Ring) -> None:
    kim, other = ring.make("kim"), ring.make("other")
    commit = signed(repo, "user.signingkey=kim@example.com", env={"GNUPGHOME": str(ring.folder)})
    assert why_not_signed(commit, Keys([], {"kim.asc": kim})) == ""
    assert why_not_signed(commit, Keys([], {"other.asc": other, "kim.asc": kim})) == ""
    assert why_not_signed(commit, Keys([], {"all.asc": other + kim})) == ""
    assert why_not_signed(commit, Keys([], {"other.asc": other})) == OTHER
    assert why_not_signed(commit, Keys(["ssh-ed25519 AAAA"], {})) == OTHER
    changed = commit.replace(b"\n\nx", b"\n\ny")
    assert why_not_signed(changed, Keys([], {"kim.asc": kim})) == "the signature is not of this commit"
    payload, signature = split_signature(commit)
    assert signature is not None
    twice = with_signature(payload, signature + signature)
    assert refused(twice, kim)


def test_a_key_that_is_over(repo: Repository, ring: Ring) -> None:
    ring.make("lee")
    commit = signed(repo, "user.signingkey=lee@example.com", env={"GNUPGHOME": str(ring.folder)})
    assert why_not_signed(commit, Keys([], {"lee.asc": ring.public("lee")})) == ""
    assert why_not_signed(commit, Keys([], {"lee.asc": ring.revoke("lee")})) == "the key was revoked"


def test_not_signed(repo: Repository, ring: Ring) -> None:
    commit = signed(repo, flag="")
    assert why_not_signed(commit, Keys(["ssh-ed25519 AAAA"], {"a.asc": b""})) == "it is not signed"
    odd = with_signature(commit, b"-----BEGIN SIGNED MESSAGE-----\nx\n-----END SIGNED MESSAGE-----")
    assert why_not_signed(odd, Keys(["ssh-ed25519 AAAA"], {})) == "its signature is neither SSH nor OpenPGP"


def test_what_cannot_be_found_out(repo: Repository, ring: Ring, tmp_path: Path) -> None:
    ring.make("max")
    commit = signed(repo, "user.signingkey=max@example.com", env={"GNUPGHOME": str(ring.folder)})
    for content in (b"", b"x", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n-----END PGP PUBLIC KEY BLOCK-----\n"):
        with pytest.raises(EdgeFailed, match=r"keys/team\.asc holds no OpenPGP public key"):
            why_not_signed(commit, Keys([], {"keys/team.asc": content}))
    with pytest.raises(EdgeFailed, match="cannot run gpg"):
        why_not_signed(commit, Keys([], {"max.asc": ring.public("max")}), str(tmp_path))
