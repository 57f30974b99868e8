"""Pages of the domain discovery: search, home page."""
