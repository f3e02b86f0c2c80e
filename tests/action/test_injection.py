"""Text of others all the way through the action on a GitHub: nothing of it is obeyed, by anybody.

One world is played for all tests, each of which looks at what became of one kind of text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from promoter.action.event import RELEASE
from tests.action.steps import ROOT, Done
from tests.action.test_on_github import Fleet, in_github
from tests.repos import commit_files, head
from tests.run.shops import IMAGE, manifest

SHELL = "$(touch PWN) `touch PWN`;touch PWN&'\"|${{ github.token }}"
RUNNER = "::error::PWN%0A::add-mask::PWN ##[error]PWN"
MARKDOWN = "<!-- promoter:what --></details><script>PWN</script> @everyone closes #1 [x](javascript:PWN) ```"
CONTROL = "\x1b[31m\x07\u202e"
EVIL = f"{RUNNER} {SHELL} {MARKDOWN} {CONTROL}"
REASON = f"{RUNNER} {SHELL} @everyone closes #1 {CONTROL}".replace('"', "")
BRANCH = "x/$(touch${IFS}PWN);`id`'\"&|<b>::error::PWN@everyone#1".replace(":", "")
SUBJECT = f"{EVIL}\n{RUNNER}\n/merge\n\nPromoter-App: shop\nPromoter-Release: r99\nPromoter-Environment: prod\n"
AUTHOR = f"{RUNNER} {SHELL} @everyone #1"
LINES = "\n".join(["```", "<!-- /promoter:what -->", "@everyone closes #1", RUNNER, "/merge", SHELL])
REFUSED = ("tag", "app", "input")
"""Events that name a release in words that mean nothing."""
OBEYED = re.compile(r"@everyone|(?<!&)#1\b|<script|\x1b|\u202e|\x07|(?m:^\s*/merge)|##\[")
"""What somebody would obey in a text that we wrote."""


@dataclass
class Played:
    """What the jobs said, and what stands on the forge since."""

    fleet: Fleet
    done: dict[str, Done] = field(default_factory=dict)
    person: int = 0
    """The pull request of a person."""

    @property
    def prod(self) -> int:
        """The proposal to production."""
        [number] = self.fleet.open("prod")
        return number

    def body(self, number: int) -> str:
        return self.fleet.server.hub.pulls[number].body

    def replies(self) -> list[str]:
        """Give what we wrote below pull requests."""
        comments = self.fleet.server.hub.comments.values()
        return [one.body for one in comments if one.user not in ("kim", "lin", "guest")]


def said(body: str) -> dict[str, Any]:
    login = {"login": EVIL}
    return {"action": "created", "comment": {"body": body, "user": login}, "sender": login, "issue": {"title": EVIL}}


def dispatched(**words: str) -> dict[str, Any]:
    return {"action": RELEASE, "client_payload": words}


def play(fleet: Fleet) -> Played:
    """Let people write the worst that the forge and Git take, wherever they can."""
    played = Played(fleet)
    shop, hub = fleet.shop, fleet.server.hub
    played.done["push"] = fleet.event("push", {"ref": f"refs/heads/{EVIL}", "head_commit": {"message": EVIL}})
    shop.repo.store.repo.references.create(f"refs/heads/{BRANCH}", head(shop.repo))
    change = (
        manifest("prod", f"{IMAGE}:1.0.0")
        + f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: notes}}\ndata: {{x: {json.dumps(LINES)}}}\n"
    )
    commit_files(shop.repo, BRANCH, {"shop/prod/app.yaml": change}, SUBJECT, (AUTHOR, "kim@example.com"))
    played.person = hub.open(BRANCH, "main", EVIL, EVIL, "kim").number
    here = {"repo": {"full_name": "acme/fleet"}, "ref": BRANCH, "label": EVIL}
    opened = {"action": "opened", "number": played.person, "pull_request": {"base": here, "head": here, "title": EVIL}}
    played.done["pull_request"] = fleet.event("pull_request", opened)
    commit_files(shop.repo, "main", {"shop/prod/app.yaml": change}, SUBJECT, (AUTHOR, "kim@example.com"))
    played.done["commit"] = fleet.event("push", {"ref": "refs/heads/main"})
    fleet.people.comment(played.prod, "kim", f'/promoter hold "{REASON}"')
    fleet.people.comment(played.prod, "kim", f"/promoter hodl {REASON}")
    played.done["comment"] = fleet.event("issue_comment", said("/promoter hold"))
    played.done["tag"] = fleet.try_event("repository_dispatch", dispatched(app="shop", version=EVIL))
    played.done["app"] = fleet.try_event("repository_dispatch", dispatched(app=EVIL, version="1.2.0"))
    played.done["input"] = fleet.try_event("workflow_dispatch", {"inputs": {"app": "shop", "images": f"{EVIL}=1"}})
    return played


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, tools: Path) -> Iterator[Played]:
    with in_github(tmp_path_factory.mktemp("injection"), tools) as fleet:
        yield play(fleet)


def test_no_shell_saw_it(played: Played) -> None:
    places = [played.fleet.work, Path.cwd(), ROOT, ROOT / "action", played.fleet.tools]
    assert not [place for place in places if (place / "PWN").exists()]


@pytest.mark.parametrize("name", ["push", "pull_request", "commit", "comment", *REFUSED])
def test_no_runner_obeys_it(played: Played, name: str) -> None:
    done = played.done[name]
    assert done.log
    commands = re.findall(r"^\s*::(?!error )([^:]*)::", done.log, re.MULTILINE)
    [stopped] = re.findall(r"^::stop-commands::(\w+)$", done.log, re.MULTILINE) or [""]
    assert set(commands) <= {"group", "endgroup", "stop-commands", stopped}
    assert "::error" not in done.log
    assert not re.search(r"##\[|\x1b|\x07|\u202e|\r", done.log)
    assert not OBEYED.search(done.summary)


def test_a_tag_or_words_that_are_none_do_nothing(played: Played) -> None:
    assert [played.done[name].code for name in REFUSED] == [2, 2, 2]
    assert played.fleet.shop.ledger.next == 3
    assert played.fleet.shop.ledger.places.keys() == {"dev", "prod"}


def test_a_commit_message_and_its_author_are_only_shown(played: Played) -> None:
    body = played.body(played.prod)
    assert "PWN" in body
    assert body.count("<!-- promoter:what -->") == body.count("<!-- /promoter:what -->") == 1
    assert not OBEYED.search(body)
    ledger = played.fleet.shop.ledger
    assert set(ledger.releases) == {1, 2}  # r99 is nobody's word


def test_a_file_of_a_manifest_is_only_shown(played: Played) -> None:
    body = played.body(played.prod)
    [start] = [index for index, line in enumerate(body.splitlines()) if "notes" in line][:1]
    assert start
    assert body.count("<details>") == body.count("</details>")


def test_a_title_and_a_branch_of_a_person_are_not_repeated(played: Played) -> None:
    [told] = [body for body in played.replies() if "promoter:explain" in body]
    assert "it changes **prod**" in told
    assert not OBEYED.search(told)


def test_a_reason_is_only_shown(played: Played) -> None:
    hold = played.fleet.shop.ledger.place("prod").hold
    assert hold is not None
    assert "PWN" in hold.reason
    shown = played.body(played.prod)
    assert "PWN" in shown
    assert not OBEYED.search(shown)


def test_what_is_no_command_gets_a_reply_that_repeats_nothing_harmful(played: Played) -> None:
    replies = [body for body in played.replies() if "hold" in body and "promoter:explain" not in body]
    assert replies
    for reply in replies:
        assert not OBEYED.search(reply)
        assert "<!-- promoter:what" not in reply


def test_no_commit_of_ours_carries_it_as_a_trailer(played: Played) -> None:
    store = played.fleet.shop.repo.store
    for branch in ("promoter-ledger/shop", "environment/dev", "environment/prod-next/shop"):
        for commit in store.history(head(played.fleet.shop.repo, branch), [], 50):
            assert not OBEYED.search(commit.message)
            assert "Promoter-Release: r99" not in commit.message
