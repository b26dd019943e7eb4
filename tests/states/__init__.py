"""The state engine: real dbt on real DuckDB files, held against the oracle and against the text of the model."""
