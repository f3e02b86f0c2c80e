from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter.errors import EditRefused
from promoter.layout import values
from promoter.layout.apply import apply
from promoter.layout.moved import Moved, Tracked
from promoter.layout.yaml_tree import LIMIT
from tests.layout.finding import A, B

NAME = "ghcr.io/acme/shop"
ITEM = f"image:{NAME}"
ENTRY = f"images: [{{name: {NAME}"
SHOP = Tracked((Moved(NAME),))


def changed(text: str, wanted: Mapping[str, str], tracked: Tracked = SHOP) -> str:
    result = apply({"a.yaml": text.encode()}, tracked, wanted, {})
    data = result.get("a.yaml", text.encode())
    assert data is not None
    return data.decode()


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        (f"containers: [{{image: {NAME}:1}}]", "2.0.0", f"containers: [{{image: {NAME}:2.0.0}}]"),
        (f"containers: [{{image: {NAME}:1@{A}}}]", "2.0.0", f"containers: [{{image: {NAME}:2.0.0}}]"),
        (f"containers: [{{image: {NAME}:1@{A}}}]", f"2@{B}", f"containers: [{{image: {NAME}:2@{B}}}]"),
        (f"containers: [{{image: {NAME}@{A}}}]", f"2@{B}", f"containers: [{{image: {NAME}:2@{B}}}]"),
        (f"containers: [{{image: {NAME}}}]", "2", f"containers: [{{image: {NAME}:2}}]"),
        (f"{ENTRY}, newTag: 1, digest: '{A}'}}]", f"2.0.0@{B}", f"{ENTRY}, newTag: 2.0.0, digest: '{B}'}}]"),
        (f"{ENTRY}, newTag: '1', digest: {A}}}]", "2", f"{ENTRY}, newTag: '2', digest: \"\"}}]"),
        (f"{ENTRY}, newTag: '1', digest: ''}}]", f"2@{B}", f"{ENTRY}, newTag: '2', digest: '{B}'}}]"),
        (f"{ENTRY}, newTag: '1'}}]", f"2@{B}", f"{ENTRY}, newTag: '2@{B}'}}]"),
        (f"{ENTRY}, digest: {A}}}]", f"2@{B}", f"{ENTRY}, digest: {B}}}]"),
        (f"a: {{kustomize: {{images: ['x={NAME}:1']}}}}", "2", f"a: {{kustomize: {{images: ['x={NAME}:2']}}}}"),
        (f"image: {{repository: {NAME}, tag: }}", "2.0.0", f"image: {{repository: {NAME}, tag: 2.0.0}}"),
        (f"image: {{repository: {NAME}, tag: 1}}", "1e3", f"image: {{repository: {NAME}, tag: \"1e3\"}}"),
    ],
)  # fmt: skip
def test_an_image(before: str, value: str, after: str) -> None:
    assert changed(before, {ITEM: value}) == after


def test_all_places_become_the_new_value_and_only_changed_files_are_given() -> None:
    files = {
        "a.yaml": f"containers: [{{image: {NAME}:1}}, {{image: 'redis:7'}}]\n".encode(),
        "b.yaml": f"containers: [{{image: {NAME}:2}}]\n---\n{ENTRY}, newTag: 3.0.0}}]\n".encode(),
        "c.yaml": f"containers: [{{image: {NAME}:4}}]\n".encode(),
    }
    assert apply(files, Tracked(), {ITEM: "4"}, {}) == {
        "a.yaml": files["a.yaml"].replace(b"shop:1", b"shop:4"),
        "b.yaml": files["b.yaml"].replace(b"shop:2", b"shop:4").replace(b"3.0.0", b'"4"'),
    }


def test_nothing_to_do_changes_nothing() -> None:
    assert apply({"a.yaml": f"containers: [{{image: {NAME}:1}}]".encode()}, SHOP, {ITEM: "1"}, {}) == {}
    assert apply({}, SHOP, {}, {}) == {}


@pytest.mark.parametrize(
    ("text", "value", "after"),
    [
        ("kind: HelmRelease\nspec: {chart: {spec: {chart: c, version: '>=1.0'}}}", "2.0.0", "'2.0.0'"),
        ("kind: OCIRepository\nspec: {url: 'oci://g.example/c', ref: {semver: '1.x'}}", "2.0.0", "'2.0.0'"),
        (
            f"kind: OCIRepository\nspec: {{url: 'oci://g.example/c', ref: {{tag: 1, digest: '{A}'}}}}",
            f"2.0.0@{B}",
            f"'{B}'",
        ),
        ("kind: HelmRelease\nspec: {chart: {spec: {chart: c, version: 2.0.0}}}", ">=1.0 || ^3", '">=1.0 || ^3"'),
    ],
)
def test_a_chart(text: str, value: str, after: str) -> None:
    result = changed(text, {"chart:c": value}, Tracked(charts=(Moved("c"),)))
    assert after in result
    assert dict(values.items({"a.yaml": result.encode()}, Tracked(charts=(Moved("c"),)))) == {"chart:c": value}


