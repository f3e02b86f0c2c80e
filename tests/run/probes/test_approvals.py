from __future__ import annotations

from pathlib import Path

import pytest

from promoter.model.forge import Permission
from tests.run.probes.examined import said
from tests.run.shops import RENDERED, Shop, make_shop


def shop_with(folder: Path, approvals: str) -> Shop:
    config = RENDERED.replace("{name: prod, promote: auto}", f"{{name: prod, gates: {{approvals: {approvals}}}}}")
    shop = make_shop(folder, config)
    people = {"kim": Permission.WRITE, "lin": Permission.READ}
    shop.forge.set_people(people, {"sre": ["kim", "lin"], "bots": ["promoter"]}, shop.now)
    return shop


def asks(rule: str, why: str) -> list[tuple[str, str, str]]:
    return [("problem", "shop prod", f"its gate asks for {rule}, which nobody can give{why}")]


def all_of(rule: str) -> list[tuple[str, str, str]]:
    return [("warning", "shop prod", f"its gate asks for {rule}, which is all that there are: kim, lin")]


@pytest.mark.parametrize(
    ("approvals", "expected"),
    [
        ("1", []),
        ('{count: 1, from: ["team:sre"]}', []),
        ('{count: 2, from: ["team:sre"], authors: true}', []),
        ('{count: 2, from: ["team:sre"]}', all_of("2 from team:sre")),
        ('{count: 2, from: ["user:kim", "user:lin"]}', all_of("2 from user:kim or user:lin")),
        ('{count: 3, from: ["team:sre", "user:kim"]}', asks("3 from team:sre or user:kim", "; there is only kim, lin")),
        ('{count: 1, from: ["team:qa"]}', asks("1 from team:qa", ": nobody is in team qa")),
        ('{count: 1, from: ["user:ada"]}', asks("1 from user:ada", ": ada has no right on the repository")),
        ('{count: 1, from: ["team:bots"]}', asks("1 from team:bots", "")),
        (
            '{count: 1, from: ["team:qa", write]}',
            [("warning", "shop prod", "its gate names people who cannot approve: nobody is in team qa")],
        ),
        (
            '{count: 1, from: ["user:kim", "user:ada"]}',
            [("warning", "shop prod", "its gate names people who cannot approve: ada has no right on the repository")],
        ),
    ],
)
def test_who_can_approve(tmp_path: Path, approvals: str, expected: list[tuple[str, str, str]]) -> None:
    assert said(shop_with(tmp_path, approvals), "approvals") == expected


def test_nothing_is_told_of_teams(tmp_path: Path) -> None:
    config = RENDERED.replace("prod, promote: auto}", 'prod, gates: {approvals: {count: 9, from: ["team:qa"]}}}')
    assert said(make_shop(tmp_path, config), "approvals") == []


def test_code_owners_need_their_file_on_the_branch(tmp_path: Path) -> None:
    shop = shop_with(tmp_path, "{count: 1, from: [codeowners]}")
    assert said(shop, "approvals") == []  # the branch does not exist yet
    shop.release()
    shop.run()
    shop.forge.merge_as(shop.forge.all_pulls()[0].number, "kim", "merge", shop.now)
    assert said(shop, "approvals") == asks("1 from codeowners", ": branch environment/prod has no CODEOWNERS file")
