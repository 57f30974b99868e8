"""Transcripts as files: one module a format, `registry.py` names them all."""
