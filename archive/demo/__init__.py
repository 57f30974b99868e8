"""The sample archive: invented interviews that show a first visitor a house that is lived in.

What it holds is written in `house.toml` and `interviews/`, one readable file each.
`contents` reads them, `loading` brings them in, `removing` takes every trace out again.
All people and all words in it are invented, and every page says so.
"""
