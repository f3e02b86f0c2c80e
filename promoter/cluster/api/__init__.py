"""The Kubernetes API as a source: connect, list in pages, watch. Imports the `kubernetes` client only to connect."""
