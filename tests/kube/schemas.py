"""Make what `promoter` knows of Kubernetes' own kinds, from Kubernetes' own Go modules, at exact versions.

`python tests/kube/schemas.py GO FOLDER` is `make schemas`: FOLDER gets one file for each version, with the definitions
of `api/openapi-spec/swagger.json` without their descriptions, and `lifecycle.json.gz`, which says when a kind was
deprecated and is gone (the generated `zz_generated.prerelease-lifecycle.go` of k8s.io/api). Go checks what it downloads
against its checksum database. Kubernetes is licensed under the Apache License 2.0. Equal input makes equal bytes.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.kube.crds import download

VERSIONS = ("v1.31.14", "v1.32.13", "v1.33.13", "v1.34.4", "v1.35.4", "v1.36.3")
LIFECYCLE = "k8s.io/api@v0.36.1"
KEPT = ("type", "format", "required")
QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
REF = "#/definitions/"
_METHOD = re.compile(
    r"func \(in \*(\w+)\) APILifecycle(Deprecated|Removed|Replacement)\(\)[^{]*\{\s*return ([^\n]*)\n", re.DOTALL
)
_REPLACEMENT = re.compile(r'Group: "([^"]*)", Version: "([^"]*)", Kind: "([^"]*)"')


def slim(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Give a definition without what no value is judged by."""
    if "$ref" in schema:
        return {"$ref": schema["$ref"].removeprefix(REF)}
    found: dict[str, Any] = {key: schema[key] for key in KEPT if key in schema}
    if "properties" in schema:
        found["properties"] = {name: slim(below) for name, below in schema["properties"].items()}
    for key in ("items", "additionalProperties"):
        if key in schema:
            found[key] = slim(schema[key])
    return found


def kinds(swagger: Mapping[str, Any]) -> dict[str, Any]:
    """Give the kinds that can be applied, and the definitions that they are made of."""
    definitions = {name: slim(schema) for name, schema in swagger["definitions"].items()}
    definitions[QUANTITY] = {"format": "quantity"}  # the API takes numbers too, which version 2 of OpenAPI cannot say
    found = {}
    for name, schema in swagger["definitions"].items():
        named = schema.get("x-kubernetes-group-version-kind", ())
        if len(named) == 1 and "metadata" in schema.get("properties", {}) and "items" not in schema["properties"]:
            (one,) = named
            found["/".join(filter(None, (one["group"], one["version"], one["kind"])))] = name
    reached: dict[str, Any] = {}
    todo = list(found.values())
    while todo:
        name = todo.pop()
        if name not in reached:
            reached[name] = definitions[name]
            todo += re.findall(r'"\$ref": "([^"]+)"', json.dumps(definitions[name]))
    return {"kinds": found, "definitions": reached}


def lifecycle(api: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Give what is deprecated: group, version and kind -> since when, gone in, and what to use."""
    for file in sorted(api.glob("*/*/zz_generated.prerelease-lifecycle.go")):
        group = re.search(r'GroupName\s*=\s*"([^"]*)"', (file.parent / "register.go").read_text(encoding="utf-8"))
        assert group is not None, file
        found: dict[str, dict[str, str]] = {}
        for kind, what, value in _METHOD.findall(file.read_text(encoding="utf-8")):
            replaced = _REPLACEMENT.search(value)
            said = (
                "/".join(filter(None, replaced.groups())).removesuffix("List")
                if replaced
                else value.strip().replace(", ", ".")
            )
            found.setdefault(kind, {})[what.lower()] = said
        for kind, told in found.items():
            if not kind.endswith("List"):
                yield "/".join(filter(None, (group[1], file.parent.name, kind))), told


def write(path: Path, value: Any) -> None:
    """Write `value`, compressed, without a time in it."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    path.write_bytes(gzip.compress(text, 9, mtime=0))


def main(go: str, folder: Path) -> None:
    """Write every file into `folder`."""
    for version in VERSIONS:
        root = download(go, f"k8s.io/kubernetes@{version}")
        swagger = json.loads((root / "api/openapi-spec/swagger.json").read_text(encoding="utf-8"))
        write(folder / f"{'.'.join(version[1:].split('.')[:2])}.json.gz", {"version": version[1:], **kinds(swagger)})
    write(folder / "lifecycle.json.gz", dict(lifecycle(download(go, LIFECYCLE))))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
