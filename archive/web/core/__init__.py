"""Code shared by all pages: language, permissions of the request, errors, layout."""
