"""The kinds that a look may read: what delivers, what that comes from, and what it runs.

Nothing else is asked for to judge, so the role that `promoter rbac` prints is all that is needed; no Secret and no
ConfigMap is in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from promoter.cluster.objects import GroupKind, Object, dig, group_of, text


class Role(StrEnum):
    """What a kind is for."""

    OWNER = "owner"
    """Delivers from Git."""
    SOURCE = "source"
    """Where an owner fetches from."""
    WORKLOAD = "workload"
    """What an owner applied, and what has a health."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind, and how the API calls it."""

    group: str
    kind: str
    plural: str
    role: Role

    @property
    def group_kind(self) -> GroupKind:
        """The pair that readers are found by."""
        return (self.group, self.kind)

    @property
    def resource(self) -> str:
        """The name with its group, `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


_FLUX_SOURCE = "source.toolkit.fluxcd.io"
_TABLE = (
    Kind("kustomize.toolkit.fluxcd.io", "Kustomization", "kustomizations", Role.OWNER),
    Kind("helm.toolkit.fluxcd.io", "HelmRelease", "helmreleases", Role.OWNER),
    Kind("helm.fluxcd.io", "HelmRelease", "helmreleases", Role.OWNER),
    Kind("argoproj.io", "Application", "applications", Role.OWNER),
    Kind(_FLUX_SOURCE, "GitRepository", "gitrepositories", Role.SOURCE),
    Kind(_FLUX_SOURCE, "OCIRepository", "ocirepositories", Role.SOURCE),
    Kind(_FLUX_SOURCE, "HelmChart", "helmcharts", Role.SOURCE),
    Kind(_FLUX_SOURCE, "HelmRepository", "helmrepositories", Role.SOURCE),
    Kind(_FLUX_SOURCE, "Bucket", "buckets", Role.SOURCE),
    Kind(_FLUX_SOURCE, "ExternalArtifact", "externalartifacts", Role.SOURCE),
    Kind("source.extensions.fluxcd.io", "ArtifactGenerator", "artifactgenerators", Role.SOURCE),
    Kind("app.k8s.io", "Application", "applications", Role.WORKLOAD),
    Kind("flagger.app", "Canary", "canaries", Role.WORKLOAD),
    Kind("argoproj.io", "Rollout", "rollouts", Role.WORKLOAD),
    Kind("apps", "Deployment", "deployments", Role.WORKLOAD),
    Kind("apps", "StatefulSet", "statefulsets", Role.WORKLOAD),
    Kind("apps", "DaemonSet", "daemonsets", Role.WORKLOAD),
    Kind("apps", "ReplicaSet", "replicasets", Role.WORKLOAD),
    Kind("batch", "Job", "jobs", Role.WORKLOAD),
    Kind("batch", "CronJob", "cronjobs", Role.WORKLOAD),
    Kind("", "Pod", "pods", Role.WORKLOAD),
    Kind("", "ReplicationController", "replicationcontrollers", Role.WORKLOAD),
)
KINDS: Final = MappingProxyType({kind.group_kind: kind for kind in _TABLE})
"""(group, kind) -> what is known of it."""

_REFERENCES = (("spec", "sourceRef"), ("spec", "chartRef"), ("spec", "chart", "spec", "sourceRef"))


def of_role(*roles: Role) -> frozenset[GroupKind]:
    """Give the kinds that have one of `roles`."""
    return frozenset(key for key, kind in KINDS.items() if kind.role in roles)


def owners(named: frozenset[str] = frozenset()) -> frozenset[GroupKind]:
    """Give the kinds that may deliver; with `named`, the kinds of that name among them (`Kustomization`)."""
    return frozenset(key for key in of_role(Role.OWNER) if not named or key[1] in named)


def referenced(obj: Object) -> frozenset[GroupKind]:
    """Give the kinds of the Flux sources that `obj` names."""
    found = ((dig(obj, *path)) for path in _REFERENCES)
    keys = {(group_of(text(entry, "apiVersion")) or _FLUX_SOURCE, text(entry, "kind")) for entry in found}
    return frozenset(keys) & of_role(Role.SOURCE)
