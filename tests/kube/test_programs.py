"""Programs are found, or the message says how to get them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kube.programs import NAMES, Missing, find


def installed(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def test_what_is_missing_is_said_with_what_to_do(tmp_path: Path) -> None:
    installed(tmp_path / "bin", "etcd", "kubectl")
    with pytest.raises(Missing, match=r"kube-apiserver, CustomResourceDefinitions not found in .*: run `make tools`"):
        find("", tmp_path)


def test_a_given_folder_is_used_when_it_has_everything(tmp_path: Path) -> None:
    installed(tmp_path / "bin", *NAMES)
    installed(tmp_path / "crds", "shops.example.com.yaml")
    given = installed(tmp_path / "given", "etcd", "kubectl")
    assert find(str(given), tmp_path).apiserver == tmp_path / "bin" / "kube-apiserver"
    installed(given, "kube-apiserver")
    found = find(str(given), tmp_path)
    assert [found.etcd, found.apiserver, found.kubectl] == [given / name for name in NAMES]
    assert found.crds == tmp_path / "crds"
