"""HTTP layer: parse, load, call an action, render. Commits once, at the end of the request."""
