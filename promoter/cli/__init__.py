"""The terminal: words to requests, outcomes to words."""
