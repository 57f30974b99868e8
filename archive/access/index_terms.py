"""Access terms of the search index: every passage is indexed with its audience."""

from __future__ import annotations


def text_access_term(audience: str, state: str, public_states: frozenset[str]) -> str:
    """Return the widest audience that may read a text in this state."""
    if audience == "public" and state not in public_states:
        return "registered"
    return audience
