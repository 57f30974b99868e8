"""Actions of the domain holdings: uploads, originals, duplicates, derivatives, fixity, playback."""
