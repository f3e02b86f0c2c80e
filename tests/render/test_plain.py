from __future__ import annotations

from pathlib import Path

import pytest

from promoter.errors import RenderFailed
from promoter.render.port import SETTINGS
from tests.render.commits import Commit, commit, fixture, link, render, request

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: %s}\n"


@pytest.fixture
def shop(tmp_path: Path) -> Commit:
    return fixture(tmp_path, "rendered-plain")


def test_a_patch_changes_its_value_and_nothing_else(shop: Commit) -> None:
    result = render(shop, request("apps/shop/prod", environment="prod"))
    before = (shop.read("apps/shop/base/deployment.yaml") or b"").decode()
    after = result.files["deployment-shop.yaml"].decode()
    changed = [
        (old, new)
        for old, new in zip(before.splitlines(), after.splitlines(), strict=True)
        if old.strip() != new.strip()
    ]
    assert changed == [("  replicas: 1", "  replicas: 4")]
    assert result.files["service-shop.yaml"] == shop.read("apps/shop/base/service.yaml")
    assert result.files["poddisruptionbudget-shop.yaml"] == shop.read("apps/shop/prod/budget.yaml")
    assert list(result.inputs) == ["apps/shop/base", "apps/shop/prod", SETTINGS]
    assert result.tools == {}


def test_it_needs_no_program(shop: Commit) -> None:
    wish = request("apps/shop/dev")
    assert b"ghcr.io/acme/shop:1.5.0" in render(shop, wish).files["deployment-shop.yaml"]


def test_a_folder_is_taken_as_it_is_without_what_is_rendered_by_itself(tmp_path: Path) -> None:
    source = commit(
        tmp_path,
        {
            "app/a.yaml": SERVICE % "a" + "---\n" + SERVICE % "b",
            "app/more/c.json": '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "c"}}',
            "app/README.md": "no manifest",
            "app/.hidden/d.yaml": "no: manifest",
            "app/overlays/dev/render.yaml": "base: ../..\n",
            "app/overlays/dev/e.yaml": SERVICE % "e",
        },
    )
    result = render(source, request("app"))
    assert list(result.files) == ["service-a.yaml", "service-b.yaml", "service-c.yaml"]
    assert result.files["service-c.yaml"].startswith(b'{"apiVersion"')
    over = render(source, request("app/overlays/dev"))
    assert list(over.files) == ["service-a.yaml", "service-b.yaml", "service-c.yaml", "service-e.yaml"]


def test_one_file_is_rendered_too(shop: Commit) -> None:
    result = render(shop, request("apps/shop/base/service.yaml"))
    assert list(result.files) == ["service-shop.yaml"]
    assert list(result.inputs) == ["apps/shop/base/service.yaml", SETTINGS]


def test_all_in_one_file_on_request(shop: Commit) -> None:
    result = render(shop, request("apps/shop/base", settings={"single": "true"}))
    assert list(result.files) == ["manifests.yaml"]


def test_bases_are_patched_layer_by_layer(tmp_path: Path) -> None:
    patch = "patches: [{target: {kind: Page, name: x}, patch: [{op: replace, path: /spec/n, value: %s}]}]\n"
    source = commit(
        tmp_path,
        {
            "base/x.yaml": "apiVersion: x/v1\nkind: Page\nmetadata: {name: x}\nspec: {n: '0', m: '012'}\n",
            "mid/render.yaml": "base: ../base\n" + patch % '"1e3"',
            "other.yaml": SERVICE % "other",
            "top/render.yaml": "base: [../mid, ../other.yaml]\n" + patch % "yes",
        },
    )
    result = render(source, request("mid"))
    assert result.files["page-x.yaml"].decode().endswith("spec: {n: \"1e3\", m: '012'}\n")
    result = render(source, request("top"))
    assert result.files["page-x.yaml"].decode().endswith("spec: {n: \"yes\", m: '012'}\n")
    assert list(result.inputs) == ["base", "mid", "other.yaml", "top", SETTINGS]


