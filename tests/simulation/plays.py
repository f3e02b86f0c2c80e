"""Scripts to play in tests: a short config, and what came of the steps."""

from __future__ import annotations

from promoter.simulation.open import simulate
from promoter.simulation.play import Played
from promoter.simulation.scratch import Original
from promoter.simulation.script import read_script

LINE = """\
config: |
  version: 1
  hosts: [qa.acme.example]
  live: {files: "status/{cluster}"}
  environments:
    - {name: dev, promote: commit}
    - {name: prod, promote: auto%s}
  apps: {shop: {path: "shop/{environment}", images: [ghcr.io/acme/shop]}}
"""


def nowhere() -> Original:
    raise AssertionError("a script with a config of its own needs no repository")


def play(steps: str, prod: str = "", more: str = "") -> Played:
    """Play `steps` (YAML) on dev and prod; `prod`: keys of prod, `more`: keys of the script."""
    text = (LINE % (f", {prod}" if prod else "")) + more + "steps:\n" + steps
    return simulate(read_script("x.yaml", text.encode()), nowhere)


def told(played: Played, what: str) -> list[tuple[str, str]]:
    """Give (environment, text) of every happening of a kind."""
    return [(one.environment, one.text) for one in played.happenings if one.what == what]


def unmet(played: Played) -> list[tuple[int, str, str]]:
    """Give (line, what was expected, how it was) of what is not as expected."""
    return [(one.line, one.text, one.found) for one in played.expectations if not one.met]
