"""Promote Git commits through environments with GitOps."""
