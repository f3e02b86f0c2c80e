"""A release that was made or adopted, on a terminal and as JSON."""

from __future__ import annotations

from promoter.cli.screen import Cell, Screen
from promoter.model.release import Release
from promoter.plan.report.foreign import plain
from promoter.plan.report.record import release_json


def made_json(app: str, release: Release) -> dict[str, object]:
    """Give `promoter.release/v1`."""
    environments = sorted(release.content)
    return {"schema": "promoter.release/v1", "app": app, **release_json(release), "environments": environments}


def image_rows(release: Release) -> list[list[Cell]]:
    """Give a row for each image that `release` moves: its name, from what, to what."""
    return [
        [("", plain(image.name)), ("", plain(image.old) or "-"), ("", f"-> {plain(image.new)}")]
        for image in release.images
    ]


def show_release(screen: Screen, app: str, release: Release) -> None:
    """Print what was made."""
    version = f" ({plain(release.version)})" if release.version else ""
    where = ", ".join(release.content) or "no environment"
    if release.adopted:
        screen.line(f"{app} {release.name}{version}: adopted where it stands, in {where}")
    else:
        screen.line(f"{app} {release.name}{version}: {release.state}, made for {where} from {release.dry[:7]}")
    screen.table(image_rows(release), indent=2)
    for environment, failure in release.failures.items():
        screen.cells(("fail", f"  {environment}  "), ("", plain(failure, 2000)))
    if not release.failures:
        screen.line("promoter run does the rest", "dim")
