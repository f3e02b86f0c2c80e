"""Whose ledgers are believed: `ledger: {signers: [...]}`.

Every ledger commit is signed, and whoever signs has checked what it stands on, so a tip that one of the signers signed
vouches for all before it. A tip that is not is not believed, and nothing is done for its app until the branch is
restored or somebody with a key vouches (`promoter ledger accept`). Invariants: nothing is signed on top of what is not
believed; a commit is checked once on a machine and signer set; without an answer there is no belief.

A signature does not say which branch it stands on: a state names its app, and that is compared. An older tip that was
pushed back by force is signed as well; that the branch refuses forced pushes is the forge's business.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from promoter.errors import EdgeFailed, Rejected
from promoter.git.signature import sign, split_signature, verify
from promoter.git.store import Store
from promoter.model.names import Oid
from promoter.plan.report.foreign import plain

IDENTITY = ("promoter", "promoter@noreply.invalid")
"""Author and committer of every commit of ours."""
KEY = "PROMOTER_SIGNING_KEY"
"""The environment variable that names the file of the private key."""
_LOOKED_THROUGH = 200
"""Commits below a tip that is not believed in which the first wrong one is looked for."""
_KEPT = 4 << 20
"""Bytes of remembered ids; then the memory starts anew."""


@dataclass(slots=True)
class Seal:
    """Signs ledger commits, and tells which are believed."""

    signers: tuple[str, ...] = ()
    """Public keys, `ssh-ed25519 AAAA... comment`; none: everything is believed."""
    key: Path | None = None
    """The private key's file."""
    memory: Path | None = None
    """The folder that remembers which commits were checked."""
    path: str | None = None
    """PATH for ssh-keygen; None: the process's own."""
    _known: set[Oid] | None = None
    _doubts: dict[Oid, str] = field(default_factory=dict)

    def doubt(self, store: Store, app: str, tip: Oid) -> str:
        """Say why the ledger at `tip` is not believed; empty when it is. Raises EdgeFailed without ssh-keygen."""
        if not self.signers or tip in self._checked():
            return ""
        if tip not in self._doubts:
            if self._signed(store, tip):
                self.remember(tip)
                return ""
            self._doubts[tip] = self._why(store, app, tip)
        return self._doubts[tip]

    def check(self, store: Store, app: str, tip: Oid) -> None:
        """Refuse to build on a ledger that is not believed. Raises Rejected, EdgeFailed."""
        doubt = self.doubt(store, app, tip)
        if doubt:
            raise Rejected(doubt)

    def require(self) -> None:
        """Refuse to go on without a key where ledgers are signed. Raises EdgeFailed."""
        if self.signers and self.key is None:
            raise EdgeFailed(
                "ledger.signers is set, so ledgers are signed, and there is no key to sign with",
                f"{KEY} names the file of the private key.",
            )

    def commit(self, store: Store, tree: Oid, parents: Sequence[Oid], message: str, at: datetime) -> Oid:
        """Write a commit of a ledger by promoter, signed when there is a key.

        Raises EdgeFailed when it must be signed and there is no key, and Rejected when the key is none of the signers.
        """
        self.require()
        if self.key is None:
            return store.put_commit(tree, parents, message, IDENTITY, at)
        key = self.key
        made = store.put_commit(tree, parents, message, IDENTITY, at, lambda data: sign(data, key, self.path))
        if self.signers and not self._signed(store, made):
            raise Rejected(
                f"the key in {self.key} is not one of ledger.signers",
                "Add its public key to promoter.yaml first. Nothing was written.",
            )
        return made

    def remember(self, tip: Oid) -> None:
        """Take note that the commit was checked, or made here."""
        if not self.signers or tip in self._checked():
            return
        self._checked().add(tip)
        file = self._file()
        if file is None:
            return
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("ab" if not file.exists() or file.stat().st_size < _KEPT else "wb") as memory:
                memory.write(f"{tip}\n".encode())
        except OSError as error:
            raise EdgeFailed(f"cannot remember in {file} which commits were checked: {error.strerror}") from error

    def _file(self) -> Path | None:
        """The memory of this signer set: another set believes other commits."""
        if self.memory is None:
            return None
        name = hashlib.sha256("\n".join(sorted(self.signers)).encode()).hexdigest()[:32]
        return self.memory / f"{name}.believed"

    def _checked(self) -> set[Oid]:
        if self._known is None:
            file = self._file()
            lines = file.read_text("ascii", "replace").splitlines() if file is not None and file.exists() else []
            self._known = {Oid(line) for line in lines}
        return self._known

    def _signed(self, store: Store, oid: Oid) -> bool:
        payload, signature = split_signature(store.commit_bytes(oid))
        return signature is not None and verify(payload, signature, self.signers, self.path)

    def _why(self, store: Store, app: str, tip: Oid) -> str:
        first = tip
        for commit in store.history(tip, limit=_LOOKED_THROUGH, first_parent=True):
            if commit.id in self._checked() or self._signed(store, commit.id):
                break
            first = commit.id
        found = store.commit(first)
        return (
            f"{app}: its ledger is not believed: commit {first[:10]} by {plain(found.author)} <{plain(found.email)}> "
            f"is not signed by one of ledger.signers. Put the branch back to the commit before it, or, if it is right: "
            f"promoter ledger accept {app}"
        )
