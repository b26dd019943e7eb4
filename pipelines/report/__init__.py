"""The figures of the report page, read from the analysts' copy."""
