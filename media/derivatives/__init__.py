"""Derivatives of originals: access copies, waveforms and pictures, one recipe per module."""
