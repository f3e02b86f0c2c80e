"""Revisions, image references, inventories, and foreign text: what is taken from words that others wrote."""

from __future__ import annotations

from typing import Any

import pytest

from promoter.cluster.images import parse_image, stale_image
from promoter.cluster.inventory import flux_inventory
from promoter.cluster.objects import Key, integer, key_of, moment, text
from promoter.cluster.revision import branch_name, brief, git_commit, mentioned
from promoter.cluster.wording import one_line
from tests.cluster.objects_made import NOW, at

REVISIONS = [
    (f"main@sha1:{NOW}", NOW, "main"),
    (f"environment/dev@sha1:{NOW}", NOW, "environment/dev"),
    (f"a@b@sha1:{NOW}", NOW, "a@b"),
    (f"refs/heads/main@sha1:{NOW}", NOW, "main"),
    (f"refs/pull/4/head@sha1:{NOW}", NOW, "refs/pull/4/head"),
    (f"sha1:{NOW}", NOW, ""),
    (NOW, NOW, ""),
    (f"main/{NOW}", NOW, "main"),
    (f"environment/dev/{NOW}", NOW, "environment/dev"),
    (f"HEAD/{NOW}", NOW, ""),
    ("latest@sha256:" + "2" * 64, None, ""),
    ("sha256:" + "2" * 64, None, ""),
    ("2" * 41, None, ""),
    ("2" * 39, None, ""),
    (NOW[:12], None, ""),
    ("main", None, ""),
    ("", None, ""),
    ("A" * 40, None, ""),
]


@pytest.mark.parametrize(("revision", "commit", "branch"), REVISIONS)
def test_revision(revision: str, commit: str | None, branch: str) -> None:
    assert git_commit(revision) == commit
    assert branch_name(revision) == branch


@pytest.mark.parametrize(
    ("message", "revision"),
    [
        (f"Running health checks for revision main@sha1:{NOW} with a timeout of 5m0s", f"main@sha1:{NOW}"),
        (f"building artifact: new upstream revision 'main@sha1:{NOW}'", f"main@sha1:{NOW}"),
        (f"Applied revision: main@sha1:{NOW}", f"main@sha1:{NOW}"),
        ("Reconciliation in progress", ""),
    ],
)
def test_revision_in_a_message(message: str, revision: str) -> None:
    assert mentioned(message) == revision


def test_brief_revision() -> None:
    assert brief(f"environment/dev@sha1:{NOW}") == "environment/dev@sha1:22222222"
    assert brief("latest@sha256:" + "a" * 64) == "latest@sha256:aaaaaaaa"
    assert brief("6.0.1") == "6.0.1"


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("nginx", ("nginx", "", "")),
        ("nginx:1.27", ("nginx", "1.27", "")),
        ("ghcr.io/acme/shop:1.4.2", ("ghcr.io/acme/shop", "1.4.2", "")),
        ("localhost:5000/shop", ("localhost:5000/shop", "", "")),
        ("localhost:5000/shop:2", ("localhost:5000/shop", "2", "")),
        ("shop@sha256:aa", ("shop", "", "sha256:aa")),
        ("localhost:5000/shop:2@sha256:aa", ("localhost:5000/shop", "2", "sha256:aa")),
    ],
)
def test_image_reference(reference: str, parts: tuple[str, str, str]) -> None:
    assert parse_image(reference) == parts


STALE = [
    ("the same", ["shop:2"], ["shop:2"], None),
    ("an older tag", ["shop:2"], ["shop:1"], ("shop:2", "shop:1")),
    ("not used", ["shop:2"], ["web:1"], None),
    ("nothing known", ["shop:2"], [], None),
    ("a sidecar stays behind", ["shop:2"], ["shop:1", "shop:2"], None),
    ("second of two", ["web:1", "shop:2"], ["web:1", "shop:1"], ("shop:2", "shop:1")),
    ("same digest, other tag", ["shop:2@sha256:aa"], ["shop:latest@sha256:aa"], None),
    ("other digest, same tag", ["shop:2@sha256:aa"], ["shop:2@sha256:bb"], ("shop:2@sha256:aa", "shop:2@sha256:bb")),
    ("digest on one side", ["shop:2@sha256:aa"], ["shop:2"], None),
    ("digest alone against a tag", ["shop@sha256:aa"], ["shop:2"], ("shop@sha256:aa", "shop:2")),
    ("no tag on either side", ["shop"], ["shop"], ("shop", "shop")),
    ("a name that begins alike", ["shop:2"], ["shop-db:1"], None),
]


@pytest.mark.parametrize(("wanted", "running", "stale"), [row[1:] for row in STALE], ids=[row[0] for row in STALE])
def test_stale_image(wanted: list[str], running: list[str], stale: tuple[str, str] | None) -> None:
    assert stale_image(wanted, running) == stale


@pytest.mark.parametrize(
    ("identity", "key"),
    [
        ("shop_web_apps_Deployment", Key("apps", "Deployment", "shop", "web")),
        ("shop_web__Service", Key("", "Service", "shop", "web")),
        ("_shop__Namespace", Key("", "Namespace", "", "shop")),
        (
            "_system__shop__read_rbac.authorization.k8s.io_ClusterRole",
            Key("rbac.authorization.k8s.io", "ClusterRole", "", "system:shop:read"),
        ),
    ],
)
def test_flux_inventory_entry(identity: str, key: Key) -> None:
    assert flux_inventory({"status": {"inventory": {"entries": [{"id": identity}]}}}) == (key,)


@pytest.mark.parametrize("inventory", [None, {}, {"entries": "x"}, {"entries": [{"id": "odd"}]}, {"entries": [{}]}])
def test_unreadable_inventory_is_none(inventory: Any) -> None:
    assert flux_inventory({"status": {"inventory": inventory}}) is None


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("two\n  lines\tand\x1b[31m red", "two lines and [31m red"),
        ("health check failed after 30.02s: timeout", "health check failed: timeout"),
        ("Source artifact not found, retrying in 1m30s", "Source artifact not found"),
        ("x" * 300, "x" * 199 + "…"),
    ],
)
def test_foreign_text_is_one_steady_line(message: str, line: str) -> None:
    assert one_line(message) == line


def test_fields_that_are_missing_or_odd_read_as_empty() -> None:
    obj = {"metadata": {"name": "shop", "generation": "7"}, "kind": "Deployment", "flag": True, "at": at(1)}
    assert key_of(obj) == Key("", "Deployment", "", "shop")
    assert key_of({"kind": "Deployment"}) is None
    assert integer(obj, "metadata", "generation") == 7
    assert integer(obj, "flag") is None
    assert integer({"n": "9" * 30}, "n") is None
    assert text(obj, "flag") == "True"
    assert text(obj, "metadata", "name", "deeper") == ""
    assert moment(obj, "at") is not None
    assert moment({"at": "2026-03-02T10:00:00"}, "at") is None
    assert moment({"at": "soon"}, "at") is None
