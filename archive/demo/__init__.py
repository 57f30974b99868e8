"""The sample archive: invented interviews that show every kind of data on a first visit.

Its data are in `records.toml` and `interviews/`, one file each. `sample_files` reads them,
`loading` adds them to the archive, `removing` deletes them. All people and all words are
invented, and every page states it.
"""
