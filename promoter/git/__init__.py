"""Git: objects made and read with pygit2, moved by the `git` program; every ref written with compare-and-swap."""
