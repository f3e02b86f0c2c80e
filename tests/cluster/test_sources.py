from __future__ import annotations

from collections.abc import Iterable

import pytest

from promoter.cluster.sources import source_for
from promoter.errors import EdgeFailed
from promoter.model.verdict import Answer
from promoter.policy.rules import Live
from tests.cluster.objects_made import GONE, LOOKED, NOW, REPOSITORY, content_at, git_repository, kustomization, wanted
from tests.cluster.test_files import documents


def saved(folder: str) -> Iterable[tuple[str, bytes]]:
    return [("all.yaml", documents([kustomization(), git_repository()]))] if folder == "status/dev-1" else []


def answers(live: Live) -> dict[str, tuple[Answer, str]]:
    asked = [wanted(), wanted(cluster="dev-2")]
    found = source_for(live, saved, REPOSITORY).look(asked, content_at, LOOKED)
    assert set(found) == {("shop", "dev", "dev-1"), ("shop", "dev", "dev-2")}
    return {key[2]: (seen.answer, seen.reason) for key, seen in found.items()}


def test_files() -> None:
    found = answers(Live("files", {"path": "status/{cluster}"}))
    assert found["dev-1"][0] is Answer.SUCCESS
    assert found["dev-2"][0] is Answer.UNKNOWN


def test_none_counts_what_was_merged() -> None:
    assert answers(Live("none")) == dict.fromkeys(("dev-1", "dev-2"), (Answer.SUCCESS, "live: none: merged counts"))


@pytest.mark.parametrize("kind", ["commit_status", "deployments"])
def test_what_is_posted_needs_a_forge(kind: str) -> None:
    reason = f"{kind} cannot be read without a forge"
    assert answers(Live(kind, {"name": "{cluster}"})) == dict.fromkeys(("dev-1", "dev-2"), (Answer.UNKNOWN, reason))


def test_files_without_a_folder_is_refused() -> None:
    with pytest.raises(EdgeFailed, match="names no folder"):
        source_for(Live("files"), saved)


def test_repository_is_compared() -> None:
    live = Live("files", {"path": "status/{cluster}"})
    found = source_for(live, saved, "https://git.example/acme/other").look([wanted()], content_at, LOOKED)
    assert found["shop", "dev", "dev-1"].answer is Answer.UNKNOWN


def test_none_says_which_commit() -> None:
    found = source_for(Live("none"), saved).look([wanted(commit=GONE)], content_at, LOOKED)
    assert found["shop", "dev", "dev-1"].revision == GONE != NOW
