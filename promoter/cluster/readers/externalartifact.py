"""Flux ExternalArtifact (source.toolkit.fluxcd.io): its artifact's revision names a digest of the content.

The commit stands in the artifact's metadata where its maker was told to keep it (`originRevision`), and moves on there
alone while the content stays the same. It has neither `suspend` nor an observed generation.
"""

from __future__ import annotations

from typing import ClassVar, Final

from promoter.cluster.fluxartifact import SourceReader, only
from promoter.cluster.objects import GroupKind
from promoter.cluster.reader import Reader


class ExternalArtifactReader(SourceReader):
    """Reads ExternalArtifacts."""

    kinds: ClassVar[frozenset[GroupKind]] = only("ExternalArtifact")


READER: Final[Reader] = ExternalArtifactReader()
