"""Flux OCIRepository (source.toolkit.fluxcd.io): its artifact's revision names a tag and a digest.

The commit stands in the artifact's metadata, where `flux push artifact --revision` writes it; artifacts that other
programs pushed name none.
"""

from __future__ import annotations

from typing import ClassVar, Final

from promoter.cluster.fluxartifact import SourceReader, only
from promoter.cluster.objects import GroupKind
from promoter.cluster.reader import Reader


class OCIRepositoryReader(SourceReader):
    """Reads OCIRepositories."""

    kinds: ClassVar[frozenset[GroupKind]] = only("OCIRepository")


READER: Final[Reader] = OCIRepositoryReader()
