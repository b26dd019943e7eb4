"""The lake: the marts of all shards in DuckLake, on a catalog in PostgreSQL and files in S3 or a folder."""
