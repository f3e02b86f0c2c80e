from __future__ import annotations

import pytest

from promoter.layout.find_workloads import find
from tests.layout.finding import A, found

REF = "REFERENCE"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            """
            kind: Deployment
            spec:
              template:
                spec:
                  initContainers:
                  - {name: i, image: "ghcr.io/acme/init:1"}
                  containers:
                  - name: a
                    image: ghcr.io/acme/shop:1.3.9
                  - name: b
                    image: redis
            """,
            [
                ("spec.template.spec.initContainers[0].image", REF, "1", "ghcr.io/acme/init"),
                ("spec.template.spec.containers[0].image", REF, "1.3.9", "ghcr.io/acme/shop"),
                ("spec.template.spec.containers[1].image", REF, "", "redis"),
            ],
            id="deployment",
        ),
        pytest.param(
            "spec: {jobTemplate: {spec: {template: {spec: {containers: [{image: 'a/b:2'}]}}}}}",
            [("spec.jobTemplate.spec.template.spec.containers[0].image", REF, "2", "a/b")],
            id="cron job",
        ),
        pytest.param(
            f"kind: Any\ncustom: {{deep: [{{image: 'r.example:5000/a/b:2@{A}'}}]}}",
            [("custom.deep[0].image", REF, f"2@{A}", "r.example:5000/a/b")],
            id="custom template, port and digest",
        ),
        pytest.param(
            "- op: replace\n  path: /spec/template/spec/containers/0/image\n  value: a/b:2\n",
            [("[0].value", REF, "2", "a/b")],
            id="JSON patch",
        ),
        pytest.param(
            "x: &c {image: a/b:1}\nspec: {containers: [*c, {<<: *c}]}\n",
            [("x.image", REF, "1", "a/b"), ("x.image", REF, "1", "a/b")],
            id="merged from an anchor: the place is where it is written",
        ),
        pytest.param("image: logo\n", [], id="not a container, no tag"),
        pytest.param("image: {repository: a/b, tag: 1}\n", [], id="a mapping"),
        pytest.param('image: "{{ .Values.image }}:1"\n', [], id="a template"),
        pytest.param("kind: CRD\nproperties: {image: {type: string}}\n", [], id="a schema"),
    ],
)
def test_images(text: str, expected: list[tuple[str, ...]]) -> None:
    assert found(find, text) == expected
