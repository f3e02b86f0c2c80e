"""Commits and images that were signed for real, by git and by cosign."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from promoter.git.ref import RefUpdate
from promoter.git.signature import sign
from promoter.model.ask import Ask, Reply
from promoter.model.names import Oid
from promoter.model.verdict import Answer
from promoter.policy.gates.signature import Commit, Cosign
from promoter.run.asking import find_out
from promoter.run.run import see
from tests.git.test_signature import make_key
from tests.registry.server import PROGRAM, Hub, registry
from tests.repos import KIM, commit_files, head
from tests.run.shops import RENDERED, Shop, make_shop, manifest

COSIGN = PROGRAM.with_name("cosign")
HEAD = Oid("e" * 40)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path)


def said(shop: Shop, ask: Ask) -> Reply:
    return find_out(shop.workspace(), shop.look(), [ask])[ask]


def signed(shop: Shop, key: Path | None) -> Oid:
    """Commit to the dry branch."""
    shop.later()
    store, old = shop.repo.store, head(shop.repo)
    sealed = (lambda data: sign(data, key)) if key is not None else None
    made = store.put_commit(store.commit(old).tree, [old], "Sign", KIM, shop.now, sealed)
    shop.repo.update([RefUpdate("refs/heads/main", old, made)])
    return made


def commit(shop: Shop, dry: Oid, wanted: Commit) -> Reply:
    return said(shop, Ask("signature", "commit", "shop", "prod", 41, "", dry, HEAD, wanted))


def test_the_dry_commit(shop: Shop, tmp_path: Path) -> None:
    key, public = make_key(tmp_path, "kim")
    _, other = make_key(tmp_path, "other")
    dry = signed(shop, key)
    assert commit(shop, dry, Commit((other, public))) == Reply(Answer.SUCCESS, f"{dry[:7]} is signed")
    refused = Reply(Answer.FAILURE, f"{dry[:7]}: it is signed by a key that is not allowed")
    assert commit(shop, dry, Commit((other,))) == refused
    plain = signed(shop, None)
    assert commit(shop, plain, Commit((public,))) == Reply(Answer.FAILURE, f"{plain[:7]}: it is not signed")


def test_keys_that_cannot_be_read(shop: Shop) -> None:
    dry = head(shop.repo)
    gone = commit(shop, dry, Commit((), ("keys/team.asc",)))
    assert gone == Reply(Answer.UNKNOWN, "keys/team.asc does not exist on main gates.signature names it")
    assert commit(shop, Oid("f" * 40), Commit(("x",))).answer is Answer.UNKNOWN


def test_it_decides_a_run(tmp_path: Path) -> None:
    _, public = make_key(tmp_path, "kim")
    gate = f"gates: {{signature: {{commit: {{ssh: ['{public}']}}}}}}"
    shop = make_shop(
        tmp_path, RENDERED.replace("{name: prod, promote: auto}", f"{{name: prod, promote: auto, {gate}}}")
    )
    shop.run()
    assert (shop.active("dev"), shop.active("prod")) == (1, None)
    _, plan = see(shop.workspace("promoter"))
    (slot,) = [slot for slot in plan.slots if slot.environment == "prod"]
    reasons = [verdict.reason for verdict in slot.waiting_for if verdict.gate == "signature/commit"]
    assert reasons == [f"{head(shop.repo)[:7]}: it is not signed"]


@dataclass
class Signer:
    """Who signs images."""

    hub: Hub
    folder: Path

    def cosign(self, *arguments: str) -> None:
        env = {"PATH": str(COSIGN.parent), "HOME": str(self.folder), "COSIGN_PASSWORD": ""}
        command = [str(COSIGN), *arguments]
        done = subprocess.run(command, env=env, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def key(self, name: str) -> str:
        """Make a key, and give its public part."""
        self.cosign("generate-key-pair", "--output-key-prefix", name)
        return (self.folder / f"{name}.pub").read_text()

    def sign(self, name: str, reference: str, bundled: bool = False, more: tuple[str, ...] = ()) -> None:
        """Sign in the old form, or as a bundle that refers to the image."""
        how = ["--tlog-upload=false", "--new-bundle-format=false", "--use-signing-config=false"]
        if bundled:
            self.cosign("signing-config", "create", "--out", "signing.json")
            how = ["--signing-config", "signing.json"]
        self.cosign("sign", "--key", f"{name}.key", "--yes", *how, *more, reference)


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signer]:
    assert COSIGN.exists(), "run `make tools`"
    folder = tmp_path_factory.mktemp("signer")
    with registry(folder / "images") as hub:
        made = Signer(hub, folder)
        made.key("kim")
        made.key("other")
        yield made


def images(shop: Shop, references: list[str], **settings: Any) -> Reply:
    """Ask about images, by kim's key, without a transparency log."""
    branch = f"proposed-{len(shop.repo.refs(['refs/heads/']))}"
    made = commit_files(shop.repo, branch, {"shop/app.yaml": manifest("prod", *references)}, "Now")
    wanted = Cosign(**{"key": "keys/kim.pub", "logged": False, **settings})
    return said(shop, Ask("signature", "images", "shop", "prod", 41, "", HEAD, made, wanted))


