"""Pages of the domain speech: transcription runs and models."""
