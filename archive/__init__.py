"""What we hold, who may see it, and what happened to it."""
