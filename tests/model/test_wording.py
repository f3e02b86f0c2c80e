"""Our sentences in the words of a forge's people; what commits say of themselves stays."""

from __future__ import annotations

import pytest

from promoter.model.wording import PULL, spoken


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("the pull request is a draft", "the merge request is a draft"),
        ("Pull request 7 and pull requests", "Merge request 7 and merge requests"),
        ("Merge pull request #7 from kim/x", "Merge pull request #7 from kim/x"),
        ("spull request, pull-request", "spull request, pull-request"),
        ("", ""),
    ],
)
def test_what_is_said(text: str, said: str) -> None:
    assert spoken(text, "merge request") == said
    assert spoken(text, PULL) == text
