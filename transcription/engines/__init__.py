"""Speech engines. Whisper and torch are imported only in this package, and only by `load`."""
