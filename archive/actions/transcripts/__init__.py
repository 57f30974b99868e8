"""Transcript versions: imports, exports, labels, citations, reading, history."""
