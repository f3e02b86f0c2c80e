"""The GitHub Action's face: what woke it, and what a workflow run shows of it."""
