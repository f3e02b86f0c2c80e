"""The GitLab job's face: what started the pipeline, and what a job leaves for GitLab to show."""
