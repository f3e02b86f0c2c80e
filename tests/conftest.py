"""Fixtures that every test may ask for."""

from __future__ import annotations

from tests.kube.fixture import kube, kube_server, own_kube

__all__ = ["kube", "kube_server", "own_kube"]
