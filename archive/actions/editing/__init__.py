"""Correction of a transcript: segments, structure, merge rules, presence, the page."""