def test_values_keep_their_types() -> None:
    tracked = Tracked(values=("a.yaml:n", "s", "e[name=PORT].value"))
    text = "n: 3 # c\ns: 'x'\ne: [{name: PORT, value: '80'}]\n"
    wanted = {"value:a.yaml:n": "5", "value:s": '"5"', "value:e[name=PORT].value": '"8080"'}
    assert changed(text, wanted, tracked) == "n: 5 # c\ns: '5'\ne: [{name: PORT, value: '8080'}]\n"


def test_files_are_copied_and_deleted() -> None:
    tracked = Tracked((Moved(NAME),), files=("config/*",))
    files = {"config/a": b"1", "config/b": b"2", "config/c": b"3", "other": b"4"}
    new = b"new"
    wanted = {"file:config/a": values.blob_id(new), "file:config/b": "", "file:config/c": values.blob_id(b"3"),
              "file:config/d": values.blob_id(new), "file:config/e": ""}  # fmt: skip
    assert apply(files, tracked, wanted, {values.blob_id(new): new}) == {
        "config/a": new,
        "config/b": None,
        "config/d": new,
    }


@pytest.mark.parametrize("name", ["other", "config/../x", "/config/a", "config/x/y", ""])
def test_a_file_outside_the_patterns_is_refused(name: str) -> None:
    with pytest.raises(EditRefused, match="not among the files that move"):
        apply({}, Tracked(files=("config/*",)), {f"file:{name}": values.blob_id(b"")}, {values.blob_id(b""): b""})


@pytest.mark.parametrize("blobs", [{}, {values.blob_id(b"x"): b"y"}])
def test_content_that_is_not_at_hand_is_refused(blobs: Mapping[str, bytes]) -> None:
    with pytest.raises(EditRefused, match="not at hand"):
        apply({}, Tracked(files=("*",)), {"file:a": values.blob_id(b"x")}, blobs)


def test_a_regex_changes_a_file_that_is_no_yaml() -> None:
    tracked = Tracked((Moved(NAME, file="**/*.tpl", regex=r"shop:([\w.-]+)"),))
    files = {"t/a.tpl": b'{{ x }} "ghcr.io/acme/shop:1.3.9"\r\n', "b.yaml": b"a: shop:1"}
    assert apply(files, tracked, {ITEM: "1.4.0"}, {}) == {"t/a.tpl": b'{{ x }} "ghcr.io/acme/shop:1.4.0"\r\n'}


FILES = {
    "a.yaml": b"containers: [{image: 'ghcr.io/acme/cart:1'}]\nx: {tag: 1.3.9}\n",
    "t.yaml": b"image: {{ x }}:1\n",
}


@pytest.mark.parametrize(
    ("tracked", "wanted", "message", "hint"),
    [
        (Tracked(), {"image:ghcr.io/acme/crat": "1"},
         "no place names image ghcr.io/acme/crat; looked in a.yaml, t.yaml", "Did you mean ghcr.io/acme/cart?"),
        (Tracked(), {"image:zzz": "1"}, "no place names image zzz", "Set key: x.tag."),
        (Tracked(), {"image:zzz": "1"}, "no place names image zzz", "t.yaml:1: "),
        (Tracked((Moved("zzz", key="a.b"),)), {"image:zzz": "1"}, "no place has a.b", ""),
        (SHOP, {"image:ghcr.io/acme/shp": "1"},
         "image ghcr.io/acme/shp is not tracked; did you mean ghcr.io/acme/shop?", "Tracked: ghcr.io/acme/shop."),
        (Tracked(values=("k",)), {"value:k": "1"}, "no place has the key k; looked in a.yaml", "Add the key"),
        (Tracked(values=("x",)), {"value:x": "1"}, "a.yaml:2: x is not a single value", ""),
        (Tracked(), {"image:ghcr.io/acme/cart": "1|2"}, "several values at once", "Make them one"),
        (Tracked(), {"image:ghcr.io/acme/cart": "1.4.2; rm -rf"}, "';' may not stand in it", "A tag is"),
        (Tracked(), {"image:ghcr.io/acme/cart": ""}, "it is empty", ""),
        (Tracked(), {"imagine:x": "1"}, "'imagine:x' is not an item", "image:, chart:, value: or file:"),
    ],
)  # fmt: skip
def test_refusals_say_what_to_do(tracked: Tracked, wanted: Mapping[str, str], message: str, hint: str) -> None:
    with pytest.raises(EditRefused) as error:
        apply(FILES, tracked, wanted, {})
    assert message in error.value.message
    assert hint in (error.value.hint or "")
    assert error.value.exit_code == 3


