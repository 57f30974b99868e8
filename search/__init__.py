"""Full-text search over passages of interviews; see README.md for its rules."""
