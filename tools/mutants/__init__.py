"""Mutation tests: change one expression of the code at a time and see whether a test fails."""