@pytest.mark.parametrize("value", ["7|8", ""])
def test_what_stands_there_already_needs_no_edit_whatever_it_is(value: str) -> None:
    texts = [f"{NAME}:{one}" if one else NAME for one in value.split("|")]
    files = {f"{text}.yaml": f"containers: [{{image: '{text}'}}]".encode() for text in texts}
    assert values.items(files, SHOP) == {ITEM: value}
    assert apply(files, SHOP, {ITEM: value}, {}) == {}


def test_a_pin_by_digest_alone_needs_a_digest() -> None:
    with pytest.raises(EditRefused) as error:
        changed(f"{ENTRY}, digest: {A}}}]", {ITEM: "2"})
    assert error.value.hint == "It is pinned by a digest alone: give the digest."


def test_a_chart_version_has_no_room_for_a_digest() -> None:
    text = "kind: HelmRelease\nspec: {chart: {spec: {chart: c, version: 1.0.0}}}"
    with pytest.raises(EditRefused, match=r"a\.yaml:2: a chart's version has no room for a digest"):
        changed(text, {"chart:c": f"2@{A}"}, Tracked(charts=(Moved("c"),)))


def test_a_change_that_would_move_something_else_is_refused() -> None:
    tracked = Tracked((Moved("a/b", key="v"), Moved("c/d", key="v")))
    with pytest.raises(EditRefused, match=r"image:c/d would change from 1 to 2, which nobody asked for"):
        changed("v: '1'\n", {"image:a/b": "2"}, tracked)


def test_two_wishes_for_one_value_are_refused() -> None:
    tracked = Tracked((Moved("a/b", key="v"), Moved("c/d", key="v")))
    with pytest.raises(EditRefused):
        changed("v: '1'\n", {"image:a/b": "2", "image:c/d": "3"}, tracked)


@pytest.mark.parametrize(
    "text", [f"x: &i {NAME}:1\ncontainers: [{{image: *i}}]", f"containers: [{{image: &i {NAME}:1}}]"]
)
def test_an_image_behind_an_anchor_is_refused_not_missed(text: str) -> None:
    with pytest.raises(EditRefused, match=r"a\.yaml:"):
        changed(text, {ITEM: "2"})


def test_a_file_that_is_the_environment_itself() -> None:
    assert apply({"": b"image: {repository: a/b, tag: 1.0.0}\n"}, Tracked(), {"image:a/b": "1.1.0"}, {}) == {
        "": b"image: {repository: a/b, tag: 1.1.0}\n"
    }


SHAPES = [
    "containers: [{image: NAME:OLD}]\n",
    "containers:\r\n- image: 'NAME:OLD'   # c\r\n",
    "images:\n- name: NAME\n  newTag: OLD\n",
    "images:\n- name: NAME\n  newTag: OLD\n  digest: DIGEST\n",
    "image: {repository: NAME, tag: 'OLD', digest: ''}\n",
    "image:\n  repository: NAME\n  tag:\n",
    'a: {parameters: [{name: i.repository, value: NAME}, {name: i.tag, value: "OLD"}]}\n',
    "image: NAME:OLD@DIGEST",
]


def test_a_file_too_large_to_be_read_is_not_left_behind() -> None:
    large = b"#" * LIMIT + b"\nimage: NAME:1.0.0\n".replace(b"NAME", NAME.encode())
    files = {"a.yaml": f"image: {NAME}:1.0.0\n".encode(), "b.yaml": large}
    with pytest.raises(EditRefused, match=f"^b.yaml: holds {NAME}, but is larger than 8 MiB\n"):
        apply(files, Tracked(), {ITEM: "1.0.1"}, {})
    elsewhere = {**files, "b.yaml": large.replace(NAME.encode(), b"another")}
    assert set(apply(elsewhere, Tracked(), {ITEM: "1.0.1"}, {})) == {"a.yaml"}


TAGS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,12}", fullmatch=True)


@settings(max_examples=80, deadline=None)
@given(
    shapes=st.lists(st.sampled_from(SHAPES), min_size=1, max_size=4),
    tag=TAGS,
    digest=st.sampled_from(["", f"@{B}"]),
)
def test_what_was_asked_for_stands_there_and_asking_again_changes_nothing(
    shapes: list[str], tag: str, digest: str
) -> None:
    texts = [shape.replace("NAME", NAME).replace("OLD", "1.3.9").replace("DIGEST", A) for shape in shapes]
    files = {f"{number}.yaml": text.encode() for number, text in enumerate(texts)}
    files["other.yaml"] = b"containers: [{image: redis:7}]\n"
    wanted = {ITEM: f"{tag}{digest}"}
    result = apply(files, Tracked(), wanted, {})
    new = {**files, **{name: data for name, data in result.items() if data is not None}}
    assert dict(values.items(new, Tracked())) == {**wanted, "image:redis": "7"}
    assert apply(new, Tracked(), wanted, {}) == {}
    for name, data in files.items():
        assert len(new[name].splitlines()) == len(data.splitlines())
        assert b"\r\n" not in data or new[name].count(b"\r\n") == data.count(b"\r\n")
