"""Views of one plan: JSON, explanation, history and the text of pull requests. All pure: same input, same bytes."""
