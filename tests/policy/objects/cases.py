"""Objects, and what is wrong with each; a real API server says yes and no to the same ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from promoter.cluster.files import parse_objects

POD = "spec.template.spec.containers[0]"
QUANTITY = "must be a quantity such as 100m or 2Gi"
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: default, labels: {app: shop}}
spec:
  replicas: 2
  selector: {matchLabels: {app: shop}}
  strategy: {rollingUpdate: {maxSurge: 25%, maxUnavailable: 0}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers:
      - name: shop
        image: ghcr.io/acme/shop:1.0
        ports: [{containerPort: 80}]
        env: [{name: A, value: "1"}]
        resources: {limits: {cpu: 0.5, memory: 64Mi}, requests: {cpu: 0, memory: 64e5}}
        readinessProbe: {httpGet: {path: /, port: http}}
"""
SECRET = (
    'apiVersion: v1\nkind: Secret\nmetadata: {name: shop, namespace: default}\nstringData: {password: "s3cr3t-value"}\n'
)
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop, namespace: default}\ndata: {a: b}\n"
CUSTOM = """\
apiVersion: shops.example.com/v1
kind: Shop
metadata: {name: shop, namespace: default}
spec: {size: 3, name: abc}
"""
DEFINITION = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: shops.shops.example.com}
spec:
  group: shops.example.com
  names: {kind: Shop, plural: shops}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          spec:
            type: object
            required: [size]
            properties:
              size: {type: integer, minimum: 1, maximum: 5}
              name: {type: string, pattern: '^[a-z]+$', maxLength: 5}
              kind: {type: string, enum: [small, large]}
              port: {x-kubernetes-int-or-string: true}
              open: {type: object, x-kubernetes-preserve-unknown-fields: true}
              closed: {type: object}
              none: {type: string, nullable: true}
              list: {type: array, maxItems: 2, items: {type: string}}
              map: {type: object, additionalProperties: {type: integer}}
              rate: {type: number, minimum: 0, exclusiveMinimum: true}
              when: {type: string, format: date-time}
              either:
                type: object
                properties: {a: {type: string}, b: {type: string}}
                oneOf: [{required: [a]}, {required: [b]}]
  - name: v0
    served: false
    storage: false
    schema: {openAPIV3Schema: {type: object}}
