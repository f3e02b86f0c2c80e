"""Images in a real registry, asked for real."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from promoter.model.ask import Ask, Reply
from promoter.model.names import Oid
from promoter.model.verdict import Answer
from promoter.policy.gates.image import Account, Wanted
from promoter.run.asking import find_out
from promoter.run.run import see
from tests.registry.server import Hub, registry
from tests.repos import commit_files
from tests.run.shops import IN_PLACE, RENDERED, Shop, make_shop, manifest
from tests.web import say, serving

DRY = Oid("d" * 40)
NOBODY = "127.0.0.1:1"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with registry(tmp_path_factory.mktemp("registry")) as found:
        yield found


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    return make_shop(tmp_path)


def ask(shop: Shop, images: list[str], before: list[str] | None = None, **settings: Any) -> Reply:
    """Ask about a commit whose slot runs `images`, on top of one that runs `before`."""
    branch = f"proposed-{len(shop.repo.refs(['refs/heads/']))}"
    if before is not None:
        commit_files(shop.repo, branch, {"shop/app.yaml": manifest("prod", *before)}, "Before")
    head = commit_files(shop.repo, branch, {"shop/app.yaml": manifest("prod", *images)}, "Now")
    one = Ask("image", "registry", "shop", "prod", 41, "", DRY, head, Wanted(**settings))
    return find_out(shop.workspace(), shop.look(), [one])[one]


def test_it_is_there(shop: Shop, hub: Hub) -> None:
    digest = hub.push("acme/shop", "1.0", content="there")
    image = f"{hub.host}/acme/shop"
    for reference in (f"{image}:1.0", f"{image}@{digest}", f"{image}:1.0@{digest}"):
        assert ask(shop, [reference]) == Reply(Answer.SUCCESS, f"{reference}: {digest[:19]}")
    recorded = ((f"{image}", "1.0", digest), (f"{image}", "2.0", "sha256:x"))
    assert ask(shop, [f"{image}:1.0"], recorded=recorded).answer is Answer.SUCCESS


def test_it_is_not_there(shop: Shop, hub: Hub) -> None:
    digest = hub.push("acme/shop", "1.0", content="there")
    gone = f"sha256:{'0' * 64}"
    image = f"{hub.host}/acme/shop"
    for reference, words in (
        (f"{image}:9.9", "is not in its registry"),
        (f"{hub.host}/acme/other:1.0", "is not in its registry"),
        (f"{image}@{gone}", "is not in its registry"),
        (f"{image}:9.9@{digest}", "the registry has no tag 9.9"),
        (image, "is not in its registry"),  # latest
    ):
        shown = f"{reference}:latest" if reference == image else reference
        assert ask(shop, [reference]) == Reply(Answer.FAILURE, f"{shown}: {words}")


def test_the_tag_was_moved(shop: Shop, hub: Hub) -> None:
    old = hub.push("acme/moved", "1.0", content="old")
    new = hub.push("acme/moved", "1.0", content="new")
    image = f"{hub.host}/acme/moved"
    words = f"1.0 is {new} now; it was {old}"
    assert ask(shop, [f"{image}:1.0@{old}"]) == Reply(Answer.FAILURE, f"{image}:1.0@{old}: {words}")
    recorded = ((image, "1.0", old),)
    assert ask(shop, [f"{image}:1.0"], recorded=recorded) == Reply(Answer.FAILURE, f"{image}:1.0: {words}")
    assert ask(shop, [f"{image}@{old}"]).answer is Answer.SUCCESS


@pytest.mark.parametrize(
    ("made", "wanted", "answer", "words"),
    [
        (["linux/amd64", "linux/arm64/v8"], ["linux/amd64", "linux/arm64"], "success", ""),
        (["linux/amd64", "linux/arm64/v8"], ["linux/arm64/v8"], "success", ""),
        (["linux/amd64", "linux/arm/v7"], ["linux/arm64"], "failure",
         "linux/arm64, only for linux/amd64, linux/arm/v7"),
        (["linux/amd64"], ["linux/amd64", "linux/arm64", "linux/s390x"], "failure",
         "linux/arm64, linux/s390x, only for linux/amd64"),
        ("linux/amd64", ["linux/amd64"], "success", ""),
        ("linux/amd64", ["linux/arm64"], "failure", "linux/arm64, only for linux/amd64"),
        ("linux/arm64/v8", ["linux/arm64"], "success", ""),
        ("linux/amd64", ["linux/amd"], "failure", "linux/amd, only for linux/amd64"),
    ],
)  # fmt: skip
def test_platforms(shop: Shop, hub: Hub, made: Any, wanted: list[str], answer: str, words: str) -> None:
    name = "acme/made"
    digest = hub.push(name, "3", made) if isinstance(made, str) else hub.push_index(name, "3", made)
    reply = ask(shop, [f"{hub.host}/{name}:3"], platforms=tuple(wanted))
    reason = f"is not made for {words}" if words else digest[:19]
    assert reply == Reply(Answer(answer), f"{hub.host}/{name}:3: {reason}")


def test_one_that_is_missing_is_worse_than_one_that_is_not_known(shop: Shop, hub: Hub) -> None:
    hub.push("acme/shop", "1.0")
    well, gone, unknown = f"{hub.host}/acme/shop:1.0", f"{hub.host}/acme/shop:7", f"{NOBODY}/acme/shop:1.0"
    assert ask(shop, [well, unknown]) == Reply(
        Answer.UNKNOWN, f"{unknown}: {NOBODY} cannot be asked: Connection refused"
    )
    assert ask(shop, [well, unknown, gone]) == Reply(Answer.FAILURE, f"{gone}: is not in its registry")
    several = [f"{hub.host}/acme/shop:{tag}" for tag in "56789"]
    said = "; ".join(f"{image}: is not in its registry" for image in several[:3])
    assert ask(shop, several) == Reply(Answer.FAILURE, f"{said}; and 2 more")


def test_what_stood_there_before(shop: Shop, hub: Hub) -> None:
    hub.push("acme/shop", "1.0")
    old, new = f"{NOBODY}/theirs:1", f"{hub.host}/acme/shop:1.0"
    assert ask(shop, [old, new], before=[old]).answer is Answer.SUCCESS
    assert ask(shop, [old, new], before=[old], all=True).answer is Answer.UNKNOWN
    assert ask(shop, [old], before=[old, new]) == Reply(Answer.SUCCESS, "the proposal brings no image")
    assert ask(shop, [f"{old}2"], before=[old]).answer is Answer.UNKNOWN


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("Not An Image", "'Not An Image' is no image reference"),
        ("x:1 \n", "'x:1 \\n' is no image reference"),
        ("localhost:1/x@md5:0", "'localhost:1/x@md5:0' is no image reference"),
    ],
)
def test_what_is_no_image(shop: Shop, image: str, words: str) -> None:
    text = json.dumps(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {"containers": [{"image": image}]}}
    )
    head = commit_files(shop.repo, "proposed", {"shop/pod.json": text}, "Now")
    one = Ask("image", "registry", "shop", "prod", 41, "", DRY, head, Wanted())
    assert find_out(shop.workspace(), shop.look(), [one])[one] == Reply(Answer.UNKNOWN, words)


def test_a_file_that_cannot_be_read_is_unknown(shop: Shop) -> None:
    head = commit_files(shop.repo, "proposed", {"shop/a.yaml": "a: [", "shop/b.yaml": manifest("prod")}, "Now")
    one = Ask("image", "registry", "shop", "prod", 41, "", DRY, head, Wanted())
    assert find_out(shop.workspace(), shop.look(), [one])[one].answer is Answer.UNKNOWN


STATUSES = [
    (401, "unknown", "does not let us read this (answers 401)"),
    (403, "unknown", "does not let us read this (answers 403)"),
    (429, "unknown", "has had too many questions (answers 429)"),
    (500, "unknown", "answers 500"),
    (503, "unknown", "answers 503"),
    (204, "unknown", "answers 204"),
    (404, "failure", "is not in its registry"),
]


@pytest.mark.parametrize(("status", "answer", "words"), STATUSES)
def test_what_a_registry_answers(shop: Shop, status: int, answer: str, words: str) -> None:
    with serving() as site:
        site.answer = lambda handler: say(handler, b"{}", status, WWW_Authenticate="Basic realm=x")
        reply = ask(shop, [f"{site.host}/acme/shop:1"])
    assert reply.answer is Answer(answer)
    assert words in reply.reason


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"Location": "http://10.0.0.1/x"}, "sends us where nothing is safe"),
        ({"Location": "ftp://127.0.0.1/x"}, "sends us where nothing is safe"),
        ({}, "sends us where nothing is safe"),
    ],
)
def test_redirects(shop: Shop, headers: dict[str, str], words: str) -> None:
    with serving() as site:
        site.answer = lambda handler: say(handler, b"{}", 307, **headers)
        assert words in ask(shop, [f"{site.host}/acme/shop:1"]).reason
        assert len(site.asked) == 1


def test_other_bytes_than_the_digest_says(shop: Shop) -> None:
    with serving() as site:
        reply = ask(shop, [f"{site.host}/acme/shop@sha256:{'1' * 64}"])
    assert reply.answer is Answer.UNKNOWN
    assert "gives other bytes than sha256:111111111111 says" in reply.reason


def test_no_time(shop: Shop) -> None:
    with serving() as site:
        site.answer = lambda handler: time.sleep(1)
        reply = ask(shop, [f"{site.host}/acme/shop:1"], within=timedelta(milliseconds=200))
    assert reply.answer is Answer.UNKNOWN
    assert "does not answer within 0.2" in reply.reason


HTPASSWD = "bot:$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW\n"
"""For the password `secret`."""
BASIC = "Basic Ym90OnNlY3JldA=="


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Hub]:
    (tmp_path / "htpasswd").write_text(HTPASSWD)
    with registry(tmp_path / "locked", auth={"htpasswd": {"realm": "x", "path": str(tmp_path / "htpasswd")}}) as found:
        found.headers["Authorization"] = BASIC
        found.push("acme/shop", "1.0")
        yield found


def test_logins(shop: Shop, locked: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = f"{locked.host}/acme/shop:1.0"
    hint = "login in promoter.yaml, or Docker's config.json"
    refused = f"{image}: {locked.host} does not let us read this (answers 401)"
    assert ask(shop, [image]) == Reply(Answer.UNKNOWN, f"{refused} nothing is known to log in with: {hint}")
    login = ((locked.host, Account("bot", "PROMOTER_TEST_PASSWORD")),)
    missing = "the variable PROMOTER_TEST_PASSWORD is not set Give it to the job that runs promoter."
    assert ask(shop, [image], login=login) == Reply(Answer.UNKNOWN, f"{image}: {missing}")
    monkeypatch.setenv("PROMOTER_TEST_PASSWORD", "s3cret")
    assert ask(shop, [image], login=login) == Reply(Answer.UNKNOWN, f"{refused} this login may not read it: {hint}")
    monkeypatch.setenv("PROMOTER_TEST_PASSWORD", "secret")
    assert ask(shop, [image], login=login).answer is Answer.SUCCESS
    docker = tmp_path / "docker" / "config.json"
    docker.parent.mkdir()
    docker.write_text(json.dumps({"auths": {locked.host: {"auth": BASIC.removeprefix("Basic ")}}}))
    assert ask(shop, [image]).answer is Answer.SUCCESS
    docker.write_text(json.dumps({"credHelpers": {locked.host: "pass"}}))
    assert "leaves " + locked.host + " to a program" in ask(shop, [image]).reason
    docker.write_text("{")
    assert ask(shop, [image]).answer is Answer.UNKNOWN


def test_it_decides_a_run(tmp_path: Path, hub: Hub) -> None:
    """What prod does not run yet is asked for, whichever release brought it."""
    config = RENDERED.replace("{name: prod, promote: auto}", "{name: prod, promote: auto, gates: {image: true}}")
    image = f"{hub.host}/acme/decided"
    files = {f"shop/{name}/app.yaml": manifest(name, f"{image}:1.0") for name in ("dev", "prod")}
    shop = make_shop(tmp_path, config, files)
    shop.run()
    assert (shop.active("dev"), shop.active("prod")) == (1, None)
    _, plan = see(shop.workspace("promoter"))
    (slot,) = [slot for slot in plan.slots if slot.environment == "prod"]
    said = [verdict.reason for verdict in slot.waiting_for if verdict.gate == "image/registry"]
    assert said == [f"{image}:1.0: is not in its registry"]
    hub.push("acme/decided", "1.0")
    shop.run()
    assert shop.active("prod") == 1


def test_edited_in_place(tmp_path: Path, hub: Hub) -> None:
    hub.push("acme/placed", "2.0")
    image = f"{hub.host}/acme/placed"
    config = IN_PLACE.replace('images: ["ghcr.io/acme/shop"]', f'images: ["{image}"]')
    shop = make_shop(
        tmp_path, config, {f"shop/{name}/app.yaml": manifest(name, f"{image}:1.0") for name in ("dev", "prod")}
    )
    for tag, answer in (("2.0", Answer.SUCCESS), ("3.0", Answer.FAILURE)):
        head = commit_files(shop.repo, "proposed", {"shop/prod/app.yaml": manifest("prod", f"{image}:{tag}")}, "Now")
        one = Ask("image", "registry", "shop", "prod", 41, "", DRY, head, Wanted())
        assert find_out(shop.workspace(), shop.look(), [one])[one].answer is answer
