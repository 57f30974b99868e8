"""Copies for listening and looking: made from an original by a recipe, and made again at will."""
