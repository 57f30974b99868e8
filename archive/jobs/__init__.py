"""Work that takes longer than a page: one file per kind, and the worker that runs them."""
