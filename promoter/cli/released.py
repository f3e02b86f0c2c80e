"""A release that was made or adopted, on a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from promoter.cli.screen import Cell, Screen
from promoter.model.release import ImageChange, Release
from promoter.plan.report.foreign import plain
from promoter.plan.report.record import image_json, release_json
from promoter.run.dry_pull import Offer
from promoter.run.hotfix import hotfix_branch
from promoter.run.release import Edited


def made_json(app: str, release: Release, *, fresh: bool = True) -> dict[str, object]:
    """Give `promoter.release/v1`; `fresh`: it was made just now."""
    environments = sorted(release.content)
    told = {"environments": environments, "changed": fresh}
    return {"schema": "promoter.release/v1", "app": app, **release_json(release), **told}


def hotfix_json(app: str, release: Release, *, in_place: bool) -> dict[str, object]:
    """Give `promoter.release/v1` of a hotfix: with the branch that keeps its commit, where it has one."""
    return {**made_json(app, release), "branch": None if in_place else hotfix_branch(app, release.number)}


def show_hotfix(screen: Screen, app: str, release: Release, held: Sequence[str], dry: str) -> None:
    """Print what was made, what still stops it, and how the fix comes to the branch `dry` (empty: in place)."""
    assert release.hotfix is not None  # noqa: S101 (callers have one)
    where = ", ".join(release.content)
    version = f" ({plain(release.version)})" if release.version else ""
    screen.line(f"{app} {release.name}{version}: hotfix of r{release.hotfix.base} for {where}")
    screen.table(image_rows(release.images), indent=2)
    screen.line("It waits for no environment before; the gates of its own hold. promoter run does the rest", "dim")
    for name in held:
        screen.line(f"{name} is held, and nothing moves there before: promoter resume {app} {name}")
    if dry:
        branch = hotfix_branch(app, release.number)
        screen.line(f"{dry} does not have it: merge {branch} into it, or release a version with the fix", "dim")
    else:
        screen.line("Other environments do not have it: release a version with the fix", "dim")


def offer_json(offer: Offer) -> dict[str, object]:
    """Give `promoter.offer/v1`: a pull request that will be a release once it is merged."""
    return {
        "schema": "promoter.offer/v1",
        "app": offer.app,
        "version": offer.version,
        "images": [image_json(image) for image in offer.images],
        "branch": offer.branch,
        "head": offer.head,
        "pull_request": offer.pull.number,
        "url": offer.pull.url or None,
        "changed": offer.fresh,
    }


def edited_json(edited: Edited) -> dict[str, object]:
    """Give `promoter.edited/v1`: a commit that will be a release once its hydrator has rendered it."""
    return {
        "schema": "promoter.edited/v1",
        "app": edited.app,
        "version": edited.version,
        "images": [image_json(image) for image in edited.images],
        "commit": edited.commit,
    }


def show_edited(screen: Screen, edited: Edited, dry: str) -> None:
    """Print that the commit waits to be rendered elsewhere."""
    screen.line(f"{edited.app} {plain(edited.version)}: committed to {dry} as {edited.commit[:7]}")
    screen.table(image_rows(edited.images), indent=2)
    screen.line("promoter run makes the release once its hydrator has rendered that for all environments", "dim")


def image_rows(images: Sequence[ImageChange]) -> list[list[Cell]]:
    """Give a row for each image that is moved: its name, from what, to what."""
    return [
        [("", plain(image.name)), ("", plain(image.old) or "-"), ("", f"-> {plain(image.new)}")] for image in images
    ]


def show_offer(screen: Screen, offer: Offer, dry: str) -> None:
    """Print that a pull request into the branch `dry` waits, and for whom."""
    state = "is proposed" if offer.fresh else "is proposed already"
    screen.line(f"{offer.app} {plain(offer.version)} {state}: pull request {offer.pull.number} into {dry}")
    screen.table(image_rows(offer.images), indent=2)
    if offer.pull.url:
        screen.line(f"  {plain(offer.pull.url)}")
    screen.line("promoter run makes the release once a person has merged it", "dim")


def show_release(screen: Screen, app: str, release: Release, *, fresh: bool = True) -> None:
    """Print what was made, or that it was made before."""
    version = f" ({plain(release.version)})" if release.version else ""
    where = ", ".join(release.content) or "no environment"
    if release.adopted:
        screen.line(f"{app} {release.name}{version}: adopted where it stands, in {where}")
    elif not fresh:
        screen.line(f"{app} {release.name}{version} was released already, by {plain(release.by)}, for {where}")
    else:
        screen.line(f"{app} {release.name}{version}: {release.state}, made for {where} from {release.dry[:7]}")
    screen.table(image_rows(release.images), indent=2)
    for environment, failure in release.failures.items():
        for line in failure.splitlines():
            screen.cells(("fail", f"  {environment}  "), ("", plain(line, 2000)))
    if not release.failures:
        screen.line("promoter run does the rest", "dim")
