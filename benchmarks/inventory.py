"""Reading every Argo CD Application of a cluster into the inventory, and asking it.

`python -m benchmarks.inventory CONTEXT` reads it once and prints what it found, as JSON: the process that is measured.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.fleet import oid
from benchmarks.measure import Figure, Row, Times, ratio, rounds
from tests.kube.server import Private, private

WORK = "every Argo CD Application of a cluster into the inventory"
ROOT = Path(__file__).parents[1]
DEFINITION = "applications.argoproj.io"
LIST = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications"
NOW = datetime(2026, 3, 6, tzinfo=UTC)
QUESTIONS = {
    "how many of each verdict": "select verdict, count(*) from objects group by verdict",
    "who runs an image": "select object, images from inventory where images like '%/app-7:%'",
    "everything, sorted": "select * from inventory order by object",
}


def application(number: int) -> dict[str, Any]:
    """Give an Application of about 11 KB, as a controller leaves it behind: resources, history, the last operation."""
    app, revision = f"app-{number}", oid("live", number)
    source = {"repoURL": "https://git.example/acme/config.git", "path": f"apps/{app}/prod", "targetRevision": "main"}
    destination = {"server": "https://kubernetes.default.svc", "namespace": app}
    kinds = [("apps", "Deployment"), ("", "Service"), ("", "ConfigMap"), ("networking.k8s.io", "Ingress")]
    resources = [
        {
            "group": group, "kind": kind, "name": f"{app}-part-{part}", "namespace": app, "version": "v1",
            "status": "Synced", "health": {"status": "Healthy"},
        }
        for part in range(5) for group, kind in kinds
    ]  # fmt: skip
    done = [
        {**{key: each[key] for key in ("group", "kind", "name", "namespace", "version", "status")},
         "hookPhase": "Running", "syncPhase": "Sync", "message": f"{each['name']} configured"}
        for each in resources
    ]  # fmt: skip
    history = [
        {"id": turn, "revision": oid(app, turn), "source": source, "deployedAt": f"2026-02-{turn + 1:02d}T09:00:00Z",
         "deployStartedAt": f"2026-02-{turn + 1:02d}T08:59:58Z", "initiatedBy": {"automated": True}}
        for turn in range(10)
    ]  # fmt: skip
    compared = {"source": source, "destination": destination}
    synced = {"revision": revision, "source": source, "resources": done}
    times = {"startedAt": "2026-03-05T09:00:00Z", "finishedAt": "2026-03-05T09:00:04Z"}
    operation = {"operation": {"sync": {"revision": revision}}, "phase": "Succeeded", "syncResult": synced, **times}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": app, "namespace": "argocd", "labels": {"team": f"team-{number % 20}"}},
        "spec": {"project": "default", "source": source, "destination": destination},
        "status": {
            "sync": {"status": "Synced", "revision": revision, "comparedTo": compared},
            "health": {"status": "Degraded" if number % 50 == 0 else "Healthy"},
            "summary": {"images": [f"ghcr.io/acme/{app}:1.{number % 30}.0"]},
            "operationState": {**operation, "message": "successfully synced (all tasks run)"},
            "resources": resources,
            "history": history,
            "reconciledAt": "2026-03-05T09:05:00Z",
            "sourceType": "Kustomize",
        },
    }  # fmt: skip


@contextmanager
def cluster(folder: Path, size: int) -> Iterator[Private]:
    """Give a real API server that holds `size` Applications and nothing else."""
    with private(folder / "kube", DEFINITION) as kube:
        kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "argocd"}})
        with ThreadPoolExecutor(4) as pool:
            for _ in pool.map(lambda number: kube.api("POST", LIST, application(number)), range(size)):
                pass
        yield kube


class Process:
    """A program that is run again and again: the most memory of any run, and what the last one printed."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], output: Path) -> None:
        self._command, self._env, self._output = command, env, output
        self.peak = 0.0
        """MB (10^6 bytes)."""

    def __call__(self, _: int) -> None:
        with self._output.open("wb") as output:
            process = subprocess.Popen(self._command, env=self._env, cwd=ROOT, stdout=output)
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, self._command)
        self.peak = max(self.peak, used.ru_maxrss * 1024 / 1e6)

    def said(self) -> Any:
        """Give what it printed, read as JSON."""
        return json.loads(self._output.read_bytes())


def measure(folder: Path, quick: bool) -> Row:
    """Measure; `quick`: few objects and one round."""
    size, times = (20, 1) if quick else (5_000, 3)
    with cluster(folder, size) as kube:
        config = kube.kubeconfig(folder / "kubeconfig")
        env = {"PATH": os.environ["PATH"], "HOME": str(folder), "KUBECONFIG": str(config)}
        get = [str(kube.kubectl), "get", DEFINITION, "-A", "-o=json"]
        kubectl = Process(get, env, folder / "kubectl.json")
        ours = Process([sys.executable, "-m", "benchmarks.inventory", "admin"], env, folder / "ours.json")
        kubectl(0)  # it keeps what the server serves on disk
        found = rounds({"kubectl": kubectl, "inventory": ours}, times)
        items = kubectl.said()["items"]
        said = ours.said()
    if (said["objects"], len(items)) != (size, size):
        raise AssertionError(f"{said['objects']} and {len(items)} objects of {size} were read {said['trouble']}")
    kb = sum(len(json.dumps(item)) for item in items) / size / 1e3
    asked = [Times(said["asked"][what]).figure(f"question: {what}") for what in QUESTIONS]
    return Row(
        "inventory",
        f"{WORK}: {size:,} of {kb:.0f} KB",
        (
            found["kubectl"].figure("`kubectl get -A -o json`"),
            found["inventory"].figure("inventory, whole process"),
            ratio("inventory / kubectl, time", found["inventory"], found["kubectl"], 1.3, at_least=False),
            Figure("kubectl, peak memory", kubectl.peak, "MB"),
            Figure("inventory, peak memory", ours.peak, "MB"),
            Figure("inventory / kubectl, peak memory", ours.peak / kubectl.peak, "x"),
            *asked,
        ),
        (f"of the inventory's time, reading and sorting in took {said['read'] * 1e3:,.0f} ms; the rest is the start",),
    )


def read(context: str) -> dict[str, object]:
    """Read a cluster into the inventory, and ask it every question ten times; times in seconds."""
    from promoter.run.inventory import inventory_of_clusters
    from promoter.run.inventory_query import ask

    start = time.perf_counter()
    database = inventory_of_clusters([context], NOW)
    done = time.perf_counter() - start
    asked: dict[str, list[float]] = {what: [] for what in QUESTIONS}
    for _ in range(10):
        for what, question in QUESTIONS.items():
            begin = time.perf_counter()
            ask(database, question)
            asked[what].append(time.perf_counter() - begin)
    objects = ask(database, "select count(*) from objects").rows[0][0]
    trouble = ask(database, "select trouble from reads").rows[0][0] or ""
    return {"objects": objects, "trouble": trouble, "read": done, "asked": asked}


if __name__ == "__main__":
    print(json.dumps(read(sys.argv[1])))
