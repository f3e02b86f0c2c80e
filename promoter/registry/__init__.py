"""Container registries: what stands there under a name."""
