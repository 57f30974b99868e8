"""Benchmarks: one run, ratios side by side, printed as a table; never timed tests."""
