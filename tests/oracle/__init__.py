"""The state model in plain Python, written from its text and not from the SQL: slow, obvious, and right.

It knows the seeds, for they are data; nothing else of the dbt project. Records are rows of the raw tables.
"""
