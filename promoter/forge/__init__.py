"""Forges: where pull requests live. Every forge satisfies `port.Forge` and passes the one contract test."""
