"""Where content stands, and how values in files are found and changed byte by byte."""
