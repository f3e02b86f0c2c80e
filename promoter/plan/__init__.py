"""Deciding: a pure function of (config, snapshot, now), and every view of its answer."""
