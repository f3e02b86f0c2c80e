"""Previews: copies of an app for a while, on a branch of their own, made and ended by commits."""