"""

CASES: list[tuple[str, str, str, str]] = [
    (DEPLOYMENT, "", "", ""),
    (DEPLOYMENT, "replicas: 2", 'replicas: "2"', "spec.replicas: must be a whole number, not text"),
    (DEPLOYMENT, "replicas: 2", "replicas: 2.5", "spec.replicas: must be a whole number, not a number"),
    (DEPLOYMENT, "replicas: 2", "replicas: true", "spec.replicas: must be a whole number, not true or false"),
    (DEPLOYMENT, "replicas: 2", "replicas: null", ""),
    (DEPLOYMENT, "replicas: 2", "replicas: 3000000000", "spec.replicas: does not fit into int32"),
    (DEPLOYMENT, "replicas: 2", "replica: 2", "spec: unknown field replica; did you mean replicas?"),
    (DEPLOYMENT, "25%", "true",
     "spec.strategy.rollingUpdate.maxSurge: must be a whole number or text, not true or false"),
    (DEPLOYMENT, "cpu: 0.5", "cpu: half", f"{POD}.resources.limits.cpu: {QUANTITY}"),
    (DEPLOYMENT, "cpu: 0.5", "cpu: 500m", ""),
    (DEPLOYMENT, "cpu: 0.5", "cpu: [1]", f"{POD}.resources.limits.cpu: {QUANTITY}"),
    (DEPLOYMENT, 'value: "1"', "value: 1", f"{POD}.env[0].value: must be text, not a number"),
    (DEPLOYMENT, "labels: {app: shop}}\nspec:\n  rep", "labels: {app: true}}\nspec:\n  rep",
     "metadata.labels.app: must be text, not true or false"),
    (DEPLOYMENT, "  selector: {matchLabels: {app: shop}}\n", "", "spec.selector: is missing"),
    (DEPLOYMENT, "      - name: shop\n        image", "      - image", f"{POD}.name: is missing"),
    (DEPLOYMENT, "ports: [{containerPort: 80}]", "ports: {containerPort: 80}",
     f"{POD}.ports: must be a list, not a mapping"),
    (DEPLOYMENT, "readinessProbe: {httpGet: {path: /, port: http}}", "readinessProbe: {httpGet: {path: /}}",
     f"{POD}.readinessProbe.httpGet.port: is missing"),
    (SECRET, "", "", ""),
    (SECRET, '"s3cr3t-value"', "12345", "stringData.password: must be text, not a number"),
    (SECRET, "stringData: {password:", "data: {password:", "data.password: is not base64"),
    (SECRET, 'stringData: {password: "s3cr3t-value"}', "data: {password: czNjcjN0}", ""),
    (CONFIG, "a: b", "a: 1", "data.a: must be text, not a number"),
    (CONFIG, "a: b", "a: {b: c}", "data.a: must be text, not a mapping"),
    (CONFIG, "data: {a: b}", "data: text", "data: must be a mapping, not text"),
    (CONFIG, "data: {a: b}", "immutable: yes-please", "immutable: must be true or false, not text"),
    (CUSTOM, "", "", ""),
    (CUSTOM, "size: 3", "size: 6", "spec.size: must be at most 5"),
    (CUSTOM, "size: 3", "size: 0", "spec.size: must be at least 1"),
    (CUSTOM, "size: 3, ", "", "spec.size: is missing"),
    (CUSTOM, "size: 3", "size: three", "spec.size: must be a whole number, not text"),
    (CUSTOM, "abc", "ABC", "spec.name: does not match ^[a-z]+$"),
    (CUSTOM, "abc", '"abc\\n"', "spec.name: does not match ^[a-z]+$"),
    (CUSTOM, "abc", "abcdef", "spec.name: may have at most 5 characters"),
    (CUSTOM, "abc", "abc, sise: 1", "spec: unknown field sise; did you mean size?"),
    (CUSTOM, "abc", "abc, kind: middle", "spec.kind: must be one of small, large"),
    (CUSTOM, "abc", "abc, kind: large, port: 80", ""),
    (CUSTOM, "abc", "abc, port: http", ""),
    (CUSTOM, "abc", "abc, port: 1.5", "spec.port: must be a whole number or text, not a number"),
    (CUSTOM, "abc", "abc, open: {a: {b: c}}", ""),
    (CUSTOM, "abc", "abc, closed: {}", ""),
    (CUSTOM, "abc", "abc, closed: {a: b}", "spec.closed: unknown field a"),
    (CUSTOM, "abc", "abc, none: null", ""),
    (CUSTOM, "abc", "null", ""),
    (CUSTOM, "abc", "abc, list: [null]", "spec.list[0]: has no value"),
    (CUSTOM, "abc", "abc, map: {a: null}", ""),
    (CUSTOM, "size: 3", "size: null", "spec.size: is missing"),
    (DEPLOYMENT, "ports: [{containerPort: 80}]", "args: [null]", ""),
    (DEPLOYMENT, "labels: {app: shop}}\nspec:\n  rep", "labels: {app: null}}\nspec:\n  rep", ""),
    (DEPLOYMENT, "ports: [{containerPort: 80}]", "ports: [null]", f"{POD}.ports[0]: has no value"),
    (DEPLOYMENT, "replicas: 2", "replicas: 2.0", ""),
    (CUSTOM, "size: 3", "size: 3.0", ""),
    (CUSTOM, "abc", "abc, rate: 1", ""),
    (CUSTOM, "abc", "abc, when: 2026-11-20", "spec.when: is not a moment such as 2026-11-20T14:05:00Z"),
    (CUSTOM, "abc", "abc, list: [a, b]", ""),
    (CUSTOM, "abc", "abc, list: [a, b, c]", "spec.list: may have at most 2 entries"),
    (CUSTOM, "abc", "abc, list: [1]", "spec.list[0]: must be text, not a number"),
    (CUSTOM, "abc", "abc, map: {a: 1}", ""),
    (CUSTOM, "abc", "abc, map: {a: b}", "spec.map.a: must be a whole number, not text"),
    (CUSTOM, "abc", "abc, rate: 0.1", ""),
    (CUSTOM, "abc", "abc, rate: 0", "spec.rate: must be more than 0"),
    (CUSTOM, "abc", 'abc, when: "2026-11-20T14:05:00Z"', ""),
    (CUSTOM, "abc", "abc, when: soon", "spec.when: is not a moment such as 2026-11-20T14:05:00Z"),
    (CUSTOM, "abc", "abc, either: {a: b}", ""),
    (CUSTOM, "abc", "abc, either: {}", "spec.either: fits none of the forms that it may have"),
    (CUSTOM, "abc", "abc, either: {a: b, b: c}", "spec.either: fits several of the forms that it may have"),
    (CUSTOM, "namespace: default}", "namespace: default, labels: {a: 1}}",
     "metadata.labels.a: must be text, not a number"),
    (CUSTOM, "namespace: default}", "namespace: default, label: {a: b}}",
     "metadata: unknown field label; did you mean labels?"),
    (CUSTOM, "spec: {size: 3, name: abc}", "", "spec: is missing"),
]  # fmt: skip
"""Text, what of it is replaced, by what, and the fault; none when the server takes it."""


def cases() -> Iterator[tuple[dict[str, Any], str]]:
    """Give each object with its fault."""
    for text, old, new, fault in CASES:
        assert old in text
        (obj,) = parse_objects("case.yaml", text.replace(old, new, 1).encode())
        yield dict(obj), fault
