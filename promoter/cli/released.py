"""A release that was made or adopted, on a terminal and as JSON."""

from __future__ import annotations

from promoter.cli.screen import Screen
from promoter.model.release import Release
from promoter.model.state import stamp
from promoter.plan.report.foreign import plain
from promoter.plan.report.record import image_json


def release_json(app: str, release: Release) -> dict[str, object]:
    """Give `promoter.release/v1`."""
    return {
        "schema": "promoter.release/v1",
        "app": app,
        "release": release.name,
        "version": release.version or None,
        "at": stamp(release.at),
        "by": release.by,
        "commit": release.dry,
        "state": release.state.value,
        "adopted": release.adopted,
        "images": [image_json(image) for image in release.images],
        "environments": sorted(release.content),
        "failures": dict(release.failures),
    }


def show_release(screen: Screen, app: str, release: Release) -> None:
    """Print what was made."""
    version = f" ({plain(release.version)})" if release.version else ""
    where = ", ".join(release.content) or "no environment"
    if release.adopted:
        screen.line(f"{app} {release.name}{version}: adopted where it stands, in {where}")
    else:
        screen.line(f"{app} {release.name}{version}: {release.state}, made for {where} from {release.dry[:7]}")
    screen.table(
        [[("", plain(i.name)), ("", plain(i.old)), ("", f"-> {plain(i.new)}")] for i in release.images], indent=2
    )
    for environment, failure in release.failures.items():
        screen.cells(("fail", f"  {environment}  "), ("", plain(failure, 2000)))
    if not release.failures:
        screen.line("promoter run does the rest", "dim")
