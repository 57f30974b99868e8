"""Background jobs: one module per job kind, and the worker that runs them."""
