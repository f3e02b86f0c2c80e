"""The test server is a real one, and what the fixture says of it is so."""

from __future__ import annotations

import subprocess

from tests.kube.server import Kube


def test_kubectl_reads_with_a_certificate(kube: Kube) -> None:
    namespace = kube.namespace()
    command = [str(kube.kubectl), f"--kubeconfig={kube.kubeconfig(user='certificate')}", "get", "namespace", namespace]
    done = subprocess.run([*command, "-o=name"], capture_output=True, text=True, check=True)
    assert done.stdout == f"namespace/{namespace}\n"
