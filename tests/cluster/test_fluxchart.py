"""Flux objects beside each other: a HelmRelease in a Kustomization, with the source of its chart, and alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from promoter.cluster.appraise import appraise
from promoter.cluster.judge import judge
from promoter.cluster.owners import Cluster
from promoter.model.snapshot import ClusterLive
from tests.cluster.flux_made import (
    OTHER_DIGEST,
    RELEASE_READY,
    by_reference,
    from_index,
    helm_chart,
    helm_release,
    indexed_chart,
    legacy_release,
    oci_repository,
    packaged,
)
from tests.cluster.objects_made import (
    IMAGE,
    LATER,
    LOOKED,
    NOW,
    OLD,
    READY,
    REPOSITORY,
    SLOT,
    at,
    condition,
    content_at,
    deployment,
    flux,
    git_repository,
    kustomization,
    wanted,
)

Made = dict[str, Any]

HELM = "shop_shop_helm.toolkit.fluxcd.io_HelmRelease"
LEGACY = "shop_shop_helm.fluxcd.io_HelmRelease"
OCI = "shop_shop_source.toolkit.fluxcd.io_OCIRepository"
SELF = "flux-system_shop_kustomize.toolkit.fluxcd.io_Kustomization"
NEWER: Made = {"metadata__generation": 4}
LAX: Made = {"spec__wait": False, "status__conditions": [READY]}
BEGINS = [RELEASE_READY, condition("Reconciling", "True", "Progressing", "Fulfilling prerequisites")]
TIMED_OUT = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
BROKEN = deployment(status__conditions=[TIMED_OUT])
UNWAITED: Made = {"spec__upgrade": {"disableWait": True}}


def applied(*ids: str, **changes: Any) -> Made:
    """A Kustomization that applied `ids`."""
    return kustomization(status__inventory={"entries": [{"id": each, "v": "v1"} for each in ids]}, **changes)


def answer(*objects: Made, **asked: Any) -> ClusterLive:
    return judge(wanted(**asked), Cluster(objects, REPOSITORY), content_at, LOOKED)


def release(**changes: Any) -> Made:
    """A HelmRelease whose chart is not what is asked about."""
    return helm_release(**{"spec__chart__spec__chart": "./charts/shop", **changes})


def operated(**changes: Any) -> Made:
    """A HelmRelease of the Helm Operator whose chart is not what is asked about."""
    return legacy_release(**{"spec__chart__path": "charts/shop", **changes})


RELEASE_FAILED = release(status__conditions=[condition("Ready", "False", "UpgradeFailed", "timeout")])

# A chart version or a value moved in a manifest that a Kustomization applies: the release inside decides.
INSIDE = [
    ("well", [applied(HELM), release(), helm_chart(), deployment()], "success", "found healthy"),
    (
        "new spec not observed",
        [applied(HELM), release(**NEWER), helm_chart()],
        "pending",
        "HelmRelease/shop/shop its",
    ),
    (
        "failed",
        [applied(HELM), RELEASE_FAILED, helm_chart()],
        "failure",
        "HelmRelease/shop/shop UpgradeFailed: timeout",
    ),
    ("suspended", [applied(HELM), release(spec__suspend=True)], "unknown", "HelmRelease/shop/shop is suspended"),
    (
        "range without its chart",
        [applied(HELM), from_index()],
        "unknown",
        "HelmChart/flux-system/shop-shop is not among",
    ),
    ("one version without its chart", [applied(HELM), from_index("6.0.3"), deployment()], "success", ""),
    ("checks again", [applied(HELM), release(status__conditions=BEGINS), helm_chart()], "unknown", "re-checking"),
    ("crashed since", [applied(HELM), release(), helm_chart(), BROKEN], "failure", "did not come up in time"),
    ("unassessed, well", [applied(HELM, **LAX), release(), helm_chart()], "success", "1 workload is healthy"),
    ("unassessed, not there", [applied(HELM, **LAX)], "unknown", "HelmRelease/shop/shop is not among the objects"),
    ("nobody waited, well", [applied(HELM), release(**UNWAITED), helm_chart(), deployment()], "success", ""),
    ("nobody waited, crashed", [applied(HELM), release(**UNWAITED), helm_chart(), BROKEN], "failure", "in time"),
    (
        "nobody waited, not there",
        [applied(HELM), release(**UNWAITED), helm_chart()],
        "unknown",
        "not among the obj",
    ),
    (
        "nobody waited, and it says of nothing",
        [applied(HELM), release(status__inventory=None, **UNWAITED), helm_chart()],
        "unknown",
        "does not say what it applied",
    ),
    (
        "in another cluster",
        [applied(HELM), release(spec__kubeConfig={"secretRef": {}}), helm_chart(), BROKEN],
        "success",
        "",
    ),
    ("digest moved", [applied(HELM, OCI), by_reference(), oci_repository()], "success", ""),
    (
        "digest moved, the release lags",
        [applied(HELM, OCI), by_reference(), oci_repository(status__artifact__revision=f"6.0.4@{OTHER_DIGEST}")],
        "pending",
        "HelmRelease/shop/shop chart 6.0.3+aaaaaaaaaaaa is released, and its source OCIRepository/shop/shop moved on",
    ),
    (
        "tag moved, not fetched",
        [applied(OCI), oci_repository(**NEWER)],
        "pending",
        "OCIRepository/shop/shop its newest",
    ),
    ("operator, well", [applied(LEGACY), operated()], "success", ""),
    # Flux' health checks find nothing wrong with these.
    ("operator, not there", [applied(LEGACY)], "unknown", "HelmRelease/shop/shop is not among the objects"),
    ("operator, rolled back", [applied(LEGACY), operated(status__phase="RolledBack")], "failure", "rolled back"),
    ("operator, nobody waited", [applied(LEGACY), operated(spec__wait=False)], "unknown", "spec.wait"),
    ("applies itself", [applied(SELF, HELM), release(), helm_chart()], "success", ""),
]


@pytest.mark.parametrize(("objects", "expected", "reason"), [row[1:] for row in INSIDE], ids=[row[0] for row in INSIDE])
def test_release_in_a_kustomization(objects: list[Made], expected: str, reason: str) -> None:
    seen = answer(*objects)
    assert seen.answer.value == expected
    assert reason in seen.reason


def test_images_of_a_release_are_those_of_its_workloads() -> None:
    objects = (applied(HELM), release(), helm_chart(), deployment())
    assert answer(*objects).images == (IMAGE,)
    newer = answer(*objects, images=("ghcr.io/acme/shop:1.5.0",))
    assert (newer.answer.value, newer.reason.rpartition(", ")[0]) == (
        "pending",
        f"applied, and found healthy, but {IMAGE} runs",
    )


RELEASED_LATER: Made = {
    "status__lastAttemptedRevision": packaged(LATER),
    "first__chartVersion": packaged(LATER),
    "first__lastDeployed": at(5),
}
CHART_LATER = helm_chart(
    status__artifact={"revision": packaged(LATER)}, status__observedSourceArtifactRevision=flux(LATER)
)

# A slot that is a chart in Git: nothing else delivers it than the release.
OWNER = [
    ("well", [helm_release(), helm_chart(), git_repository()], {}, "success", "released, and found healthy"),
    (
        "behind",
        [helm_release(), helm_chart(), git_repository(status__artifact={"revision": flux(OLD)})],
        {},
        "pending",
        "has environment/dev@sha1:11111111, which holds other content",
    ),
    ("a later commit of it", [helm_release(**RELEASED_LATER), CHART_LATER], {}, "success", ""),
    (
        "a later commit of it, before it came",
        [helm_release(**RELEASED_LATER), CHART_LATER],
        {"since": LOOKED},
        "pending",
        "word",
    ),
    ("operator", [legacy_release()], {}, "success", "released, and found healthy"),
    ("crashed since", [helm_release(), helm_chart(), git_repository(), BROKEN], {}, "failure", "did not come up"),
    ("another chart", [helm_release(spec__chart__spec__chart="./web")], {}, "unknown", "nothing delivers shop"),
    ("two releases", [helm_release(), helm_release(metadata__name="shop-2")], {}, "unknown", "all deliver it"),
]


@pytest.mark.parametrize(
    ("objects", "asked", "expected", "reason"), [row[1:] for row in OWNER], ids=[row[0] for row in OWNER]
)
def test_chart_in_git_is_delivered_by_its_release(objects: list[Made], asked: Made, expected: str, reason: str) -> None:
    seen = answer(*objects, **asked)
    assert seen.answer.value == expected
    assert reason in seen.reason


def test_success_of_a_release_names_the_commit() -> None:
    assert answer(helm_release(), helm_chart(), git_repository()).revision == NOW


INDEX = {
    "apiVersion": "source.toolkit.fluxcd.io/v1",
    "kind": "HelmRepository",
    "metadata": {"name": "acme", "namespace": "shop", "generation": 1},
    "status": {"artifact": {"revision": "sha256:" + "e" * 64}, "observedGeneration": 1},
}
MOVED_ON = git_repository(status__artifact={"revision": flux(LATER)})
BY_VERSION: Made = {"status__lastAttemptedRevision": "6.0.3", "first__chartVersion": "6.0.3"}

# Nobody asks for a slot: what is wanted is what the source has.
ALONE = [
    ("release of an index", [from_index(), indexed_chart()], "Healthy"),
    ("release of an index that is there", [from_index(), indexed_chart(), INDEX], "Healthy"),
    ("release of an index, pinned", [from_index("6.0.3")], "Healthy"),
    ("release of an index, the chart not there", [from_index()], "Unknown"),
    ("release of an index, behind", [from_index(), indexed_chart(status__artifact={"revision": "6.0.4"})], "Pending"),
    ("release of a digest", [by_reference(), oci_repository()], "Healthy"),
    (
        "release of a digest without a commit",
        [by_reference(), oci_repository(status__artifact__metadata={})],
        "Healthy",
    ),
    ("release from Git", [helm_release(), helm_chart(), git_repository()], "Healthy"),
    ("release from Git, the repository not there", [helm_release(), helm_chart()], "Healthy"),
    ("release from Git, behind", [helm_release(), helm_chart(), MOVED_ON], "Pending"),
    (
        "release from Git by version",
        [helm_release(**BY_VERSION), helm_chart(status__artifact={"revision": "6.0.3"}), git_repository()],
        "Healthy",
    ),
    ("release that failed", [RELEASE_FAILED, helm_chart()], "Failed"),
    (
        "release that cannot begin",
        [from_index(status__conditions=[condition("Ready", "False", "ValuesError")])],
        "Failed",
    ),
    ("operator's release", [legacy_release()], "Healthy"),
    (
        "operator's release of an index",
        [legacy_release(status__revision="1.0.0", status__lastAttemptedRevision="1.0.0")],
        "Healthy",
    ),
    ("repository", [git_repository()], "Healthy"),
    ("digest without a commit", [oci_repository(status__artifact__metadata={})], "Healthy"),
    ("chart by version", [helm_chart(status__artifact={"revision": "6.0.3"}), git_repository()], "Healthy"),
    ("chart of an index", [indexed_chart()], "Healthy"),
    ("chart, nothing yet", [indexed_chart(status__artifact=None)], "Pending"),
]


@pytest.mark.parametrize(("objects", "expected"), [row[1:] for row in ALONE], ids=[row[0] for row in ALONE])
def test_judged_by_themselves(objects: list[Made], expected: str) -> None:
    found = appraise([*objects, deployment()], LOOKED, "dev-1")
    first = f"{objects[0]['kind']}/{objects[0]['metadata']['namespace']}/{objects[0]['metadata']['name']}"
    assert {str(each.report.key): each.report.health.value for each in found}[first] == expected


def with_values(environment: str, **changes: Any) -> Made:
    """One of several releases of a chart, each with a values file of its own."""
    files = [f"./shop/values-{environment}.yaml"]
    return helm_release(metadata__name=environment, spec__chart__spec__valuesFiles=files, **changes)


def test_values_file_is_delivered_by_the_release_that_names_it() -> None:
    slot = replace(SLOT, path="shop/values-dev.yaml", in_place=True)
    sources = (helm_chart(), git_repository())
    seen = answer(with_values("dev"), with_values("prod", **NEWER), *sources, slot=slot)
    assert (seen.object, seen.answer.value) == ("HelmRelease/shop/dev", "success")
    shared = answer(helm_release(), with_values("prod"), *sources, slot=slot)
    assert shared.reason == "HelmRelease/shop/prod, HelmRelease/shop/shop all deliver it: name one in the config"
