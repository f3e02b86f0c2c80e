from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.policy.image_name import ImageName, full_name, image_name, images_of

A, B = f"sha256:{'a' * 64}", f"sha512:{'b' * 128}"


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("nginx", ImageName("docker.io", "library/nginx", "latest")),
        ("nginx:1.27", ImageName("docker.io", "library/nginx", "1.27")),
        ("acme/shop:1", ImageName("docker.io", "acme/shop", "1")),
        ("docker.io/acme/shop:1", ImageName("docker.io", "acme/shop", "1")),
        ("index.docker.io/acme/shop:1", ImageName("docker.io", "acme/shop", "1")),
        ("GHCR.io/acme/shop:v1.0_x", ImageName("ghcr.io", "acme/shop", "v1.0_x")),
        ("localhost/shop:1", ImageName("localhost", "shop", "1")),
        ("localhost:5000/shop", ImageName("localhost:5000", "shop", "latest")),
        ("127.0.0.1:5000/a/b__c-d.e:1", ImageName("127.0.0.1:5000", "a/b__c-d.e", "1")),
        ("[::1]:5000/shop:1", ImageName("[::1]:5000", "shop", "1")),
        (f"ghcr.io/acme/shop@{A}", ImageName("ghcr.io", "acme/shop", "", A)),
        (f"ghcr.io/acme/shop:1@{B}", ImageName("ghcr.io", "acme/shop", "1", B)),
        (f"shop:{'x' * 128}", ImageName("docker.io", "library/shop", "x" * 128)),
    ],
)
def test_a_reference(reference: str, name: ImageName) -> None:
    assert image_name(reference) == name
    assert image_name(str(name)) == name


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "Nginx", "nginx:", "nginx:a b", "a/../b", "a//b", "/a", "a/", "ghcr.io/", "x@sha256:1", "x@",
        f"x:{'y' * 129}", "http://ghcr.io/x", "ghcr.io:99999999/x",
        "user:pass@ghcr.io/x", "x\n", "ghcr.io/a?b", "ghcr.io/a#b",
        "-a", "a_.b", f"x@{A.upper()}", "ghcr.io\\x/a", f"x@{A}@{A}",
    ],
)  # fmt: skip
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="is no image reference"):
        image_name(text)


@given(st.text(max_size=40) | st.from_regex(r"[a-z.:/@-]{1,30}", fullmatch=True))
def test_what_is_read_holds_nothing_that_an_address_could_take_for_something_else(text: str) -> None:
    try:
        name = image_name(text)
    except ValueError:
        return
    assert not set(name.path) & set("?#%@\\ ")
    assert not set(name.registry) & set("?#%@/\\ ")
    assert ".." not in name.path.split("/")


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("nginx", "docker.io/library/nginx"),
        ("acme/", "docker.io/library/acme"),
        ("ghcr.io", "ghcr.io"),
        ("GHCR.io/a/", "ghcr.io/a"),
    ],
)
def test_a_folder(name: str, full: str) -> None:
    assert full_name(name) == full


def test_where_images_stand() -> None:
    found = images_of(
        {
            "image": "a",
            "spec": {
                "containers": [{"image": "b"}, {"image": ""}, {"image": 3}],
                "volumes": [{"image": {"reference": "c"}}],
                "values": {"image": {"registry": "ghcr.io", "repository": "d", "tag": 1.5, "digest": A}},
                "more": {"image": {"repository": "e"}, "deep": [[{"image": {"repository": "f", "tag": "2"}}]]},
            },
        }
    )
    assert sorted(found) == ["a", "b", "c", "e", "f:2", f"ghcr.io/d:1.5@{A}"]
