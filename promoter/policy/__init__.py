"""The config: what is promoted, through which environments, and by which rules."""
