"""`/preview` in comments: on a pull request about that, elsewhere by name; rights are the commenter's."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.comments.attend import Attended, attend
from promoter.model.forge import Permission, Receipt
from tests.repos import commit_files, head
from tests.run.preview.shows import BRANCH, CONFIG, Show, make_show
from tests.run.shops import IMAGE


@pytest.fixture
def show(tmp_path: Path) -> Show:
    """A pull request, 1, changes dev; kim may make previews, and guest may look."""
    show = make_show(tmp_path)
    names = {"kim": Permission.WRITE, "lin": Permission.WRITE, "guest": Permission.READ, "promoter": Permission.WRITE}
    show.forge.set_people(names, {}, show.now)
    changed = show.text("main", "shop/dev/app.yaml").replace("replicas: 2", "replicas: 5")
    assert show.offer({"shop/dev/app.yaml": changed}).number == 1
    return show


def say(show: Show, body: str, user: str = "kim") -> Attended:
    """Comment, and let a run attend to it."""
    show.later()
    show.forge.comment(1, user, body, show.now)
    [one] = attend(show.workspace("promoter"))
    assert not one.answer.trouble
    return one


def reply(show: Show) -> str:
    """Give the last comment."""
    return list(show.forge.comments(1))[-1].body.partition("-->")[2].strip()


def test_one_word_makes_a_preview_of_the_pull_request(show: Show) -> None:
    assert say(show, "/preview").answer.done
    (one,) = show.previews.values()
    assert (one.name, one.pull, one.by, one.source) == ("pr-1", 1, "kim", "dev")
    assert "replicas: 5" in show.files("pr-1")["deployment-shop.yaml"]
    where = "namespace `shop-pr-1`, https://pr-1-shop.dev.example.com"
    assert reply(show).splitlines() == [
        f"Preview `pr-1` of shop at {head(show.repo, 'feature')[:7]}: {where}",
        "- left out: ClusterRoleBinding shop, which does not belong to one namespace alone",
    ]
    assert [said.receipt for said in show.forge.comments(1) if said.user == "kim"] == [Receipt.DONE]


def test_said_again_it_takes_what_was_pushed_since(show: Show) -> None:
    say(show, "/preview")
    assert say(show, "/promoter preview").answer.text.splitlines()[0].endswith("(as it was)")
    text = show.text("feature", "shop/dev/app.yaml").replace("replicas: 5", "replicas: 7")
    commit_files(show.repo, "feature", {"shop/dev/app.yaml": text}, "More", at=show.now)
    assert say(show, f'/preview --image {IMAGE}=1.5.0 --set "Deployment/shop:spec.paused=true"').answer.done is False
    assert "nothing is called Deployment/shop:spec.paused here" in reply(show)
    say(show, f"/preview shop --image {IMAGE}=1.5.0 --from dev --until 4h")
    found = show.files("pr-1")["deployment-shop.yaml"]
    assert ("replicas: 7" in found, f"{IMAGE}:1.5.0" in found) == (True, True)


def test_its_whole_life_in_comments(show: Show) -> None:
    say(show, "/preview")
    for word, told in (("archive", "archived"), ("restore", "restored"), ("delete", "deleted")):
        say(show, f"/preview {word}")
        assert reply(show).startswith(f"Preview `pr-1` of shop: {told}.")
        assert say(show, "/preview list").answer.done
    assert reply(show) == "There are no previews."
    assert show.commits == 4


@pytest.mark.parametrize("verb", ["", " delete", " archive", " update"])
def test_it_takes_the_right_to_it(show: Show, verb: str) -> None:
    say(show, "/preview")
    before = show.repo.refs()[f"refs/heads/{BRANCH}"]
    assert not say(show, f"/preview{verb}", "guest").answer.done
    assert "preview in dev needs write; guest has read" in reply(show)
    assert show.repo.refs()[f"refs/heads/{BRANCH}"] == before


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/preview --set x", "--set what?"),
        ("/preview --from", "--from what?"),
        ("/preview nope", "nope is not an app"),
        ("/preview --from qa", "shop has no environment qa"),
        ("/preview archive --image a=b", "archive takes a preview and its apps, and nothing else"),
        ("/preview --image ghcr.io/acme/nope=1", "nothing of shop uses ghcr.io/acme/nope"),
    ],
)
def test_what_makes_no_sense_is_answered(show: Show, line: str, said: str) -> None:
    assert not say(show, line).answer.done
    assert said in reply(show)
    assert show.commits == 0


def test_what_does_not_render_is_answered_and_not_tried_again(show: Show) -> None:
    commit_files(show.repo, "feature", {"shop/dev/more.yaml": "kind: [\n"}, "Break it", at=show.now)
    assert not say(show, "/preview").answer.done
    assert "more.yaml" in reply(show)
    assert attend(show.workspace("promoter")) == []


def test_a_pull_request_of_promoters_own_is_none_to_preview(tmp_path: Path) -> None:
    show = make_show(tmp_path, CONFIG.replace("{name: prod, promote: auto}", "{name: prod}"))
    show.forge.set_people({"kim": Permission.WRITE, "promoter": Permission.WRITE}, {}, show.now)
    show.release("1.1.0")
    show.run()
    (pull,) = (pull for pull in show.forge.all_pulls() if pull.base_branch == "environment/prod")
    show.forge.comment(pull.number, "kim", "/preview", show.now)
    [one] = attend(show.workspace("promoter"))
    assert "previews are made of main" in one.answer.text
    assert show.commits == 0


def test_without_previews_the_word_belongs_to_another_bot(tmp_path: Path) -> None:
    show = make_show(tmp_path, CONFIG.replace("previews: {}\n", ""))
    show.offer({"x": "y"})
    show.forge.comment(1, "kim", "/preview", show.now)
    assert attend(show.workspace("promoter")) == []
    show.forge.comment(1, "kim", "/promoter preview", show.now)
    [one] = attend(show.workspace("promoter"))
    assert "this repository has no previews" in one.answer.text


def test_help_tells_who_may(show: Show) -> None:
    say(show, "/help", "guest")
    row = next(line for line in reply(show).splitlines() if "/promoter preview" in line)
    assert row.endswith("| no |")
    say(show, "/help")
    row = next(line for line in reply(show).splitlines() if "/promoter preview" in line)
    assert row.endswith("| yes |")
