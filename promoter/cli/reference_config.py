"""The reference page of the config, made from the file forms: their keys, values, descriptions and defaults.

Invariant: every key of every form has a row here, and every row is what the loader's JSON Schema says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from typing import Any

from promoter.policy.form import Form
from promoter.policy.gates import KINDS
from promoter.policy.gates.approvals import ApprovalForm
from promoter.policy.gates.checks import CheckForm
from promoter.policy.gates.commands import ProgramForm
from promoter.policy.gates.http import ServiceForm
from promoter.policy.gates.image import AccountForm, ImageForm
from promoter.policy.gates.manifests import ConftestForm, ManifestsForm
from promoter.policy.gates.metrics import MetricForm
from promoter.policy.gates.signature import CommitForm, CosignForm, SignatureForm
from promoter.policy.gates.window import WindowForm
from promoter.policy.schema import (
    ConfigForm,
    DryForm,
    FreezeForm,
    LayoutForm,
    LedgerForm,
    LimitsForm,
    NamesForm,
    RenderingForm,
    json_schema,
    policy_json_schema,
)
from promoter.policy.schema_app import AppForm, MovedForm
from promoter.policy.schema_live import KubernetesForm, LiveForm
from promoter.policy.schema_previews import PreviewsForm
from promoter.policy.schema_render import CommandForm, HelmForm, RenderForm, RenderSettings
from promoter.policy.schema_rules import (
    AcceptForm,
    AllowForm,
    EnvironmentForm,
    GatesForm,
    HereForm,
    PullRequestForm,
    RulesForm,
    VerifyForm,
)

_OPENING = """\
# Config

`promoter.yaml` stands in the root of the branch that people edit, policies beside it in `policies/NAME.yaml`.
`promoter config` checks them and names every problem as `file:line:key`; `promoter config APP ENVIRONMENT` shows what
holds there and who says so; `promoter config --schema` prints the JSON Schema for editors.

- An environment is its own policy; a policy file is the same keys under a name; an app may differ in an environment by
  the same keys. The nearest wins, key by key (`gates`, `verify` and `allow` by their inner keys).
  The files in this project's `policies/` are there to be copied.
- `gates` hold before the merge into an environment, `verify` in it, after the merge. The order of the list is always
  kept and is not a gate.
- All scalars are read as text and typed by the key: `1.10` stays `1.10`. Durations have a unit: `90s`, `30m`, `4h`,
  `1d`. Unknown keys are errors.
- People are named by a permission (`read`, `triage`, `write`, `maintain`, `admin`: everybody who has at least that),
  `team:NAME`, `user:NAME` or `codeowners`.
- `{app}`, `{environment}` and, in `live`, `{cluster}` are filled in. A value that begins with `{` needs quotes.

The smallest useful file:

```yaml
# promoter.yaml
version: 1
environments: [dev, staging, prod]
apps: {shop: "apps/shop/overlays/{environment}"}
live: {files: "status/{cluster}"}
```

Every promotion is then a pull request that a person merges, in order, each only when the one before is live and
healthy. With rendered branches, automation and rules:

