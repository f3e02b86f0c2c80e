"""The policies that come with promoter, for `promoter init --policy NAME` to copy."""

from __future__ import annotations

from pathlib import Path

from promoter.errors import UsageError

_PLACES = (Path(__file__).parents[1] / "presets", Path(__file__).parents[2] / "policies")
"""In an installed package; in a checkout."""


def presets() -> dict[str, bytes]:
    """Give name -> text of every policy that comes with promoter."""
    place = next((folder for folder in _PLACES if folder.is_dir()), None)
    return {} if place is None else {path.stem: path.read_bytes() for path in sorted(place.glob("*.yaml"))}


def policy_files(names: tuple[str, ...]) -> dict[str, bytes]:
    """Give path in the repository -> text for the named policies. Raises UsageError for a name that there is not."""
    known = presets()
    for name in names:
        if name not in known:
            raise UsageError(f"promoter brings no policy {name}", f"It brings {', '.join(known)}.")
    return {f"policies/{name}.yaml": known[name] for name in names}
