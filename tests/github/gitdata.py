"""The Git database of GitHub's REST API: blobs, trees, and commits, which are signed for apps."""

from __future__ import annotations

import base64
from typing import Any

import pygit2

from promoter.git.signature import with_signature
from promoter.model.forge import Permission
from tests.forge.wire import Refused
from tests.github.content import Content
from tests.github.hub import Hub
from tests.github.people import is_bot

SIGNATURE = b"-----BEGIN PGP SIGNATURE-----\n\nwsFcBAABCAAQBQJn\n=x9Zz\n-----END PGP SIGNATURE-----\n"


def make_blob(hub: Hub, user: str, body: Any) -> dict[str, Any]:
    """Make a blob of base64."""
    _may(hub, user)
    made = hub.content.repo.create_blob(base64.b64decode(body["content"], validate=True))
    return {"sha": str(made), "url": ""}


def make_tree(hub: Hub, user: str, body: Any) -> dict[str, Any]:
    """Make a tree of another with changes. Raises Refused."""
    _may(hub, user)
    repo = hub.content.repo
    index = pygit2.Index()
    if body.get("base_tree") not in repo:
        raise Refused(422, "Validation Failed: base_tree is not a valid tree oid")
    index.read_tree(repo[body["base_tree"]].peel(pygit2.Tree))
    for entry in body["tree"]:
        _enter(hub.content, index, entry)
    return {"sha": str(index.write_tree(repo)), "url": "", "tree": [], "truncated": False}


def _enter(content: Content, index: pygit2.Index, entry: Any) -> None:
    path, sha = entry["path"], entry.get("sha")
    if "content" in entry:
        sha = str(content.repo.create_blob(entry["content"].encode()))
    elif sha is None:
        if path not in index:
            raise Refused(422, f"Validation Failed: {path} is not there")
        index.remove(path)
        return
    elif entry["type"] == "blob" and sha not in content.repo:
        raise Refused(422, f"Validation Failed: {sha} is not a valid blob oid")
    index.add(pygit2.IndexEntry(path, pygit2.Oid(hex=sha), pygit2.enums.FileMode(int(entry["mode"], 8))))


def make_commit(hub: Hub, user: str, body: Any) -> dict[str, Any]:
    """Make a commit under the user's own name, signed when that is an app's. Raises Refused."""
    _may(hub, user)
    repo = hub.content.repo
    for sha in (body["tree"], *body["parents"]):
        if sha not in repo:
            raise Refused(422, f"Validation Failed: {sha} is not there")
    at = hub.tick()
    who = pygit2.Signature(user, f"{user}@users.noreply.github.com", int(at.timestamp()))
    parents: list[str | pygit2.Oid] = [pygit2.Oid(hex=one) for one in body["parents"]]
    # pygit2 calls it a text, and gives bytes
    data: Any = repo.create_commit_string(who, who, body["message"], pygit2.Oid(hex=body["tree"]), parents)
    data = data.encode() if isinstance(data, str) else data
    seal: dict[str, Any] = {"verified": False, "reason": "unsigned", "signature": None, "payload": None}
    signed = data
    if is_bot(user):
        signed = with_signature(data, SIGNATURE)
        seal = {"verified": True, "reason": "valid", "signature": SIGNATURE.decode(), "payload": data.decode()}
    made = repo.write(pygit2.enums.ObjectType.COMMIT, signed)
    stamp = {"name": user, "email": who.email, "date": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    return {
        "sha": str(made),
        "author": stamp,
        "committer": stamp,
        "message": body["message"],
        "tree": {"sha": body["tree"]},
        "parents": [{"sha": one} for one in body["parents"]],
        "verification": {**seal, "verified_at": None},
    }


def _may(hub: Hub, user: str) -> None:
    if not hub.people.may(user, Permission.WRITE):
        raise Refused(403, "Resource not accessible by integration")
