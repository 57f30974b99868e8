"""Finding: words in, passages out. README.md holds the law of this room."""
