"""Words and time: what was said, by whom, and when. The law of this package is in its README."""
