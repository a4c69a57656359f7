"""OneRoster CSV files, versions 1.1 and 1.2, and Microsoft's School Data Sync 2.1, which is shaped like 1.2.

`source` opens a folder or a zip; `v1_1`, `v1_2` and `sds` read the files of their version into the records of
`records`; `plan` compares those with what the database holds and says what would change. Nothing here writes.
"""
