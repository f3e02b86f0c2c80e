"""Workloads as their controllers write them, at rest and healthy; a test changes the fields that it is about."""

from __future__ import annotations

from typing import Any

from tests.cluster.objects_made import IMAGE, at, changed, deployment

NEW = "ghcr.io/acme/shop:1.5.0"
TEMPLATE = {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"name": "db", "image": IMAGE}]}}
BY_CANARY = [{"apiVersion": "flagger.app/v1beta1", "kind": "Canary", "name": "shop", "controller": True}]


def by_path(changes: dict[str, Any]) -> dict[str, Any]:
    """Names with `__` for dots, as `changed` wants them."""
    return {name.replace("__", "."): value for name, value in changes.items()}


def stateful_set(**changes: Any) -> dict[str, Any]:
    """A StatefulSet of three pods."""
    made = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "db", "namespace": "shop", "generation": 4},
        "spec": {
            "replicas": 3,
            "template": TEMPLATE,
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        },
        "status": {
            "observedGeneration": 4,
            "replicas": 3,
            "readyReplicas": 3,
            "availableReplicas": 3,
            "currentReplicas": 3,
            "updatedReplicas": 3,
            "currentRevision": "db-7c5d",
            "updateRevision": "db-7c5d",
        },
    }
    return changed(made, by_path(changes))


def daemon_set(**changes: Any) -> dict[str, Any]:
    """A DaemonSet for three nodes."""
    made = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "agent", "namespace": "shop", "generation": 4},
        "spec": {"template": TEMPLATE, "updateStrategy": {"type": "RollingUpdate"}},
        "status": {
            "observedGeneration": 4,
            "desiredNumberScheduled": 3,
            "currentNumberScheduled": 3,
            "updatedNumberScheduled": 3,
            "numberAvailable": 3,
            "numberReady": 3,
            "numberMisscheduled": 0,
        },
    }
    return changed(made, by_path(changes))


def job(**changes: Any) -> dict[str, Any]:
    """A Job that has completed."""
    made = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "migrate", "namespace": "shop", "generation": 1},
        "spec": {"completions": 1, "template": TEMPLATE},
        "status": {
            "startTime": at(4),
            "completionTime": at(5),
            "succeeded": 1,
            "conditions": [{"type": "Complete", "status": "True", "lastTransitionTime": at(5)}],
        },
    }
    return changed(made, by_path(changes))


def primary(image: str = IMAGE, **changes: Any) -> dict[str, Any]:
    """The Deployment that Flagger made of the one called shop, and that serves."""
    pod = {
        "metadata": {"annotations": {"flagger-id": "3f6c"}, "labels": {"app": "shop-primary"}},
        "spec": {
            "containers": [{"name": "shop", "image": image, "envFrom": [{"configMapRef": {"name": "shop-primary"}}]}],
            "nodeSelector": {},
        },
    }
    fields = {"metadata__name": "shop-primary", "metadata__ownerReferences": BY_CANARY, "spec__template": pod}
    return deployment(**{**fields, **changes})


def target(image: str = IMAGE, **changes: Any) -> dict[str, Any]:
    """The Deployment called shop, as a Canary leaves it at rest: without pods."""
    pod = {
        "metadata": {"labels": {"app": "shop"}},
        "spec": {"containers": [{"name": "shop", "image": image, "envFrom": [{"configMapRef": {"name": "shop"}}]}]},
    }
    rest = {"observedGeneration": 7, "conditions": deployment()["status"]["conditions"]}
    return deployment(**{"spec__replicas": 0, "spec__template": pod, "status": rest, **changes})


def canary(**changes: Any) -> dict[str, Any]:
    """A Canary that has promoted what its target holds."""
    made = {
        "apiVersion": "flagger.app/v1beta1",
        "kind": "Canary",
        "metadata": {"name": "shop", "namespace": "shop", "generation": 2},
        "spec": {
            "targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop"},
            "analysis": {"interval": "1m", "threshold": 5, "maxWeight": 50, "stepWeight": 10},
            "service": {"port": 80},
        },
        "status": {
            "phase": "Succeeded",
            "canaryWeight": 0,
            "failedChecks": 0,
            "iterations": 0,
            "lastAppliedSpec": "5978589476",
            "lastPromotedSpec": "5978589476",
            "lastTransitionTime": at(5),
            "conditions": [{"type": "Promoted", "status": "True", "reason": "Succeeded", "lastUpdateTime": at(5)}],
        },
    }
    return changed(made, by_path(changes))


def rollout(**changes: Any) -> dict[str, Any]:
    """An Argo Rollout by canary steps, fully promoted."""
    made = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": "shop", "namespace": "shop", "generation": 8},
        "spec": {"replicas": 3, "strategy": {"canary": {"steps": [{"setWeight": 20}]}}, "template": TEMPLATE},
        "status": {
            "observedGeneration": "8",
            "phase": "Healthy",
            "currentPodHash": "6f8b9c",
            "stableRS": "6f8b9c",
            "replicas": 3,
            "updatedReplicas": 3,
            "readyReplicas": 3,
            "availableReplicas": 3,
            "conditions": [{"type": "Healthy", "status": "True", "lastUpdateTime": at(5), "lastTransitionTime": at(5)}],
        },
    }
    return changed(made, by_path(changes))


def index(**changes: Any) -> dict[str, Any]:
    """An Application of `app.k8s.io` whose two components are ready."""
    made = {
        "apiVersion": "app.k8s.io/v1beta1",
        "kind": "Application",
        "metadata": {"name": "shop", "namespace": "shop", "generation": 2},
        "spec": {
            "selector": {"matchLabels": {"app.kubernetes.io/name": "shop"}},
            "componentKinds": [{"group": "apps", "kind": "Deployment"}, {"group": "", "kind": "Service"}],
            "descriptor": {"type": "shop", "version": "1.4.2"},
        },
        "status": {
            "observedGeneration": 2,
            "components": [
                {"name": "shop", "kind": "Deployment", "group": "apps", "status": "Ready"},
                {"name": "shop", "kind": "Service", "group": "", "status": "Ready"},
            ],
            "componentsReady": "2/2",
            "conditions": [
                {"type": "Ready", "status": "True", "reason": "ComponentsReady", "lastUpdateTime": at(5)},
                {"type": "Error", "status": "False", "reason": "NoError", "lastUpdateTime": at(5)},
            ],
        },
    }
    return changed(made, by_path(changes))
