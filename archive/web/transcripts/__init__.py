"""Pages of the domain transcripts: reading, versions."""