def test_a_link_to_a_file_of_the_same_folder_is_not_a_second_object(tmp_path: Path) -> None:
    plain = commit(tmp_path, {"app/a.yaml": SERVICE % "a"})
    source = plain.edited({"app/b.yaml": link(plain, "a.yaml")})
    assert list(render(source, request("app")).files) == ["service-a.yaml"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("base: ../../outside", "app/render.yaml: base leaves the repository"),
        ("base: ../none", r"app/render.yaml: base names \.\./none, which is not in this commit"),
        ("base: {a: b}", "base must be a path or a list of paths"),
        ("base: .", "base goes round in circles"),
        ("bases: [../base]", "app/render.yaml has the unknown key bases"),
        ("- base", "app/render.yaml is not a mapping"),
        ("base: [", "app/render.yaml is not YAML"),
        ("patches: x", "patches must be a list"),
        ("patches: [{patch: []}]", r"patches\[0\]\.target is not a mapping"),
        ("patches: [{target: {kind: Service}, patch: []}]", r"patches\[0\]\.target needs kind and name"),
        ("patches: [{target: {kind: Service, name: a}}]", r"patches\[0\] needs patch"),
        ("patches: [{target: {kind: Service, name: a}, patch: [], path: x}]", r"patches\[0\] needs patch"),
        ("patches: [{target: {kind: Service, name: a}, patch: {op: add}}]", "is not a list of JSON Patch operations"),
        ("patches: [{target: {kind: Service, name: a}, patch: [{op: add}]}]", "every operation needs op and path"),
        ("patches: [{target: {kind: Service, name: a}, path: none.yaml}]", "patches names none.yaml, which is"),
        ("patches: [{target: {kind: Service, name: z}, patch: []}]", "Service z fits 0 objects.*\n.*Service a"),
        ("patches: [{target: {kind: Service, name: twin}, patch: []}]", "Service twin fits 2 objects"),
        ("patches: [{target: {kind: Service, name: a}, patch: [{op: remove, path: /spec}]}]",
         "the patch of Service a does not apply: can't remove"),
        ("patches: [{target: {kind: Service, name: a}, patch: [{op: test, path: /kind, value: Pod}]}]",
         "the patch of Service a does not apply"),
        ("patches: [{target: {kind: Service, name: a}, patch: [{op: jump, path: /kind}]}]", "does not apply"),
        ("patches: [{target: {kind: Service, name: a}, patch: [{op: add, path: kind, value: x}]}]", "does not apply"),
        ("patches: [{target: {kind: Service, name: a}, patch: [{op: add, path: /kind/x, value: x}]}]", "not apply"),
    ],
)  # fmt: skip
def test_a_render_yaml_that_is_wrong_says_where(tmp_path: Path, text: str, why: str) -> None:
    twins = "---\n".join(f"apiVersion: v1\nkind: Service\nmetadata: {{name: twin, namespace: {one}}}\n" for one in "ab")
    source = commit(tmp_path, {"app/render.yaml": text, "app/a.yaml": SERVICE % "a", "app/twins.yaml": twins})
    with pytest.raises(RenderFailed, match=why):
        render(source, request("app"))


def test_a_namespace_tells_twins_apart(tmp_path: Path) -> None:
    twins = "---\n".join(f"apiVersion: v1\nkind: Service\nmetadata: {{name: twin, namespace: {one}}}\n" for one in "ab")
    patch = "patches: [{target: {kind: Service, name: twin, namespace: b}, patch: [{op: add, path: /spec, value: {}}]}]"
    files = render(commit(tmp_path, {"app/render.yaml": patch, "app/t.yaml": twins}), request("app")).files
    assert b"spec" not in files["service-a-twin.yaml"]
    assert b"spec" in files["service-b-twin.yaml"]


def test_a_file_that_is_no_manifest_is_refused(tmp_path: Path) -> None:
    source = commit(tmp_path, {"app/a.yaml": SERVICE % "a", "app/values.yaml": "replicas: 1\n"})
    with pytest.raises(RenderFailed, match=r"app/values\.yaml is not a Kubernetes object: it has no apiVersion"):
        render(source, request("app"))
