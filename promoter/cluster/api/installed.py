"""Which of the kinds that promoter reads a cluster serves."""

from __future__ import annotations

from collections.abc import Mapping

from promoter.cluster.api.connection import STANDARD, Limits, connect
from promoter.cluster.api.deadline import Deadline
from promoter.cluster.api.kinds import KINDS
from promoter.cluster.api.pages import Served
from promoter.cluster.api.target import Target
from promoter.cluster.objects import GroupKind


def installed(context: str, env: Mapping[str, str], limits: Limits = STANDARD) -> frozenset[GroupKind]:
    """Ask the cluster of a kubeconfig context; `env` holds KUBECONFIG. Raises EdgeFailed."""
    deadline = Deadline(limits.cluster)
    served = Served(connect(Target(context=context), env, limits), deadline)
    return frozenset(kind for kind in KINDS if served.resource(kind, deadline) is not None)
