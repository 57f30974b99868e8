"""Every rule of the archive: verbs, one module per noun. See ../README.md."""
