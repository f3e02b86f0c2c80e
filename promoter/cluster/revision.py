"""The ways in which Flux and Argo CD write a Git revision.

`main@sha1:<40 hex>`, `environment/dev@sha1:...`, `refs/heads/main@sha1:...`, `sha1:...`, a bare id, and Flux' older
`main/<40 hex>` and `HEAD/<40 hex>`. Digests of artifacts (`latest@sha256:<64 hex>`) and symbolic names are no commits.
"""

from __future__ import annotations

import re

from promoter.model.names import Oid

_COMMIT = re.compile(r"(?:^|[@:/])(?:sha1:)?([0-9a-f]{40})$")
_NAMED = re.compile(r"(?P<name>.+?)(?:@(?:sha1:)?|/)[0-9a-f]{40}")
_MENTIONED = re.compile(r"\brevision:? '?([^\s']+)")
_LONG = re.compile(r"(?<![0-9a-f])[0-9a-f]{40,}(?![0-9a-f])")
_HEADS = "refs/heads/"


def git_commit(revision: str) -> Oid | None:
    """Give the commit that a reported revision names, or None when it names none."""
    match = _COMMIT.search(revision)
    return Oid(match.group(1)) if match else None


def branch_name(revision: str) -> str:
    """Give the branch that a Flux revision names; empty when it names none."""
    match = _NAMED.fullmatch(revision)
    name = match.group("name").removeprefix(_HEADS) if match else ""
    return "" if name == "HEAD" else name


def mentioned(message: str) -> str:
    """Give the revision in `Running health checks for revision main@sha1:... with a timeout of 5m0s`, or nothing."""
    match = _MENTIONED.search(message)
    return match.group(1) if match else ""


def brief(revision: str) -> str:
    """Give a revision for people: commits and digests cut to eight digits."""
    return _LONG.sub(lambda match: match.group()[:8], revision)
