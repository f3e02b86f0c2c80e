"""The GitLab job: what starts it, what it leaves, and the component that it comes as."""
