"""Whatever a repository looks like: what init proposes is a valid config of what it found, or there is nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from promoter.errors import EdgeFailed
from promoter.policy.load import load
from promoter.run.init import Layouts, Wish
from tests.run.trees import deployment, dry_of, helm_release, kustomization, overlay, proposed

PARENTS = [
    "",
    "apps",
    "overlays",
    "services/shop/overlays",
    "services/cart/overlays",
    "clusters",
    "charts/shop",
    "guide",
]
ENVIRONMENTS = ["dev", "staging", "prod", "prod-eu", "qa", "base", "Prod", "extra"]
APPS = ["", "shop", "cart", "plan", "r1", "Big", "dev"]
SHAPES = ["{parent}/{environment}/{app}", "{parent}/{app}/{environment}", "{parent}/{app}"]
NAMES = ["kustomization.yaml", "d.yaml", "values.yaml", "Chart.yaml", "shop.yaml", "{environment}.yaml", "render.yaml"]
NAMES += ["values-{environment}.yaml"]
CONTENTS = [
    deployment("ghcr.io/acme/shop:1.2.3"),
    deployment("nginx"),
    overlay("d.yaml"),
    overlay("../base", images={"a/b": "1.2.3"}),
    helm_release("shop", "1.2.3", "shop"),
    helm_release("cart", ">=1"),
    "image: {repository: a/b, tag: 1.2.3}\n",
    "{{ broken",
    "kind: Component\n",
    kustomization("apps", "apps/dev"),
    "a: &x 1\nb: *x\n",
]


@st.composite
def trees(draw: st.DrawFn) -> dict[str, str]:
    files: dict[str, str] = {}
    for parent in draw(st.lists(st.sampled_from(PARENTS), min_size=1, max_size=3, unique=True)):
        shape = draw(st.sampled_from(SHAPES))
        for app in draw(st.lists(st.sampled_from(APPS), min_size=1, max_size=2, unique=True)):
            for environment in draw(st.lists(st.sampled_from(ENVIRONMENTS), min_size=1, max_size=4, unique=True)):
                for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)):
                    path = f"{shape}/{name}".format(parent=parent, app=app, environment=environment)
                    files["/".join(filter(None, path.split("/")))] = draw(st.sampled_from(CONTENTS))
    return {path: text for path, text in files.items() if not any(other.startswith(f"{path}/") for other in files)}


@settings(max_examples=60, deadline=None)
@given(trees(), st.sampled_from(Layouts))
def test_a_proposal_is_valid(files: Mapping[str, str], layout: Layouts) -> None:
    with tempfile.TemporaryDirectory() as folder:
        dry = dry_of(Path(folder), files)
        try:
            proposal = proposed(dry, Wish(layout, "none"))
        except EdgeFailed as error:
            assert error.message.startswith("nothing here looks like an app in environments")  # noqa: PT017
            return
        assert list(proposal.files) == ["promoter.yaml"]
        _, children = dry.loader()
        loaded = load(proposal.files.get, children)
        found = {app.name: app.environments for app in proposal.survey.apps}
        assert {name: tuple(app.environments) for name, app in loaded.config.apps.items()} == found
        for note in proposal.notes:
            for where in note.where:
                assert where.startswith("and ") or dry.has(where.partition(":")[0])