```yaml
# promoter.yaml
version: 1
layout: {branch: "environment/{environment}", path: "{app}"}
tools: {kustomize: 5.8.1}
timezone: Europe/Berlin
live: {files: "status/{cluster}"}
environments:
  - {name: dev, promote: auto}
  - {name: staging, promote: auto, verify: {soak: 1h}}
  - name: prod-eu
    promote: auto
    accept: {semver: ">=1.0.0"}
    gates: {checks: [kubeconform], approvals: {count: 1, from: [codeowners]}, window: Mon-Thu 09:00-16:00}
    verify: {soak: 4h, within: 30m, on_failure: rollback}
  - {name: prod-us, policy: production}
freeze:
  - {from: 2026-12-20, until: 2027-01-04, environments: [prod-*], reason: Year end}
  - {when: "Fri 12:00-24:00", environments: [prod-*], reason: Nobody is there}
apps:
  services:
    path: services/{app}/overlays/{environment}
    images: ["ghcr.io/acme/{app}"]
  payments: {environments: {prod-*: {gates: {approvals: {count: 2, from: [codeowners]}}}}}
```
"""


@dataclass(frozen=True, slots=True)
class _Section:
    """One form, and the form whose keys it has as well."""

    title: str
    form: type[Form]
    beside: type[Form] | None = None


_SECTIONS = (
    _Section("promoter.yaml", ConfigForm),
    _Section("environments[]", EnvironmentForm, HereForm),
    _Section("Rules at a place", HereForm, RulesForm),
    _Section("Rules", RulesForm),
    _Section("accept", AcceptForm),
    _Section("gates", GatesForm),
    _Section("gates.approvals", ApprovalForm),
    _Section("gates.checks", CheckForm),
    _Section("gates.commands", ProgramForm),
    _Section("gates.http", ServiceForm),
    _Section("gates.image", ImageForm),
    _Section("gates.image.login", AccountForm),
    _Section("gates.manifests", ManifestsForm),
    _Section("gates.manifests.conftest", ConftestForm),
    _Section("gates.metrics", MetricForm),
    _Section("gates.signature", SignatureForm),
    _Section("gates.signature.commit", CommitForm),
    _Section("gates.signature.cosign", CosignForm),
    _Section("gates.window", WindowForm),
    _Section("verify", VerifyForm),
    _Section("allow", AllowForm),
    _Section("pull_request", PullRequestForm),
    _Section("apps", AppForm, HereForm),
    _Section("apps.images and apps.charts", MovedForm),
    _Section("apps.render", RenderForm),
    _Section("apps.render.auto, kustomize and plain", RenderSettings),
    _Section("apps.render.helm", HelmForm, RenderSettings),
    _Section("apps.render.command", CommandForm, RenderSettings),
    _Section("live", LiveForm),
    _Section("live.kubernetes", KubernetesForm),
    _Section("layout", LayoutForm),
    _Section("previews", PreviewsForm),
    _Section("freeze", FreezeForm),
    _Section("limits", LimitsForm),
    _Section("dry", DryForm),
    _Section("names", NamesForm),
    _Section("ledger", LedgerForm),
    _Section("render", RenderingForm),
)
_TITLES = {section.form.__name__: section.title for section in _SECTIONS} | {"Form": ""}


def config_page(note: str) -> str:
    """Give the page, with `note` as its first line."""
    whole = json_schema()
    schemas = {**whole["$defs"], ConfigForm.__name__: whole, RulesForm.__name__: policy_json_schema()}
    lines = [note, "", _OPENING.rstrip()]
    for section in _SECTIONS:
        lines += ["", f"## {section.title}", "", *_section(section, schemas)]
    return "\n".join(lines) + "\n"


def _section(section: _Section, definitions: Mapping[str, Any]) -> Iterator[str]:
    schema = definitions[section.form.__name__]
    inherited = section.beside.keys() if section.beside is not None else frozenset()
    yield " ".join(str(schema["description"]).split())
    if section.beside is not None:
        title = _TITLES[section.beside.__name__]
        yield f"Beside these it has the keys of [{title}](#{_anchor(title)})."
    yield ""
    yield "| key | value | what |"
    yield "|---|---|---|"
    required = schema.get("required", ())
    for key, entry in schema["properties"].items():
        if key not in inherited:
            what = _what(section.form, key, entry, definitions) + (" Required." if key in required else "")
            yield f"| `{key}` | {_value(entry, definitions)} | {what.strip()} |"
    later = sorted(set(section.form.not_yet) - set(section.beside.not_yet if section.beside is not None else ()))
    if later:
        yield ""
        yield f"Not in this version, and refused with a message: {', '.join(f'`{key}`' for key in later)}."


def _what(form: type[Form], key: str, entry: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    if key in KINDS and form in (GatesForm, VerifyForm):
        text = str(import_module(KINDS[key].gate.__module__).__doc__)
    else:
        text = str(entry.get("description", "")) or _described(entry, definitions)
    field = next(field for name, field in form.model_fields.items() if (field.alias or name) == key)
    default = field.default.value if isinstance(field.default, Enum) else field.default
    said = "" if "default" in text.lower() or field.is_required() else _default(default)
    return " ".join(f"{text} {said}".split()).replace("|", "\\|")


def _default(value: object) -> str:
    if isinstance(value, bool):
        return f"Default: {str(value).lower()}."
    return f"Default: `{value}`." if value and isinstance(value, str | int) else ""


def _described(entry: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    named = entry if "$ref" in entry else entry.get("items", {})
    return str(definitions[_name(named)].get("description", "")) if "$ref" in named else ""


def _value(entry: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """Say in Markdown which values may stand there."""
    if "anyOf" in entry:
        return " or ".join(dict.fromkeys(_value(each, definitions) for each in entry["anyOf"]))
    if "$ref" in entry:
        name = _name(entry)
        title = _TITLES.get(name)
        if title is None:
            return _value(definitions[name], definitions)
        return f"[{title}](#{_anchor(title)})" if title else "`{}`"
    if "enum" in entry:
        return " or ".join(f"`{each}`" for each in entry["enum"])
    if "const" in entry:
        return f"`{json.dumps(entry['const'])}`" if isinstance(entry["const"], bool) else f"`{entry['const']}`"
    if entry.get("type") == "array":
        if "team|user" in str(entry["items"]):
            return "[people](#config)"
        return f"list of: {_value(entry['items'], definitions)}"
    if entry.get("type") == "object":
        inner = entry.get("additionalProperties") or {}
        if "properties" in entry:
            return "`{" + ", ".join(f"{key}: [...]" for key in entry["properties"]) + "}`"
        return f"name -> {_value(inner, definitions)}"
    return _scalar(entry)


def _scalar(entry: Mapping[str, Any]) -> str:
    if str(entry.get("pattern", "")).endswith("[wdhms])+$"):
        return "duration"
    formats = {"regex": "regular expression", "date": "date"}
    words = {"string": "text", "integer": "number", "number": "number", "boolean": "`true` or `false`"}
    return formats.get(str(entry.get("format", ""))) or words[str(entry["type"])]


def _name(entry: Mapping[str, Any]) -> str:
    return str(entry["$ref"]).rpartition("/")[2]


def _anchor(title: str) -> str:
    kept = "".join(each for each in title.lower() if each.isalnum() or each in " -_")
    return kept.replace(" ", "-")
