"""The differential oracle: generated questions, asked of slowburn and of DuckDB over the same Parquet files.

`generate` writes a question in both dialects from a seed and a number, `views` gives DuckDB the columns that
`docs/formats/tables.md` promises, `words` parts texts into words as `docs/formats/indexes.md` says, `odd` makes telemetry with odd
values, `compare` tells whether two answers are one. Nothing here reads our source code.
"""
