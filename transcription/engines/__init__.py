"""Engines that hear. Whisper and torch are imported only below this door, and only by `load`."""
