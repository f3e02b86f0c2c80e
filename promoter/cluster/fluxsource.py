"""The source behind a Flux object (source.toolkit.fluxcd.io): where it fetches from, and what it has.

A GitRepository's artifact revision names its commit. Artifacts of an OCIRepository or ExternalArtifact name a digest,
and the commit only in their metadata (`org.opencontainers.image.revision`), where whoever pushed them wrote it. A
HelmChart's names a version: with `reconcileStrategy: Revision` and a chart from Git it ends in 12 digits of the commit
(`6.0.3+3f786850e387`, before `.<generation>` where there are values files); without, the version may be older than
the chart, whatever revision of its source was seen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from promoter.cluster.health import Health
from promoter.cluster.objects import NO_CONDITION, Key, Object, conditions, dig, flag, group_of, key_of, text
from promoter.cluster.reader import Related, Relation
from promoter.cluster.revision import brief, git_commit
from promoter.cluster.wording import one_line

SOURCES = "source.toolkit.fluxcd.io"
"""The API group of Flux' sources."""

_ORIGIN = "org.opencontainers.image.revision"
_HEADS = "refs/heads/"
_DEFAULT_BRANCH = "master"
"""What source-controller checks out when `spec.ref` is missing."""
_PACKAGED = re.compile(r"\+(?:.*\.)?([0-9a-f]{12})(?:\.[0-9]+)?$")
_TROUBLES = ("Stalled", "FetchFailed", "BuildFailed", "IncludeUnavailable", "StorageOperationFailed")


@dataclass(frozen=True, slots=True)
class FluxSource:
    """A source as it was read."""

    key: Key
    artifact: str
    """The artifact's revision as reported; empty while there is none."""
    revision: str
    """The revision that names the Git commit: the artifact's, the one in its metadata, or that of the chart's source
    when the artifact is proven to be packaged from it; empty when there is none."""
    suspended: bool
    trouble: str
    """Why it fetches nothing new; empty when it is well."""


def flux_source(obj: Object, related: Related) -> FluxSource | None:
    """Give the source that `spec.sourceRef` of `obj` names, or None when that object is not there."""
    found = referenced(dig(obj, "spec", "sourceRef"), text(obj, "metadata", "namespace"), related)
    return None if found is None else source_of(*found)


def source_of(key: Key, source: Object) -> FluxSource:
    """Give what `source`, an object of a source kind, has and how it is."""
    artifact = text(source, "status", "artifact", "revision")
    if key.kind == "GitRepository":
        revision = artifact
    elif key.kind == "HelmChart":
        revision = _packaged_from(artifact, text(source, "status", "observedSourceArtifactRevision"))
    else:
        revision = text(dig(source, "status", "artifact", "metadata"), _ORIGIN)
    return FluxSource(key, artifact, revision, flag(source, "spec", "suspend"), _trouble(source))


def _packaged_from(version: str, observed: str) -> str:
    """Give `observed`, the revision of a chart's source, when the chart's version says that it was packaged there."""
    match, commit = _PACKAGED.search(version), git_commit(observed)
    return observed if match and commit and commit.startswith(match.group(1)) else ""


def delivered_from(obj: Object, related: Related) -> tuple[str, str] | None:
    """Give the (URL, branch) that `obj` gets its files from by a GitRepository; None when that cannot be known."""
    found = referenced(dig(obj, "spec", "sourceRef"), text(obj, "metadata", "namespace"), related)
    return None if found is None else fetched_from(*found)


def fetched_from(key: Key, source: Object) -> tuple[str, str] | None:
    """Give the (URL, branch) of a GitRepository; None for other kinds, and where it follows no branch."""
    if key.kind != "GitRepository":
        return None
    reference = dig(source, "spec", "ref")
    name = text(reference, "name")
    if name:
        branch = name.removeprefix(_HEADS) if name.startswith(_HEADS) else ""
    elif text(reference, "branch"):
        branch = text(reference, "branch")
    else:
        branch = "" if any(text(reference, kind) for kind in ("tag", "semver", "commit")) else _DEFAULT_BRANCH
    return (text(source, "spec", "url"), branch) if branch else None


def referenced(reference: object, namespace: str, related: Related) -> tuple[Key, Object] | None:
    """Give the source that `reference` (apiVersion, kind, name, namespace) names; `namespace` when it has none."""
    key = source_key(reference, namespace)
    source = related(key)
    return None if source is None else (key_of(source) or key, source)


def source_key(reference: object, namespace: str) -> Key:
    """Give the name in `reference`, in `namespace` when it has none."""
    group = group_of(text(reference, "apiVersion")) or SOURCES
    return Key(group, text(reference, "kind"), text(reference, "namespace") or namespace, text(reference, "name"))


def behind(source: FluxSource | None, relation: Relation) -> tuple[Health, str, str] | None:
    """Say that `source` does not have the content that is asked for: (health, reason, revision).

    `relation` is that of its revision. None when it has the content, or is not there to be asked.
    """
    if source is None or relation is Relation.SAME:
        return None
    if source.suspended:
        return Health.SUSPENDED, f"its source {source.key} is suspended and does not have this content", ""
    stuck = f"; it is stuck: {source.trouble}" if source.trouble else ""
    if not source.artifact:
        return Health.PENDING, f"its source {source.key} has fetched nothing yet{stuck}", ""
    if relation is Relation.OTHER:
        reason = f"its source {source.key} has {brief(source.revision)}, which holds other content{stuck}"
        return Health.PENDING, reason, source.revision
    name = source.revision or source.artifact
    return Health.UNKNOWN, f"its source {source.key} has {brief(name)}, which is not a commit known here", name


def _trouble(source: Object) -> str:
    found = conditions(source)
    verified = found.get("SourceVerified", NO_CONDITION)
    troubles = [condition for kind in _TROUBLES if (condition := found.get(kind, NO_CONDITION)).status == "True"]
    if verified.status == "False":
        troubles.append(verified)
    return next((one_line(each.message) or each.reason or "it does not say why" for each in troubles), "")
