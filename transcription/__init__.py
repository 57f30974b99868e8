"""Transcripts as values: words with times, edits, file formats and speech engines."""
