from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from promoter.errors import EdgeFailed
from promoter.git.commit import format_commit, parse_commit
from promoter.git.signature import sign, split_signature, verify, with_signature
from promoter.git.store import EMPTY_TREE, Store
from promoter.model.names import Oid
from tests.repos import START, make_repo

BOT = ("promoter", "promoter@noreply.invalid")


def make_key(folder: Path, name: str, kind: str = "ed25519", passphrase: str = "") -> tuple[Path, str]:
    """Make a key pair; give the private key's file and the public key."""
    file = folder / name
    command = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", f"{name} at work", "-f", str(file)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return file, file.with_suffix(".pub").read_text().strip()


def signed_commit(store: Store, key: Path, message: str = "Note\n") -> Oid:
    tree = store.put_files({"state.yaml": b"a: 1\n"})
    return store.put_commit(tree, [], message, BOT, START, lambda data: sign(data, key))


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
def test_what_we_sign_git_verifies(tmp_path: Path, kind: str) -> None:
    repo = make_repo(tmp_path / "a.git", {"x": "1"})
    key, public = make_key(tmp_path, "bot", kind)
    made = signed_commit(repo.store, key)
    allowed = tmp_path / "allowed"
    allowed.write_text(f"bot@acme.example {public}\n")
    git = ["git", f"--git-dir={repo.url}", "-c", "gpg.format=ssh", "-c", f"gpg.ssh.allowedSignersFile={allowed}"]
    done = subprocess.run([*git, "verify-commit", made], capture_output=True, text=True, check=False)
    assert (done.returncode, "Good" in done.stderr) == (0, True), done.stderr
    allowed.write_text(f"bot@acme.example {make_key(tmp_path, 'other')[1]}\n")
    assert subprocess.run([*git, "verify-commit", made], capture_output=True, check=False).returncode != 0
    assert subprocess.run([*git, "fsck", "--strict"], capture_output=True, check=False).returncode == 0


def test_what_git_signs_we_verify(tmp_path: Path) -> None:
    repo = make_repo(tmp_path / "a.git", {"x": "1"})
    key, public = make_key(tmp_path, "kim")
    git = ["git", f"--git-dir={repo.url}", "-c", "gpg.format=ssh", "-c", f"user.signingkey={key}"]
    git += ["-c", "user.name=Kim", "-c", "user.email=kim@example.com"]
    tree = repo.store.commit(repo.refs()["refs/heads/main"]).tree
    done = subprocess.run([*git, "commit-tree", "-S", "-m", "By git", tree], capture_output=True, text=True, check=True)
    payload, signature = split_signature(repo.store.commit_bytes(Oid(done.stdout.strip())))
    assert signature is not None
    assert verify(payload, signature, [public])


def test_only_the_right_key_the_right_bytes_and_the_right_use_count(tmp_path: Path) -> None:
    key, public = make_key(tmp_path, "bot")
    other, other_public = make_key(tmp_path, "other")
    payload = b"tree of something\n"
    made = sign(payload, key)
    assert verify(payload, made, [other_public, public])
    assert not verify(payload, made, [other_public])
    assert not verify(payload, made, [])
    assert not verify(payload + b"!", made, [public])
    assert not verify(payload, sign(payload, other), [public])
    assert not verify(payload, b"-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n", [public])
    command = ["ssh-keygen", "-Y", "sign", "-n", "file", "-f", str(key)]
    elsewhere = subprocess.run(command, input=payload, capture_output=True, check=True).stdout
    assert not verify(payload, elsewhere, [public])


def test_a_signature_goes_in_and_comes_out() -> None:
    plain = format_commit(EMPTY_TREE, [], "Note\n\nbody\n", BOT, START)
    signature = b"-----BEGIN SSH SIGNATURE-----\nab\n\ncd\n-----END SSH SIGNATURE-----\n"
    data = with_signature(plain, signature)
    assert split_signature(data) == (plain, signature)
    assert split_signature(plain) == (plain, None)
    assert split_signature(with_signature(data, signature))[1] is None
    assert parse_commit(Oid("a" * 40), data).message == parse_commit(Oid("a" * 40), plain).message


def test_keys_that_cannot_sign(tmp_path: Path) -> None:
    locked, _ = make_key(tmp_path, "locked", passphrase="secret")
    for key in (locked, tmp_path / "absent"):
        with pytest.raises(EdgeFailed, match="cannot sign with") as caught:
            sign(b"x", key)
        assert "PROMOTER_SIGNING_KEY" in str(caught.value)
    with pytest.raises(EdgeFailed, match="cannot run ssh-keygen"):
        sign(b"x", locked, path=os.fspath(tmp_path))
