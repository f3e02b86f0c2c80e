"""Signatures by certain keys: of the commit that the release was made from, of the images that the proposal brings.

`commit` names who may sign the commit: public SSH keys, and files of OpenPGP keys in the branch that people edit (never
in what the judged change brings); checked by `ssh-keygen` and `gpg`, as git does it. `cosign` names the public key, a
file of that branch, that images are signed with, or the identity in a certificate of Sigstore and its issuer; the
program `cosign` must be there, and what it cannot find out is unknown. `all` and `login` are those of `image`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Final, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from promoter.layout.slots import clean_path, is_path
from promoter.model.ask import Ask
from promoter.model.verdict import Verdict
from promoter.policy.form import Form
from promoter.policy.gate import Gate, Subject, asked, from_reply
from promoter.policy.gates.image import Account, AccountForm, at_most, one_registry_each
from promoter.policy.scalars import Flag, Positive, SomeTexts, said, some_items
from promoter.policy.web import address, clear


@dataclass(frozen=True, slots=True)
class Commit:
    """Who may sign the commit: public SSH keys, and paths of files with OpenPGP keys."""

    ssh: tuple[str, ...] = ()
    gpg: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cosign:
    """How images are signed."""

    key: str = ""
    """The path of a public key; empty: an identity counts."""
    identity: str = ""
    issuer: str = ""
    trusted_root: str = ""
    """The path of a `trusted_root.json`; empty: the public one."""
    images: tuple[str, ...] = ()
    """Glob patterns of names; empty: every image."""
    logged: bool = True
    """Signatures must stand in the transparency log."""
    all: bool = False
    """Also of images that stood there before."""
    login: tuple[tuple[str, Account], ...] = ()
    within: timedelta = timedelta(seconds=60)

    @property
    def who(self) -> str:
        """Who signs, for people."""
        return self.key or f"{self.identity} of {self.issuer}"


@dataclass(frozen=True, slots=True)
class Signature:
    """The commit and the images are signed."""

    kind: ClassVar[str] = "signature"
    commit: Commit | None = None
    images: Cosign | None = None

    def __str__(self) -> str:
        keys = [*(key.split()[-1] for key in self.commit.ssh), *self.commit.gpg] if self.commit is not None else []
        parts = [f"commit by {' or '.join(keys)}"] if self.commit is not None else []
        return " and ".join(parts + ([f"images by {self.images.who}"] if self.images is not None else []))

    def asks(self, subject: Subject) -> tuple[Ask, ...]:
        """Give one ask for the commit and one for the images; none while nothing is proposed."""
        return tuple(filter(None, (asked(self.kind, name, subject, wanted) for name, wanted in self._wanted())))

    def evaluate(self, subject: Subject, now: datetime) -> tuple[Verdict, ...]:
        """Give `signature/commit` and `signature/images`, as far as they are wanted."""
        return tuple(from_reply(self.kind, name, subject, wanted) for name, wanted in self._wanted())

    def _wanted(self) -> Iterator[tuple[str, Commit | Cosign]]:
        if self.commit is not None:
            yield "commit", self.commit
        if self.images is not None:
            yield "images", self.images


def _ssh(node: object) -> str:
    key = " ".join(said(node).split())
    words = key.split(" ")
    try:
        blob = base64.b64decode(words[1], validate=True)
    except (IndexError, binascii.Error, ValueError):
        blob = b""
    size = int.from_bytes(blob[:4])
    if not key.isprintable() or not blob or blob[4 : 4 + size] != words[0].encode():
        raise ValueError("is no public SSH key, such as ssh-ed25519 AAAA... kim")
    return key


def _path(node: object) -> str:
    path = clean_path(said(node))
    if not is_path(path):
        raise ValueError(f"{said(node)} is no path inside the repository")
    return path


def _identity(node: object) -> str:
    text = said(node)
    if any(char.isspace() or not char.isprintable() for char in text) or len(text.replace("*", "")) < 8:
        raise ValueError(f"{text} is no identity, such as https://github.com/acme/* or kim@acme.example")
    return text


def _issuer(node: object) -> str:
    url = address(node)
    if clear(url) or "{" in url:
        raise ValueError(f"{url} is no issuer, such as https://token.actions.githubusercontent.com")
    return url


_Path = Annotated[str, BeforeValidator(_path)]


class CommitForm(Form):
    """Who may sign the commit that a release is made from."""

    ssh: Annotated[tuple[Annotated[str, BeforeValidator(_ssh)], ...], BeforeValidator(some_items)] = ()
    """Public SSH keys, `ssh-ed25519 AAAA... kim`."""
    gpg: Annotated[tuple[_Path, ...], BeforeValidator(some_items)] = ()
    """Files with OpenPGP public keys, in the branch that people edit. Every key in them may sign."""

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.ssh and not self.gpg:
            raise ValueError("names nobody who may sign; write ssh: [...] or gpg: [...]")
        return self


class CosignForm(Form):
    """How images are signed by cosign."""

    key: Annotated[str, BeforeValidator(_path)] = ""
    """The public key: a file of the branch that people edit."""
    identity: Annotated[str, BeforeValidator(_identity)] = ""
    """In place of a key: whose certificate it must be, `https://github.com/acme/*`; `*` stands for anything."""
    issuer: Annotated[str, BeforeValidator(_issuer)] = ""
    """Who vouches for the identity, `https://token.actions.githubusercontent.com`."""
    trusted_root: Annotated[str, BeforeValidator(_path)] = ""
    """A `trusted_root.json` of the branch that people edit, for certificates and logs of one's own. Default: the public
    ones of Sigstore."""
    images: SomeTexts = ()
    """Whose names must be signed, `ghcr.io/acme/*`. Default: every image."""
    transparency_log: Flag = True
    """Whether a signature must stand in the public transparency log. Default: true."""
    all: Flag = False
    """Whether images that stood there before are checked too. Default: false."""
    login: Annotated[dict[str, AccountForm], BeforeValidator(one_registry_each)] = Field(default_factory=dict)
    """Registry -> login. Default: what Docker's config.json holds."""
    within: Annotated[Positive, AfterValidator(at_most)] = timedelta(seconds=60)
    """How long all of it may take, at most 2m. Default: 1m."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if bool(self.key) == bool(self.identity or self.issuer) or bool(self.identity) != bool(self.issuer):
            raise ValueError("says who signs: write key: keys/cosign.pub, or identity and issuer")
        return self


class SignatureForm(Form):
    """What must be signed."""

    commit: CommitForm | None = None
    """The commit that the release was made from."""
    cosign: CosignForm | None = None
    """The images that the proposal brings."""


FORM: Final = SignatureForm
"""`{commit: {ssh: [...]}, cosign: {key: keys/cosign.pub}}`."""
AFTER_MERGE: Final = False
GATE: Final[type[Gate]] = Signature


def build(form: SignatureForm) -> Signature | None:
    """Make the gate; None when nothing must be signed."""
    if form.commit is None and form.cosign is None:
        return None
    commit = Commit(form.commit.ssh, form.commit.gpg) if form.commit is not None else None
    if form.cosign is None:
        return Signature(commit)
    one = form.cosign
    login = tuple((host.lower(), Account(each.user, each.password)) for host, each in sorted(one.login.items()))
    who = (one.key, one.identity, one.issuer, one.trusted_root)
    return Signature(commit, Cosign(*who, one.images, one.transparency_log, one.all, login, one.within))
