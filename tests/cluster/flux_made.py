"""Flux objects around a HelmRelease, at rest and healthy at `NOW`; a test changes the fields that it is about."""

from __future__ import annotations

from typing import Any

from tests.cluster.objects_made import NOW, at, changed, condition, flux

DIGEST = "sha256:" + "a" * 64
OTHER_DIGEST = "sha256:" + "b" * 64
VALUES = "sha256:" + "c" * 64
ORIGIN = "org.opencontainers.image.revision"
SUCCEEDED = condition("Ready", "True", "Succeeded")
RELEASED = condition("Released", "True", "UpgradeSucceeded", "Helm upgrade succeeded for release shop/shop.v4")
RELEASE_READY = condition("Ready", "True", "UpgradeSucceeded", "Helm upgrade succeeded for release shop/shop.v4")


def _made(kind: str, name: str, namespace: str, spec: dict[str, Any], status: dict[str, Any]) -> dict[str, Any]:
    group = "helm.toolkit.fluxcd.io/v2" if kind == "HelmRelease" else "source.toolkit.fluxcd.io/v1"
    return {
        "apiVersion": group,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, "generation": 3},
        "spec": spec,
        "status": {"observedGeneration": 3, "conditions": [SUCCEEDED], **status},
    }


def _changed(made: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return changed(made, {name.replace("__", "."): value for name, value in changes.items()})


def packaged(commit: str, version: str = "6.0.3") -> str:
    """A chart version as `reconcileStrategy: Revision` makes it."""
    return f"{version}+{commit[:12]}"


def helm_chart(**changes: Any) -> dict[str, Any]:
    """The HelmChart of a chart in Git, that names its commit."""
    spec = {
        "chart": "./shop",
        "reconcileStrategy": "Revision",
        "sourceRef": {"kind": "GitRepository", "name": "config"},
        "version": "*",
    }
    status = {
        "artifact": {"revision": packaged(NOW), "lastUpdateTime": at(4)},
        "observedSourceArtifactRevision": flux(NOW),
        "observedChartName": "shop",
    }
    return _changed(_made("HelmChart", "shop-shop", "flux-system", spec, status), changes)


def indexed_chart(**changes: Any) -> dict[str, Any]:
    """The HelmChart of a chart in a HelmRepository."""
    spec = {"chart": "shop", "sourceRef": {"kind": "HelmRepository", "name": "acme"}, "version": "6.x"}
    status = {"artifact": {"revision": "6.0.3", "lastUpdateTime": at(4)}, "observedChartName": "shop"}
    return _changed(_made("HelmChart", "shop-shop", "flux-system", spec, status), changes)


def oci_repository(**changes: Any) -> dict[str, Any]:
    """An OCIRepository whose artifact names its commit."""
    artifact = {"revision": f"6.0.3@{DIGEST}", "lastUpdateTime": at(4), "metadata": {ORIGIN: flux(NOW, "main")}}
    spec = {"url": "oci://ghcr.io/acme/charts/shop", "ref": {"tag": "6.0.3"}}
    return _changed(_made("OCIRepository", "shop", "shop", spec, {"artifact": artifact}), changes)


def external_artifact(**changes: Any) -> dict[str, Any]:
    """An ExternalArtifact whose artifact names its commit."""
    artifact = {"revision": f"latest@{DIGEST}", "lastUpdateTime": at(4), "metadata": {ORIGIN: flux(NOW, "main")}}
    made = _made("ExternalArtifact", "shop", "shop", {"sourceRef": {"kind": "ArtifactGenerator"}}, {})
    made["status"] = {"artifact": artifact, "conditions": [SUCCEEDED]}
    return _changed(made, changes)


def helm_release(**changes: Any) -> dict[str, Any]:
    """A HelmRelease whose chart is `helm_chart()`; `first__` changes the newest entry of its history."""
    template = {
        "chart": "./shop",
        "reconcileStrategy": "Revision",
        "sourceRef": {"kind": "GitRepository", "name": "config", "namespace": "flux-system"},
    }
    released = {
        "name": "shop",
        "namespace": "shop",
        "version": 4,
        "status": "deployed",
        "action": "upgrade",
        "chartName": "shop",
        "chartVersion": packaged(NOW),
        "configDigest": VALUES,
        "lastDeployed": at(5),
    }
    status = {
        "conditions": [RELEASE_READY, RELEASED],
        "helmChart": "flux-system/shop-shop",
        "history": [released],
        "inventory": {"entries": [{"id": "shop_shop_apps_Deployment", "v": "v1"}, {"id": "shop_shop__Service"}]},
        "lastAttemptedConfigDigest": VALUES,
        "lastAttemptedGeneration": 3,
        "lastAttemptedReleaseAction": "upgrade",
        "lastAttemptedRevision": packaged(NOW),
    }
    names = [name.removeprefix("first__") for name in changes if name.startswith("first__")]
    made = _made("HelmRelease", "shop", "shop", {"interval": "5m", "chart": {"spec": template}}, status)
    made["status"]["history"] = [_changed(released, {name: changes.pop(f"first__{name}") for name in names})]
    return _changed(made, changes)


def from_index(version: str = "6.x", released: str = "6.0.3", **changes: Any) -> dict[str, Any]:
    """A HelmRelease whose chart is `indexed_chart()`; its spec asks for `version`."""
    spec = {"chart": "shop", "version": version, "sourceRef": {"kind": "HelmRepository", "name": "acme"}}
    fields = {
        "spec__chart__spec": spec,
        "status__lastAttemptedRevision": released,
        "first__chartVersion": released,
        **changes,
    }
    return helm_release(**fields)


def by_reference(kind: str = "OCIRepository", digest: str = DIGEST, **changes: Any) -> dict[str, Any]:
    """A HelmRelease whose chart is `oci_repository()` or `external_artifact()`."""
    version = f"6.0.3+{digest[7:19]}"
    fields = {
        "spec__chart": None,
        "spec__chartRef": {"kind": kind, "name": "shop"},
        "status__helmChart": None,
        "status__lastAttemptedRevision": version,
        "status__lastAttemptedRevisionDigest": digest,
        "first__chartVersion": version,
        "first__ociDigest": digest,
        **changes,
    }
    return helm_release(**fields)


def legacy_release(**changes: Any) -> dict[str, Any]:
    """A HelmRelease of the Helm Operator, its chart from Git."""
    times = {"lastUpdateTime": at(5), "lastTransitionTime": at(5)}
    kinds = ("ChartFetched", "Deployed", "Released")
    made = {
        "apiVersion": "helm.fluxcd.io/v1",
        "kind": "HelmRelease",
        "metadata": {"name": "shop", "namespace": "shop", "generation": 3},
        "spec": {
            "chart": {"git": "ssh://git@git.example/acme/config", "ref": "environment/dev", "path": "shop"},
            "wait": True,
        },
        "status": {
            "conditions": [{"type": kind, "status": "True", "reason": "Succeeded", **times} for kind in kinds],
            "lastAttemptedRevision": NOW,
            "observedGeneration": 3,
            "phase": "Succeeded",
            "releaseName": "shop",
            "releaseStatus": "deployed",
            "revision": NOW,
        },
    }
    return _changed(made, changes)
