"""Definitions of the old form are told in the new one, the others are kept as they are."""

from __future__ import annotations

import yaml

from tests.kube.crds import definitions

OLD = """
apiVersion: apiextensions.k8s.io/v1beta1
kind: CustomResourceDefinition
metadata: {name: shops.example.com}
spec:
  additionalPrinterColumns: [{JSONPath: .spec.size, name: Size, type: string}]
  group: example.com
  names: {kind: Shop, plural: shops}
  scope: Namespaced
  subresources: {status: {}}
  validation: {openAPIV3Schema: {type: object}}
  version: v1
  versions: [{name: v1, served: true, storage: true}]
"""
NEW = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: carts.example.com} # kept
"""


def test_every_definition_of_a_file_is_found() -> None:
    found = dict(definitions(f"# ours\n---\n{NEW}---\nkind: ConfigMap\n---{OLD}"))
    assert list(found) == ["carts.example.com", "shops.example.com"]
    assert found["carts.example.com"] == NEW.rstrip("\n")
    new = yaml.safe_load(found["shops.example.com"])
    assert new["apiVersion"] == "apiextensions.k8s.io/v1"
    assert new["spec"] == {
        "group": "example.com",
        "names": {"kind": "Shop", "plural": "shops"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object"}},
                "subresources": {"status": {}},
                "additionalPrinterColumns": [{"jsonPath": ".spec.size", "name": "Size", "type": "string"}],
            }
        ],
    }
