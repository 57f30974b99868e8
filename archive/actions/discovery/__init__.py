"""Actions of the domain discovery: search, indexing, the front page."""
