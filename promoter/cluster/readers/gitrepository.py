"""Flux GitRepository (source.toolkit.fluxcd.io): its artifact's revision names the commit.

A source that follows a tag, a version range or a commit has no later commit of a branch, ever. Not told by the
revision: what `spec.include` brought from other repositories, and the files that `spec.ignore` left out.
"""

from __future__ import annotations

from typing import ClassVar, Final

from promoter.cluster.fluxartifact import SourceReader, only
from promoter.cluster.objects import GroupKind
from promoter.cluster.reader import Reader


class GitRepositoryReader(SourceReader):
    """Reads GitRepositories."""

    kinds: ClassVar[frozenset[GroupKind]] = only("GitRepository")


READER: Final[Reader] = GitRepositoryReader()
