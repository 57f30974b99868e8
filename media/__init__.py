"""Files, sound and pictures: the toolbox that keeps, knows and copies them. See README.md."""
