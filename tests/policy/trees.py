"""A dry tree in memory, as `load` reads it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from promoter.errors import ConfigInvalid
from promoter.policy.load import Loaded, load


def dry_tree(files: Mapping[str, str | bytes]) -> tuple[Callable[[str], bytes | None], Callable[[str], Sequence[str]]]:
    data = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    folders: defaultdict[str, set[str]] = defaultdict(set)
    for path in data:
        parts = path.split("/")
        for depth, part in enumerate(parts):
            folders["/".join(parts[:depth])].add(part if depth == len(parts) - 1 else f"{part}/")
    return data.get, lambda folder: sorted(folders[folder]) if folder in folders else []


def load_files(files: Mapping[str, str | bytes], dry: str = "main") -> Loaded:
    read, children = dry_tree(files)
    return load(read, children, dry)


def problems(files: Mapping[str, str | bytes], dry: str = "main") -> list[str]:
    """Everything that is wrong, as people read it; empty when nothing is."""
    try:
        load_files(files, dry)
    except ConfigInvalid as invalid:
        return [str(problem) for problem in invalid.problems]
    return []


def overlays(app: str, *environments: str, under: str = "apps") -> dict[str, str]:
    return {f"{under}/{app}/overlays/{environment}/kustomization.yaml": "" for environment in environments}
