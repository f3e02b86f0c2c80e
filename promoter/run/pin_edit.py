"""The edits that put one version into an environment's own files, byte-exact.

Invariant: only files at or below the environment's path are given; every edit adds to a file or changes one scalar.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from promoter.errors import EditRefused
from promoter.layout.apply import apply
from promoter.layout.moved import Moved, Tracked
from promoter.layout.place import Kind
from promoter.layout.tag import parse_pin
from promoter.layout.values import item
from promoter.layout.yaml_insert import Value, block, insert
from promoter.layout.yaml_tree import Mapping as YamlMapping
from promoter.layout.yaml_tree import NotYaml, Path, YamlFile, read
from promoter.render.kustomize import FILES as KUSTOMIZATIONS

_VERSION: Path = ("spec", "chart", "spec", "version")


@dataclass(slots=True)
class Own:
    """An environment's own files while they are edited."""

    path: str
    """The environment's path: a folder, or one file."""
    files: dict[str, bytes]
    """Path in the repository -> content, of everything at or below `path`."""
    changed: dict[str, bytes] = field(default_factory=dict)

    def write(self, path: str, data: bytes) -> None:
        """Take an edited or new file."""
        self.files[path] = self.changed[path] = data

    def move(self, kind: Kind, name: str, version: str) -> str:
        """Change the version of `name` where it stands, as a release would, and give the file."""
        key = item(kind, name)
        tracked = Tracked((Moved(name),)) if kind is Kind.IMAGE else Tracked((), (Moved(name),))
        changed = apply(self.files, tracked, {key: version}, {})
        for path, data in changed.items():
            if data is not None:
                self.write(path, data)
        return next(iter(changed), self.path)

    def renamed(self, name: str) -> str:
        """Give what the kustomization's `images:` calls `name` instead; empty when it does not."""
        try:
            _, root = self._kustomization()
        except EditRefused:
            return ""
        return next((entry.text("newName") for entry in root.mappings("images") if entry.text("name") == name), "")

    def pin_image(self, name: str, version: str) -> str:
        """Add `name` to the kustomization's `images:`, or the version to its entry there that only renames it.

        Gives the file. Raises EditRefused.
        """
        file, root = self._kustomization()
        pin = parse_pin(version)
        if pin is None:
            raise EditRefused(f"{name} has no version to pin", "Write one by hand.")
        entry = {key: text for key, text in (("newTag", pin.tag), ("digest", pin.digest)) if text}
        for number, known in enumerate(root.items("images")):
            if isinstance(known, YamlMapping) and name in (known.text("newName"), known.text("name")):
                for key, text in entry.items():
                    data = self.files[file.name]
                    self.write(file.name, insert(file.name, data, 0, ("images", number), key, text))
                return file.name
        self._append(file, root, "images", {"name": name, **entry})
        return file.name

    def pin_release(self, name: str, version: str, chart: str = "") -> str:
        """Write the chart's version for the HelmRelease `name`: into its own patch, else into a new one.

        `chart` is written too, where the release would not be found by it. Gives the file. Raises EditRefused.
        """
        spec: dict[str, Value] = {"chart": chart, "version": version} if chart else {"version": version}
        found = self._object("HelmRelease", name)
        if found is None:
            body: dict[str, Value] = {
                "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {"name": name},
                "spec": {"chart": {"spec": spec}},
            }  # fmt: skip
            return self._patch("HelmRelease", name, body)
        file, document = found
        path, rest = _deepest(file, document, _VERSION)
        value: Value = version
        for key in reversed(rest[1:]):
            value = {str(key): value}
        self.write(file.name, insert(file.name, self.files[file.name], document, path, str(rest[0]), value))
        return file.name

    def pin_artifact(self, name: str, url: str, key: str, version: str) -> str:
        """Write the version of the OCIRepository `name` into a new patch. Gives the file. Raises EditRefused."""
        if self._object("OCIRepository", name) is not None:
            raise EditRefused(
                f"the patch of OCIRepository {name} in {self.path} has no url, so its version could not be found again",
                f"Write url and ref.{key} into it by hand.",
            )
        body: dict[str, Value] = {
            "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "OCIRepository", "metadata": {"name": name},
            "spec": {"url": url, "ref": {key: version}},
        }  # fmt: skip
        return self._patch("OCIRepository", name, body)

    def _kustomization(self) -> tuple[YamlFile, YamlMapping]:
        for name in KUSTOMIZATIONS:
            path = f"{self.path}/{name}".lstrip("/")
            if path not in self.files:
                continue
            try:
                file = read(path, self.files[path])
            except NotYaml as error:
                raise EditRefused(f"{path}:{error.line}: {error.reason}", "Correct the file first.") from error
            root = file.documents[0] if len(file.documents) == 1 else None
            if isinstance(root, YamlMapping):
                return file, root
        raise EditRefused(
            f"{self.path} has no kustomization.yaml in which a version could stand",
            "Write the version into the environment's own files by hand.",
        )

    def _append(self, file: YamlFile, root: YamlMapping, key: str, value: Mapping[str, Value]) -> None:
        """Add an item to a list of the kustomization, or the list with it."""
        data = self.files[file.name]
        if key in root.entries:
            self.write(file.name, insert(file.name, data, 0, (key,), None, value))
        else:
            self.write(file.name, insert(file.name, data, 0, (), key, [value]))

    def _object(self, kind: str, name: str) -> tuple[YamlFile, int] | None:
        """Find the document of an object among the own files; a kustomization's patches are such documents."""
        for path in sorted(self.files):
            if not path.endswith((".yaml", ".yml")):
                continue
            try:
                file = read(path, self.files[path])
            except NotYaml:
                continue
            for number, document in enumerate(file.documents):
                if (
                    isinstance(document, YamlMapping)
                    and document.text("kind") == kind
                    and document.text("metadata", "name") == name
                ):
                    return file, number
        return None

    def _patch(self, kind: str, name: str, body: Value) -> str:
        """Write a new patch and name it in the kustomization."""
        file, root = self._kustomization()
        own = f"{name}-version.yaml"
        path = f"{self.path}/{own}".lstrip("/")
        if path in self.files:
            raise EditRefused(f"{path} is there already, and is no patch of {kind} {name}", "Rename it.")
        self.write(path, "".join(f"{line}\n" for line in block(body)).encode())
        self._append(file, root, "patches", {"path": own, "target": {"kind": kind, "name": name}})
        return path


def _deepest(file: YamlFile, document: int, path: Path) -> tuple[Path, Path]:
    """Split `path` into what is there as mappings, and the rest."""
    node = file.documents[document]
    for depth, key in enumerate(path):
        below = node.entries.get(str(key)) if isinstance(node, YamlMapping) else None
        if not isinstance(below, YamlMapping):
            return path[:depth], path[depth:]
        node = below
    return path, ()
