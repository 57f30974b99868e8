"""HTTP only: parse, load, call an action, render. Commit once, at the end of the request."""
