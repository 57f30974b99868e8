"""Editor: its page and its API."""
