"""A real Kubernetes API for the tests."""
