"""Which combinations of versions are a complete set."""

from __future__ import annotations

import pytest

from promoter.policy.admit import expression, keyed, unmet
from promoter.policy.node import Node

SAME = 'images["acme/shop"].tag == images["acme/ui"].tag'


def there(**versions: str) -> dict[str, str]:
    """Give what stands in the files of a shop, `shop`, `ui` (images), `base` (a chart) and `size` (a value)."""
    items = {"shop": "image:acme/shop", "ui": "image:acme/ui", "base": "chart:base", "size": "value:size"}
    return {items[name]: version for name, version in versions.items()}


@pytest.mark.parametrize(
    ("text", "versions", "why"),
    [
        ("", there(), ""),
        (SAME, there(shop="1.2", ui="1.2"), ""),
        (SAME, there(shop="1.2@sha256:5b", ui="1.2@sha256:0e"), ""),
        (SAME, there(shop="1.3", ui="1.2"), f"not {SAME} (acme/shop is 1.3, acme/ui is 1.2)"),
        (SAME, there(shop="1.3"), f"there is no acme/ui in {SAME}"),
        (SAME, there(), f"there is no acme/shop in {SAME}"),
        (SAME, there(shop="1.2|1.3", ui="1.2"), f"not {SAME} (acme/shop is 1.2|1.3, acme/ui is 1.2)"),
        (
            'images["acme/shop"].digest == ""',
            there(shop="1.2"),
            'there is no digest in images["acme/shop"].digest == ""',
        ),
        ('images["acme/shop"].digest == "sha256:5b"', there(shop="1.2@sha256:5b"), ""),
        ('charts.base.version.startsWith("2.")', there(base="2.1.0"), ""),
        (
            'charts.base.version.startsWith("2.")',
            there(base="1.1.0"),
            'not charts.base.version.startsWith("2.") (base is 1.1.0)',
        ),
        ("int(values.size) > 2", there(size="3"), ""),
        ("int(values.size) > 2", there(size="big"), None),
        ('images.all(name, images[name].tag != "")', there(shop="1", ui="2"), ""),
        (
            'images.all(name, images[name].tag == "1")',
            there(shop="1", ui="2"),
            'not images.all(name, images[name].tag == "1")',
        ),
    ],
)
def test_sets(text: str, versions: dict[str, str], why: str | None) -> None:
    said = unmet(text, versions)
    assert said == why if why is not None else said.startswith(f"{text}: ")


def test_what_it_names() -> None:
    text = 'images["a/b"].tag == charts.base.version && values[\'f.yaml:x\'] == "1" && images["a/b"].digest != ""'
    assert keyed(text) == [("images", "a/b"), ("charts", "base"), ("values", "f.yaml:x")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("image.a.tag == '1'", "image is not known; did you mean images?"),
        ("images.a.tga == '1'", "there is no tga; did you mean tag?"),
        ("images.a.tag", "gives neither true nor false"),
        ("images.a.tag ==", "is no expression of CEL"),
        ("images.a.tag > 3", "compares or calls what does not go together"),
    ],
)
def test_what_can_never_be_true_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as raised:
        expression(Node("promoter.yaml", 1, text))
    assert str(raised.value).startswith(words)


def test_a_key_that_only_some_have_may_be_asked_for() -> None:
    assert expression(Node("promoter.yaml", 1, "has(charts.base.digest) || images.a.tag == '1'"))
