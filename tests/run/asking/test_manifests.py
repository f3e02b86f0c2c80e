"""Objects of a real repository, judged by what the branch that people edit says."""

from __future__ import annotations

from pathlib import Path

import pytest

from promoter.model.ask import Ask, Reply
from promoter.model.names import Oid
from promoter.model.verdict import Answer
from promoter.policy.objects.judge import Rules
from promoter.run.asking import find_out
from promoter.run.run import see
from tests.policy.objects.cases import CONFIG, CUSTOM, DEFINITION, DEPLOYMENT
from tests.repos import commit_files
from tests.run.shops import IN_PLACE, RENDERED, Shop, make_shop

RULES = Rules("1.34", ("crds",))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path, files={"crds/shop.yaml": DEFINITION, "crds/README.md": "Ours"})


def ask(shop: Shop, files: dict[str, str], rules: Rules = RULES, folder: str = "shop") -> Reply:
    head = commit_files(shop.repo, "proposed", {f"{folder}/{name}": text for name, text in files.items()}, "Propose")
    one = Ask("manifests", "objects", "shop", "prod", 41, "", Oid("d" * 40), head, rules)
    return find_out(shop.workspace(), shop.look(), [one])[one]


def test_all_objects_are_judged(shop: Shop) -> None:
    files = {"a.yaml": DEPLOYMENT, "b/c.yml": f"{CONFIG}---\n{CUSTOM}", "hydrator.metadata": "{}", "README.md": "x"}
    assert ask(shop, files) == Reply(Answer.SUCCESS, "3 objects")
    broken = {"d.json": '{"apiVersion": "v1", "kind": "Servce", "metadata": {"name": "x"}}'}
    words = "Servce/x: Kubernetes 1.34 has no v1/Servce; did you mean Service?"
    assert ask(shop, broken) == Reply(Answer.FAILURE, words)


def test_the_change_brings_no_definition_of_its_own(shop: Shop) -> None:
    """What is proposed may hold one; it is judged like any other object, and vouches for nothing."""
    other = DEFINITION.replace("Shop", "Cart").replace("shops", "carts")
    files = {"a.yaml": other, "b.yaml": CUSTOM.replace("Shop", "Cart").replace("shops", "carts")}
    words = "Cart/shop: nothing is known of carts.example.com/v1/Cart; keep its definition where schemas points to"
    assert ask(shop, files) == Reply(Answer.UNKNOWN, words)
    shop.commit({"crds/cart.yaml": other})
    assert ask(shop, files) == Reply(Answer.SUCCESS, "2 objects")


UNREADABLE = [
    ({"a.yaml": "a: ["}, RULES, "a.yaml cannot be read"),
    ({"a.yaml": "- 1"}, RULES, "a.yaml holds something that is not a Kubernetes object"),
    ({"README.md": "x"}, RULES, "nothing is proposed for the slot that could be judged"),
    ({"a.yaml": CONFIG}, Rules("1.34", ("gone",)), "gone does not exist on main"),
    (
        {"a.yaml": CONFIG},
        Rules("1.34", ("crds/README.md",)),
        "crds/README.md on main holds no CustomResourceDefinition",
    ),
    ({"a.yaml": CONFIG}, Rules("1.34", ("shop",)), "holds something else than CustomResourceDefinitions"),
]


@pytest.mark.parametrize(("files", "rules", "words"), UNREADABLE)
def test_what_cannot_be_judged_is_unknown(shop: Shop, files: dict[str, str], rules: Rules, words: str) -> None:
    reply = ask(shop, files, rules)
    assert reply.answer is Answer.UNKNOWN
    assert words in reply.reason


def test_one_file_of_definitions(shop: Shop) -> None:
    assert ask(shop, {"a.yaml": CUSTOM}, Rules("1.34", ("crds/shop.yaml",))).answer is Answer.SUCCESS


def test_edited_in_place_what_others_make_is_not_judged(tmp_path: Path) -> None:
    shop = make_shop(tmp_path, IN_PLACE)
    assert ask(shop, {"app.yaml": DEPLOYMENT}, Rules("1.34"), "shop/prod") == Reply(Answer.SUCCESS, "1 object")
    reply = ask(shop, {"kustomization.yaml": "resources: [app.yaml]"}, Rules("1.34"), "shop/prod")
    assert reply.answer is Answer.UNKNOWN
    assert reply.reason.startswith("the manifests are made elsewhere, from kustomization.yaml")


def test_it_decides_a_run(tmp_path: Path) -> None:
    gate = "gates: {manifests: {cel: {few: 'object.spec.replicas < 5'}, registries: [quay.io]}}"
    shop = make_shop(
        tmp_path, RENDERED.replace("{name: prod, promote: auto}", "{name: prod, promote: auto, " + gate + "}")
    )
    shop.run()
    assert (shop.active("dev"), shop.active("prod")) == (1, None)
    _, plan = see(shop.workspace("promoter"))
    (slot,) = [slot for slot in plan.slots if slot.environment == "prod"]
    said = [verdict.reason for verdict in slot.waiting_for if verdict.gate == "manifests/objects"]
    assert said == ["Deployment/shop: ghcr.io/acme/shop is not from quay.io"]
    shop.commit(
        {
            "promoter.yaml": RENDERED.replace(
                "{name: prod, promote: auto}",
                "{name: prod, promote: auto, " + gate.replace("quay", "ghcr").replace("ghcr.io", "ghcr.io/acme") + "}",
            )
        }
    )
    shop.run()
    assert shop.active("prod") == 1
