from __future__ import annotations

from typing import Any

import pytest

from promoter.cluster.readers.externalartifact import READER
from tests.cluster.flux_made import DIGEST, ORIGIN, external_artifact
from tests.cluster.objects_made import LATER, NOW, OLD, at, condition, flux, look


def source(origin: str = flux(NOW, "main"), **changes: Any) -> dict[str, Any]:
    artifact = {"revision": f"latest@{DIGEST}", "metadata": {ORIGIN: origin} if origin else {}}
    return external_artifact(**{"status__artifact": artifact, **changes})


def ready(status: str, generation: int = 3, message: str = "stored") -> dict[str, Any]:
    return condition("Ready", status, "Succeeded", message, observedGeneration=generation)


ROWS = [
    ("has it, without an observed generation", source(), "Healthy", "has main@sha1:22222222"),
    ("the content stayed, the commit moved on", source(flux(LATER, "main")), "Healthy", ""),
    ("behind", source(flux(OLD, "main")), "Pending", "holds other content"),
    ("its maker keeps no origin", source(""), "Unknown", "its metadata names none"),
    (
        "not ready",
        source(status__conditions=[ready("False", message="no such folder")]),
        "Progressing",
        "no such folder",
    ),
    ("ready for the spec before", source(status__conditions=[ready("True", 2)]), "Progressing", "newest spec"),
    ("no artifact", source(status__artifact=None), "Pending", "fetched nothing"),
    ("nothing said", source(status=None), "Pending", "fetched nothing"),
    ("deleting", source(metadata__deletionTimestamp=at(1)), "Unknown", "deleted"),
]


@pytest.mark.parametrize(("obj", "health", "reason"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_row(obj: dict[str, Any], health: str, reason: str) -> None:
    report = READER.read(obj, look())
    assert report.health.value == health
    assert reason in report.reason
    assert READER.sources(obj, look().related) == ()
