"""The image recipe."""
