"""Tests of the renderers, with real kustomize and helm."""
