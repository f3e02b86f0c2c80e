"""Checking signatures: of the dry commit, and of images by cosign. Keys are those of the branch that people edit."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase

from promoter.errors import EdgeFailed, PromoterError
from promoter.git.signer import Keys
from promoter.git.signer import why_not_signed as why_no_commit
from promoter.model.ask import Ask, Reply
from promoter.model.snapshot import Snapshot
from promoter.model.verdict import Answer
from promoter.policy.gates.signature import Commit, Cosign
from promoter.policy.image_name import ImageName
from promoter.registry.cosign import Signers, why_not_signed
from promoter.run.asking.image import Registries, summed
from promoter.run.judged import Judged
from promoter.run.workspace import Workspace


def prepare(ws: Workspace, seen: Snapshot, ask: Ask) -> Callable[[], Reply]:
    """Read the keys and what is signed. Raises EdgeFailed."""
    wanted = ask.settings
    if isinstance(wanted, Commit):
        keys = Keys(wanted.ssh, {path: _file(ws, seen, path) for path in wanted.gpg})
        if not ws.repository.store.has(ask.dry):
            ws.repository.fetch([ask.dry])
        commit = ws.repository.store.commit_bytes(ask.dry)
        return lambda: _commit(commit, keys, ask, ws.path)
    assert isinstance(wanted, Cosign)  # noqa: S101 (the gate's own)
    key, root = (_file(ws, seen, path) if path else b"" for path in (wanted.key, wanted.trusted_root))
    if wanted.key and not key:
        raise EdgeFailed(f"{wanted.key} is empty")
    by = Signers(key, wanted.identity, wanted.issuer, root, wanted.logged)
    images = sorted(image for image in Judged.of(ws, seen, ask).images(wanted.all) if _named(image, wanted))
    registries = Registries(dict(wanted.login), wanted.within.total_seconds())
    return lambda: summed({image: _image(registries, image, by, ws.path) for image in images}, "nothing to be signed")


def _file(ws: Workspace, seen: Snapshot, path: str) -> bytes:
    store = ws.repository.store
    found = store.read(store.commit(seen.commit).tree, path)
    if found is None:
        raise EdgeFailed(f"{path} does not exist on {ws.branch}", "gates.signature names it")
    return found


def _named(image: ImageName, wanted: Cosign) -> bool:
    return not wanted.images or any(fnmatchcase(image.name, pattern) for pattern in wanted.images)


def _commit(commit: bytes, keys: Keys, ask: Ask, path: str | None) -> Reply:
    reason = why_no_commit(commit, keys, path)
    if reason:
        return Reply(Answer.FAILURE, f"{ask.dry[:7]}: {reason}")
    return Reply(Answer.SUCCESS, f"{ask.dry[:7]} is signed")


def _image(registries: Registries, image: ImageName, by: Signers, path: str | None) -> Reply:
    try:
        registry = registries.of(image)
        manifest = registry.manifest(image)
        if manifest is None:
            return Reply(Answer.FAILURE, "is not in its registry")
        reason = why_not_signed(image, manifest.digest, by, registry.login, registries.left, path)
    except PromoterError as error:
        return Reply(Answer.UNKNOWN, " ".join(str(error).split()))
    return Reply(Answer.FAILURE, reason) if reason else Reply(Answer.SUCCESS, f"{manifest.digest[:19]} is signed")
