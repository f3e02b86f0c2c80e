"""The least object of every kind that the delivery tools define, with a status."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

REVISION = "main@sha1:0123456789abcdef0123456789abcdef01234567"
_SHA = REVISION.rpartition(":")[2]
_TIME = "2026-01-05T09:00:00Z"
_READY = {"type": "Ready", "status": "True", "reason": "Succeeded", "message": "done", "lastTransitionTime": _TIME}
_FLUX = {"observedGeneration": 1, "conditions": [_READY]}
_ARTIFACT = {
    "digest": f"sha256:{'a' * 64}",
    "lastUpdateTime": _TIME,
    "path": "gitrepository/shop/shop/a.tar.gz",
    "revision": REVISION,
    "url": "http://source-controller/a.tar.gz",
}
_POD = {"metadata": {"labels": {"app": "shop"}}, "spec": {"containers": [{"name": "shop", "image": "shop:1"}]}}
_SELECTOR = {"matchLabels": {"app": "shop"}}
_FROM = {"kind": "GitRepository", "name": "shop"}
_OFTEN = {"interval": "5m"}
_GIT = "https://git.example/shop.git"
_WITH_ARTIFACT = {**_FLUX, "artifact": _ARTIFACT}

KUSTOMIZE = "kustomize.toolkit.fluxcd.io/v1"
HELM = "helm.toolkit.fluxcd.io/v2"
SOURCE = "source.toolkit.fluxcd.io/v1"
NOTIFICATION = "notification.toolkit.fluxcd.io/v1beta3"
ARGO = "argoproj.io/v1alpha1"


def made(version: str, kind: str, spec: Json, status: Json | None) -> Json:
    """Give an object; its name is `shop`."""
    obj = {"apiVersion": version, "kind": kind, "metadata": {"name": "shop"}, "spec": spec}
    return obj if status is None else {**obj, "status": status}


def delivery() -> list[Json]:
    """Give one of every kind that says something about what is live; alerts have no status in this version."""
    chart = {"spec": {"chart": "shop", "sourceRef": _FROM}}
    destination = {"server": "https://kubernetes.default.svc", "namespace": "shop"}
    argo = {"project": "default", "source": {"repoURL": _GIT, "path": "prod"}, "destination": destination}
    synced = {
        "status": "Synced",
        "revision": _SHA,
        "comparedTo": {"source": argo["source"], "destination": destination},
    }
    metric = {"name": "requests", "interval": "1m", "thresholdRange": {"min": 99}}
    analysis = {"interval": "1m", "threshold": 5, "iterations": 3, "metrics": [metric]}
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop"}
    rollout = {"selector": _SELECTOR, "template": _POD, "strategy": {"canary": {}}}
    web = {"name": "errors", "provider": {"prometheus": {"query": "up"}}}
    source = {"apiVersion": "example.com/v1", "kind": "Maker", "name": "shop"}
    return [
        made(KUSTOMIZE, "Kustomization", {**_OFTEN, "prune": True, "sourceRef": _FROM}, _FLUX),
        made(HELM, "HelmRelease", {**_OFTEN, "chart": chart}, {**_FLUX, "lastAttemptedRevision": "1.0.0"}),
        made("helm.fluxcd.io/v1", "HelmRelease", {"chart": {"git": _GIT, "ref": "main"}}, {"phase": "Succeeded"}),
        made(SOURCE, "GitRepository", {**_OFTEN, "url": _GIT}, _WITH_ARTIFACT),
        made(SOURCE, "OCIRepository", {**_OFTEN, "url": "oci://registry.example/shop"}, _WITH_ARTIFACT),
        made(SOURCE, "HelmChart", {**_OFTEN, "chart": "shop", "sourceRef": _FROM}, _WITH_ARTIFACT),
        made(SOURCE, "HelmRepository", {"url": "https://charts.example"}, _FLUX),
        made(SOURCE, "Bucket", {**_OFTEN, "bucketName": "shop", "endpoint": "s3.example"}, _WITH_ARTIFACT),
        made(SOURCE, "ExternalArtifact", {"sourceRef": source}, {"artifact": _ARTIFACT, "conditions": [_READY]}),
        made(NOTIFICATION, "Alert", {"providerRef": {"name": "git"}, "eventSources": [_FROM]}, None),
        made(NOTIFICATION, "Provider", {"type": "github", "address": _GIT}, None),
        made("notification.toolkit.fluxcd.io/v1", "Receiver", {
            "type": "generic", "secretRef": {"name": "token"}, "resources": [_FROM]
        }, {**_FLUX, "webhookPath": "/hook/a"}),
        made(ARGO, "Application", argo, {"sync": synced, "health": {"status": "Healthy"}}),
        made(ARGO, "AppProject", {"sourceRepos": [_GIT]}, None),
        made(ARGO, "Rollout", rollout, {"phase": "Healthy", "observedGeneration": "1"}),
        made(ARGO, "AnalysisRun", {"metrics": [web]}, {"phase": "Successful"}),
        made("app.k8s.io/v1beta1", "Application", {"selector": _SELECTOR}, {"componentsReady": "1/1"}),
        made("flagger.app/v1beta1", "Canary", {
            "targetRef": target, "service": {"port": 80}, "analysis": analysis
        }, {"phase": "Succeeded", "canaryWeight": 0, "failedChecks": 0, "iterations": 0}),
        made("flagger.app/v1beta1", "MetricTemplate", {
            "provider": {"type": "prometheus", "address": "http://prometheus.example"}, "query": "up"
        }, None),
        made("flagger.app/v1beta1", "AlertProvider", {"type": "slack", "address": "https://chat.example"}, None),
    ]  # fmt: skip


def deployment(generation: int | None = None) -> Json:
    """Give a Deployment that says it observed `generation`."""
    spec = {"replicas": 2, "selector": _SELECTOR, "template": _POD}
    found = made("apps/v1", "Deployment", spec, {"observedGeneration": generation or 1, "replicas": 2})
    if generation is not None:
        found["metadata"] = {**found["metadata"], "generation": generation}
    return found
