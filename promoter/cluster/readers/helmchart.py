"""Flux HelmChart (source.toolkit.fluxcd.io): its artifact's revision is a chart version.

`observedSourceArtifactRevision` is written before the chart is packaged, and with `reconcileStrategy: ChartVersion`
(the default) nothing is packaged until `Chart.yaml` has another version: alone it proves no commit. Only the suffix of
the version does, which `reconcileStrategy: Revision` adds.
"""

from __future__ import annotations

from typing import ClassVar, Final

from promoter.cluster.fluxartifact import SourceReader, only
from promoter.cluster.objects import GroupKind
from promoter.cluster.reader import Reader


class HelmChartReader(SourceReader):
    """Reads HelmCharts."""

    kinds: ClassVar[frozenset[GroupKind]] = only("HelmChart")


READER: Final[Reader] = HelmChartReader()
