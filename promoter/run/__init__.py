"""A run: observe, decide, act. The one place that sees both the core and the edges."""
