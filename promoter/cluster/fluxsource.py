"""The source behind a Flux object (source.toolkit.fluxcd.io): where it fetches from, and what it has.

A GitRepository's artifact revision names its commit. Artifacts of an OCIRepository or ExternalArtifact name a digest,
and the commit only in their metadata (`org.opencontainers.image.revision`), where whoever pushed them wrote it.
"""

from __future__ import annotations

from dataclasses import dataclass

from promoter.cluster.objects import NO_CONDITION, Key, Object, conditions, dig, flag, group_of, key_of, text
from promoter.cluster.reader import Related
from promoter.cluster.wording import one_line

_GROUP = "source.toolkit.fluxcd.io"
_ORIGIN = "org.opencontainers.image.revision"
_HEADS = "refs/heads/"
_DEFAULT_BRANCH = "master"
"""What source-controller checks out when `spec.ref` is missing."""


@dataclass(frozen=True, slots=True)
class FluxSource:
    """A source as it was read."""

    key: Key
    artifact: str
    """The artifact's revision as reported; empty while there is none."""
    revision: str
    """The revision that names the Git commit: the artifact's, or the one in its metadata; empty when there is none."""
    suspended: bool
    trouble: str
    """Why it fetches nothing new; empty when it is well."""


def flux_source(obj: Object, related: Related) -> FluxSource | None:
    """Give the source that `spec.sourceRef` of `obj` names, or None when that object is not there."""
    found = _referenced(obj, related)
    if found is None:
        return None
    key, source = found
    artifact = text(source, "status", "artifact", "revision")
    origin = text(dig(source, "status", "artifact", "metadata"), _ORIGIN)
    return FluxSource(
        key=key,
        artifact=artifact,
        revision=artifact if key.kind == "GitRepository" else origin,
        suspended=flag(source, "spec", "suspend"),
        trouble=_trouble(source),
    )


def delivered_from(obj: Object, related: Related) -> tuple[str, str] | None:
    """Give the (URL, branch) that `obj` gets its files from by a GitRepository; None when that cannot be known."""
    found = _referenced(obj, related)
    if found is None or found[0].kind != "GitRepository":
        return None
    source = found[1]
    reference = dig(source, "spec", "ref")
    name = text(reference, "name")
    if name:
        branch = name.removeprefix(_HEADS) if name.startswith(_HEADS) else ""
    elif text(reference, "branch"):
        branch = text(reference, "branch")
    else:
        branch = "" if any(text(reference, kind) for kind in ("tag", "semver", "commit")) else _DEFAULT_BRANCH
    return (text(source, "spec", "url"), branch) if branch else None


def _referenced(obj: Object, related: Related) -> tuple[Key, Object] | None:
    reference = dig(obj, "spec", "sourceRef")
    namespace = text(reference, "namespace") or text(obj, "metadata", "namespace")
    group = group_of(text(reference, "apiVersion")) or _GROUP
    key = Key(group, text(reference, "kind"), namespace, text(reference, "name"))
    source = related(key)
    return None if source is None else (key_of(source) or key, source)


def _trouble(source: Object) -> str:
    found = conditions(source)
    for kind in ("Stalled", "FetchFailed"):
        condition = found.get(kind, NO_CONDITION)
        if condition.status == "True":
            return one_line(condition.message) or condition.reason or kind
    return ""
