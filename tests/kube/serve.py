"""`python -m tests.kube.serve COMMAND ...`: run a command beside a Kubernetes API of its own; give its exit code.

KUBECONFIG names it, with the context `admin`. The server has all definitions, and ends with the command.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.kube.server import private


def serve(command: Sequence[str]) -> int:
    """Run `command`."""
    with tempfile.TemporaryDirectory(prefix="promoter-kube-") as folder, private(Path(folder) / "kube") as kube:
        environment = {**os.environ, "KUBECONFIG": str(kube.kubeconfig())}
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(serve(sys.argv[1:]))