@pytest.fixture
def keyed(shop: Shop, signer: Signer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shop:
    monkeypatch.setenv("PATH", str(COSIGN.parent), prepend=":")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    shop.commit({"keys/kim.pub": (signer.folder / "kim.pub").read_text(), "keys/bad.pub": "no key"})
    return shop


@pytest.mark.parametrize("bundled", [False, True])
def test_images(keyed: Shop, signer: Signer, bundled: bool) -> None:
    name = f"acme/shop-{bundled}".lower()
    image = f"{signer.hub.host}/{name}"
    digests = {tag: signer.hub.push(name, tag, content=tag) for tag in ("kim", "other", "nobody")}
    for tag in ("kim", "other"):
        signer.sign(tag, f"{image}@{digests[tag]}", bundled)
    well = f"{image}:kim: {digests['kim'][:19]} is signed"
    assert images(keyed, [f"{image}:kim"]) == Reply(Answer.SUCCESS, well)
    assert images(keyed, [f"{image}@{digests['kim']}"]).answer is Answer.SUCCESS
    nobody = images(keyed, [f"{image}:kim", f"{image}:nobody"])
    assert nobody == Reply(Answer.FAILURE, f"{image}:nobody: it is not signed")
    other = images(keyed, [f"{image}:other"])
    assert other == Reply(Answer.FAILURE, f"{image}:other: no signature is by this key")
    gone = images(keyed, [f"{image}:gone"])
    assert gone == Reply(Answer.FAILURE, f"{image}:gone: is not in its registry")
    assert images(keyed, [f"{image}:nobody"], images=("ghcr.io/*",)) == Reply(Answer.SUCCESS, "nothing to be signed")
    assert images(keyed, [f"{image}:nobody"], images=(f"{signer.hub.host}/acme/*",)).answer is Answer.FAILURE


WORKFLOW = "https://github.com/acme/shop/.github/workflows/build.yml@refs/heads/main"
ISSUER = "https://token.actions.githubusercontent.com"


def certificate(key: Any, issuer: Any, authority: bool) -> bytes:
    """Give a certificate of our own authority: for itself, or for a workflow as Fulcio writes it, for an hour."""
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, "tests"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "x")]
    )
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name if authority else x509.Name([]), key.public_key(), 7)
    made = made.not_valid_before(now - timedelta(minutes=5)).not_valid_after(now + timedelta(hours=1))
    no = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False)
    no |= dict.fromkeys(("encipher_only", "decipher_only"), False)
    usage = x509.KeyUsage(digital_signature=not authority, key_cert_sign=authority, crl_sign=authority, **no)
    made = made.add_extension(x509.BasicConstraints(authority, None), critical=True).add_extension(usage, critical=True)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    made = made.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), critical=False)
    if not authority:
        who = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(WORKFLOW)])
        vouched = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1"), ISSUER.encode())
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        made = made.add_extension(who, critical=True).add_extension(vouched, critical=False)
    return made.sign(issuer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def test_images_by_identity(keyed: Shop, signer: Signer) -> None:
    """An authority of our own stands for the public one, which needs the world to sign and to check."""
    ours, theirs = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    private = theirs.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for name, content in (
        ("ca.pem", certificate(ours, ours, True)),
        ("leaf.pem", certificate(theirs, ours, False)),
        ("leaf-key.pem", private),
    ):
        (signer.folder / name).write_bytes(content)
    signer.cosign("import-key-pair", "--key", "leaf-key.pem", "--output-key-prefix", "leaf")
    signer.cosign(
        "trusted-root",
        "create",
        "--fulcio",
        "url=https://fulcio.example,certificate-chain=ca.pem",
        "--out",
        "root.json",
    )
    keyed.commit({"keys/root.json": (signer.folder / "root.json").read_text()})
    digests = {tag: signer.hub.push("acme/known", tag, content=tag) for tag in ("leaf", "kim", "nobody")}
    image = f"{signer.hub.host}/acme/known"
    signer.sign(
        "leaf", f"{image}@{digests['leaf']}", more=("--certificate", "leaf.pem", "--certificate-chain", "ca.pem")
    )
    signer.sign("kim", f"{image}@{digests['kim']}")
    known = {"key": "", "identity": WORKFLOW, "issuer": ISSUER, "trusted_root": "keys/root.json"}
    theirs_is, no_such = "no signature is by this identity", "it is not signed"
    for tag, identity, issuer, words in (
        ("leaf", "https://github.com/acme/*", ISSUER, ""),
        ("leaf", WORKFLOW, ISSUER, ""),
        ("leaf", "*/acme/shop/*@refs/heads/main", ISSUER, ""),
        ("leaf", "https://github.com/acme/", ISSUER, theirs_is),
        ("leaf", "https://github.com/evil/*", ISSUER, theirs_is),
        ("leaf", "https://github.acme/acme/*", ISSUER, theirs_is),
        ("leaf", "https://githubXcom/acme/*", ISSUER, theirs_is),
        ("leaf", "https://github.com/acme/*", "https://issuer.example", theirs_is),
        ("kim", "https://github.com/acme/*", ISSUER, theirs_is),
        ("nobody", "https://github.com/acme/*", ISSUER, no_such),
    ):
        by = {**known, "identity": identity, "issuer": issuer}
        expected = Reply(Answer.FAILURE, f"{image}:{tag}: {words}")
        if not words:
            expected = Reply(Answer.SUCCESS, f"{image}:{tag}: {digests[tag][:19]} is signed")
        assert images(keyed, [f"{image}:{tag}"], **by) == expected
    in_no_log = images(keyed, [f"{image}:leaf"], **known, logged=True)
    assert in_no_log.answer in (Answer.FAILURE, Answer.UNKNOWN)


def test_what_cosign_cannot_find_out(
    keyed: Shop, signer: Signer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    digest = signer.hub.push("acme/unknown", "1")
    image = f"{signer.hub.host}/acme/unknown:1"
    signer.sign("kim", f"{signer.hub.host}/acme/unknown@{digest}")
    for key, words in (
        ("keys/bad.pub", "cosign failed: error during command execution: loading verifier"),
        ("keys/gone.pub", "keys/gone.pub does not exist on main"),
    ):
        made = commit_files(keyed.repo, "bad", {"shop/app.yaml": manifest("prod", image)}, "Now")
        reply = said(keyed, Ask("signature", "images", "shop", "prod", 41, "", HEAD, made, Cosign(key, logged=False)))
        assert reply.answer is Answer.UNKNOWN
        assert words in reply.reason
    assert images(keyed, ["127.0.0.1:1/acme/shop:1"]).answer is Answer.UNKNOWN
    monkeypatch.setenv("PATH", str(tmp_path))
    assert images(keyed, [image]) == Reply(
        Answer.UNKNOWN, f"{image}: there is no cosign here The job that runs promoter installs it."
    )
